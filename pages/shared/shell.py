"""The shell: page settings and navigation around whichever page the URL asks for."""

from __future__ import annotations

import sys
from pathlib import Path

import streamlit as st
from streamlit.runtime.scriptrunner import StopException

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from gpt.importing import alone  # noqa: E402
from pages.shared import imports, server  # noqa: E402

PAGES = {
    "Headlight": [
        ("home", "Home", ":material/home:"),
    ],
    "See": [
        ("attention", "Attention", ":material/grid_on:"),
        ("head", "Inside a head", ":material/center_focus_strong:"),
        ("mask_scale", "Mask and scale", ":material/tune:"),
        ("generate", "Generate", ":material/edit_note:"),
        ("embeddings", "Embeddings", ":material/scatter_plot:"),
        ("residual", "Residual stream", ":material/waterfall_chart:"),
        ("model", "Model", ":material/account_tree:"),
    ],
    "Learn": [
        ("tensors", "Text to tensors", ":material/data_array:"),
        ("averaging", "Averaging the past", ":material/functions:"),
        ("ladder", "The ladder", ":material/stairs:"),
        ("normalization", "Normalization", ":material/align_vertical_center:"),
    ],
    "Train": [
        ("train", "Train", ":material/model_training:"),
        ("runs", "Runs", ":material/show_chart:"),
        ("import_model", "Import", ":material/input:"),
    ],
    "Beyond GPT": [
        ("encoder", "Encoder", ":material/sentiment_satisfied:"),
        ("translation", "Translation", ":material/translate:"),
        ("assistant", "Assistant", ":material/forum:"),
    ],
}

SCRIPTS = "".join(
    (ROOT / "pages" / "shared" / name).read_text(encoding="utf-8")
    for name in ("menu.js", "history.js", "glossary.js")
)
URL = {"import_model": "import"}  # where the file's name cannot be the address
FILES = {
    URL.get(name, name): ROOT / "pages" / f"{name}.py"
    for entries in PAGES.values()
    for name, _, _ in entries
}


def main() -> None:
    """Draw the navigation and run the page that the URL asks for."""
    st.set_page_config(
        page_title="Headlight",
        page_icon=str(ROOT / "pages" / "shared" / "icon.png"),
        layout="wide",
        initial_sidebar_state=200,
        menu_items={"About": "Headlight: train a GPT, then see every number inside it."},
    )
    st.html(ROOT / "pages" / "shared" / "style.css")
    st.html(f"<script>{SCRIPTS}</script>", unsafe_allow_javascript=True)
    pages = {
        group: [
            st.Page(
                ROOT / "pages" / f"{name}.py", title=title, icon=icon, url_path=URL.get(name, name)
            )
            for name, title, icon in entries
        ]
        for group, entries in PAGES.items()
    }
    every = [page for group in pages.values() for page in group]
    # The default page answers to "/" alone, and every page must answer to its own name too.
    begin = st.Page(lambda: _first(every), url_path="begin", default=True, visibility="hidden")
    page = st.navigation({"": [begin], **pages})
    imports.bring_for(FILES.get(page.url_path, FILES["home"]))
    # Not above: nothing would be drawn yet.
    from pages.shared.page_parts import errors_as_messages, watch

    try:
        if _tour_begins(page):
            with errors_as_messages(page.title):
                page.run()
                watch()
    except StopException:  # a page may end early; its foot is drawn all the same
        _foot(page, every)
        raise
    else:
        _foot(page, every)
    finally:
        server.settle(page.title)


def _tour_begins(page: st.Page) -> bool:
    """Draw the tour's panel if a person takes it; return whether the page may be drawn now.

    Without it nothing of the tour is imported.
    """
    from pages.shared.page_memory import TOUR, session_memory

    if TOUR[1] not in st.query_params and TOUR not in session_memory().texts:
        return True
    with alone():
        from pages.tour import tour_panel

    return tour_panel.begin(FILES.get(page.url_path, FILES["home"]).stem)


def _first(every: list[st.Page]) -> None:
    """Open *Home*; a link with parameters, from when *Attention* was the first page, opens that.

    A link to a stop of the tour alone leads on from any page.
    """
    query = st.query_params.to_dict()
    name = "attention" if query else "home"
    st.switch_page(next(page for page in every if page.url_path == name), query_params=query)


def _foot(page: st.Page, every: list[st.Page]) -> None:
    """The pages before and after this one, in the menu's order."""
    index = every.index(page) if page in every else 0
    with st.container(horizontal=True, horizontal_alignment="distribute", key="foot"):
        for at, word, icon in ((index - 1, "Previous", "back"), (index + 1, "Next", "forward")):
            if 0 <= at < len(every):
                label = f"{word}: {every[at].title}"
                st.page_link(every[at], label=label, icon=f":material/arrow_{icon}:")


main()
