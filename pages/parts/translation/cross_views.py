"""The cross-attention of the target: every head's map and lines, or their average."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import streamlit as st

from gpt.errors import HeadlightError
from gpt.inspect.heads import rollout
from pages.parts.attention import attention_pictures
from pages.parts.attention.attention_pictures import Head, MapContent
from pages.parts.translation.translation_state import SHOWS, TranslationState
from pages.shared import folders, page_state, selection, source_bar
from pages.shared.figures import weight_figures
from pages.shared.loads import BY_LOOK, Look, attention, entropies, traced
from pages.shared.plain import plain
from pages.shared.prompt_bar import Prompt
from pages.shared.save import save_button
from viz.text import visible
from viz.views.attention import attention_view

VIEWS = {"heads": "translation_heads", "average": "translation_average"}
ICONS = {"attention": ":material/grid_on:", "head": ":material/center_focus_strong:"}
MOST_ROWS = 60
"""Target tokens in the table of the alignment."""


def draw(look: Look, own: Look, state: TranslationState) -> TranslationState:
    """Draw the choice of the maps, and the linked view; return the state with the picked head.

    Args:
        own: the model's own translation of its own source, whose most telling head comes first.
    """
    st.segmented_control(
        "Cross-attention",
        list(SHOWS),
        format_func=SHOWS.__getitem__,
        **page_state.control("show"),
        required=True,
        help="Rows are the target's tokens, columns the source's. A row is looked at with when the "
        "token after it is written.",
    )
    shape = entropies(look).shape
    if state.show == "average":
        return _average(look, state)
    state = selection.opened_on_telling(selection.followed(state, VIEWS["heads"]), own)
    state = selection.fit_cell(selection.fit_head(state, shape), *look.size)
    _view(look, MapContent(), (state.layer, state.head), state)
    return state


def _average(look: Look, state: TranslationState) -> TranslationState:
    """Draw one map a layer and one of all, and the alignment as a table."""
    content = MapContent("average")
    picture = attention_pictures.picture_of(look, content)
    _view(look, content, (picture.shape[0] - 1, 0), state)
    alignment(look)
    return state


def _view(look: Look, content: MapContent, head: Head, state: TranslationState) -> None:
    key = VIEWS[state.show]
    now = attention_view(
        attention_pictures.payload_of(look, content, head),
        key=key,
        selected=head,
        locked=selection.lock(key, state.cell) if state.show == "heads" else None,
    )
    selection.remember(key, now)


@st.cache_resource(max_entries=32, show_spinner=False, hash_funcs=BY_LOOK)
def averaged(look: Look) -> np.ndarray:
    """(T, S): the mean of the cross-attention of all heads."""
    mean = rollout.head_average(attention(look).maps("weights"))
    assert mean is not None  # of all heads
    return mean


def alignment(look: Look) -> None:
    """Draw, for each token that was written, the source token that it was written from most."""
    weights, targets, sources = averaged(look), look.tokens, look.key_tokens or []
    rows = []
    for i, row in enumerate(weights[:MOST_ROWS]):
        j = int(row.argmax())
        written = targets[i + 1] if i + 1 < len(targets) else "the end, or what comes next"
        name = plain(visible(written)) if i + 1 < len(targets) else written
        rows.append(f"| {i + 1} | {name} | {plain(visible(sources[j]))} | {j} | {row[j]:.4f} |")
    head = "| | written | from the source token | its place | mean weight |\n|--:|:--|:--|--:|--:|"
    with st.expander("The alignment as a table"):
        st.markdown("\n".join([head, *rows]))


def links(prompt: Prompt, look: Look, state: TranslationState) -> None:
    """Draw links to the same texts on the pages of one attention site."""
    text = prompt.checkpoint.tokenizer.decode(look.ids[len(prompt.ids) :])
    texts = prompt.query | {"prompt": text}
    head = {"layer": str(state.layer), "head": str(state.head)}
    with st.container(horizontal=True, gap="medium", key="elsewhere"):
        for page, words, more in (
            ("attention", "The encoder's own attention", {"site": "encoder"}),
            ("attention", "The decoder's own attention", {"site": "decoder"}),
            ("attention", "The cross-attention on Attention", {"site": "cross", **head}),
            ("head", "Inside this head", {"site": "cross", **head}),
        ):
            target = folders.ROOT / "pages" / f"{page}.py"
            st.page_link(target, label=words, icon=ICONS[page], query_params=texts | more)


def save(look: Look, state: TranslationState) -> None:
    """Draw the save button."""
    site, head = attention(look), (state.layer, state.head)
    maps = site.maps("weights")
    figures = weight_figures(maps, look.tokens, site.visible, head, look.key_tokens)
    save_button(
        "translation",
        figures=figures,
        arrays=lambda: {
            "ids": site.query_tokens,
            "key_ids": site.key_tokens,
            "cross_weights": maps[:],
            "alignment": averaged(look),
            "logits": traced(look).logits,
        },
        look=look,
        settings={"how": state.how, "layer": head[0], "head": head[1]},
    )


def own_look(prompt: Prompt) -> Look:
    """The cross-attention of the model's own translation of its own source."""
    of = prompt.checkpoint
    try:
        source = tuple(of.source_ids(source_bar.default_source(of)))
    except HeadlightError:  # it has no text of its own that it can read: that of the person
        source = prompt.source
    target = tuple(source_bar.translated(prompt.run, source))
    return look_at(replace(prompt, source=source), target)


def look_at(prompt: Prompt, target: tuple[int, ...]) -> Look:
    """The cross-attention of a target, which the model reads after its start, as far as it can."""
    most = prompt.checkpoint.config.block_size
    return replace(prompt, ids=(prompt.ids + target)[:most]).look(site="cross")
