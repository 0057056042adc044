"""The shell: page settings and navigation around whichever page the URL asks for."""

from __future__ import annotations

import sys
from pathlib import Path

import streamlit as st

ROOT = Path(__file__).resolve().parents[2]
if str(ROOT) not in sys.path:
    sys.path.insert(0, str(ROOT))

from pages.shared import imports, server  # noqa: E402

PAGES = {
    "See": [
        ("attention", "Attention", ":material/grid_on:"),
        ("head", "Inside a head", ":material/center_focus_strong:"),
        ("mask_scale", "Mask and scale", ":material/tune:"),
        ("generate", "Generate", ":material/edit_note:"),
        ("embeddings", "Embeddings", ":material/scatter_plot:"),
        ("residual", "Residual stream", ":material/waterfall_chart:"),
        ("model", "Model", ":material/account_tree:"),
    ],
    "Train": [
        ("train", "Train", ":material/model_training:"),
        ("runs", "Runs", ":material/show_chart:"),
        ("import_model", "Import", ":material/input:"),
    ],
    "Learn": [
        ("tensors", "Text to tensors", ":material/data_array:"),
        ("averaging", "Averaging the past", ":material/functions:"),
        ("ladder", "The ladder", ":material/stairs:"),
        ("normalization", "Normalization", ":material/align_vertical_center:"),
    ],
    "Beyond GPT": [
        ("encoder", "Encoder", ":material/sentiment_satisfied:"),
        ("translation", "Translation", ":material/translate:"),
    ],
}

SCRIPTS = "".join(
    (ROOT / "pages" / "shared" / name).read_text(encoding="utf-8")
    for name in ("menu.js", "history.js")
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
    # The default page answers to "/" alone, so Attention, which must answer to its own name
    # too, cannot be it.
    first = pages["See"][0]
    home = st.Page(
        lambda: st.switch_page(first, query_params=st.query_params.to_dict()),
        url_path="home",
        default=True,
        visibility="hidden",
    )
    page = st.navigation({"": [home], **pages})
    imports.bring_for(FILES.get(page.url_path, FILES["attention"]))
    from pages.shared.page_parts import errors_as_messages  # not above: nothing would be drawn yet

    try:
        with errors_as_messages(page.title):
            page.run()
    finally:
        server.settle(page.title)


main()
