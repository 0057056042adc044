"""Translation: an encoder-decoder writes a target for a source, and looks at it meanwhile."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from pages.parts.generate import branches, playing
from pages.parts.generate.sampling_settings import GenerateSettings
from pages.parts.translation import beam_panel, cross_views, step_panel
from pages.parts.translation.translation_state import HOWS, TranslationState
from pages.shared import folders, kinds, no_run, page_state, source_bar
from pages.shared.loads import Ids
from pages.shared.page_parts import part
from pages.shared.prompt_bar import Prompt, source_prompt

ABOUT = """
The **encoder** reads the whole source without a mask. The **decoder** writes the target, token by
token: it attends to what it has written (with a mask), then to the source. That second look is
**cross-attention**: the queries are the target's, the keys and values the source's.

- **The map.** A row is a token of the target that the decoder has read, a column one of the source.
  What a row looks at goes into the token that is written *after* it, so the first row, the start,
  belongs to the first word.
- **The lines** join the same tokens: the target at the left, the source at the right. Hover a
  token, or a cell of the map, and the other views follow.
- **Alignment**: the mean of all heads (*all*), and of each layer's. Where languages order their
  words differently, the lines cross.
- **Token by token**: the bars are the decoder's prediction; take another token, go back, branch.
  Play writes one token after the other. At temperature 0 it is the translation at once.
- **With beams**: several continuations are kept at each step, and the best whole target wins.

Source: *Attention Is All You Need* (Vaswani et al., 2017), sections 3.1 and 3.2.3; *Neural Machine
Translation by Jointly Learning to Align and Translate* (Bahdanau et al., 2015) reads such maps as
alignments.
"""
EMPTY = no_run.Missing(
    "No run here translates yet.",
    "Train one with `python -m gpt train --task translate`, or import one from Hugging Face: a "
    "Marian (Helsinki-NLP/opus-mt) or a BART.",
)


def main() -> None:
    """The source, how the target is written, and what it looks at."""
    st.header("Translation", anchor=False)
    st.markdown(
        "Where does each word of a translation come from? Hover a target token and see the source "
        "tokens that it was written from; then take another token and see what follows. — "
        "*Attention Is All You Need*, section 3.2.3"
    )
    state = page_state.opened(TranslationState)
    if not kinds.TRANSLATORS.among(folders.run_names()):
        no_run.explain(EMPTY, state)
    else:
        _target(source_prompt(state, kinds.TRANSLATORS), state)
    with st.expander("How to read this"):
        st.markdown(ABOUT)


def _target(prompt: Prompt, state: TranslationState) -> None:
    """The choice of how the target is written, and the part that writes it."""
    with st.container(horizontal=True, gap="medium", vertical_alignment="bottom"):
        st.segmented_control(
            "Translate", list(HOWS), format_func=HOWS.__getitem__, **page_state.control("how"),
            required=True,
        )  # fmt: skip
        if state.how == "step":
            settings = step_panel.settings_row(state)
    if state.how != "step":
        _at_once(prompt)
        return
    branches.opened(prompt, state.continuation)
    playing.played(_by_token)(prompt, settings)


@part
def _at_once(prompt: Prompt) -> None:
    """A whole target, the likeliest or one of a beam search."""
    state = page_state.now(TranslationState)
    link: dict[str, int] = {}
    if state.how == "beams":
        target, link = beam_panel.panel(prompt, state)
    else:
        target = tuple(source_bar.translated(prompt.run, prompt.source))
    step_panel.target_text(prompt, target, empty="(nothing: the model ends at once)")
    _looks(prompt, target, state, link)


def _by_token(prompt: Prompt, settings: GenerateSettings, is_playing: bool) -> None:
    """The target so far; it runs again and again while it plays."""
    state = page_state.now(TranslationState)
    now = step_panel.panel(prompt, settings, is_playing)
    written = step_panel.without_end(prompt, now)
    link = {"temperature": settings.sampling.temperature, "seed": settings.seed}
    _looks(prompt, written, state, link | {"continuation": branches.link()})


def _looks(
    prompt: Prompt, target: Ids, state: TranslationState, link: Mapping[str, object]
) -> None:
    """What the target looks at, where else to see it, and the state in the URL.

    Args:
        link: the values of how it was written.
    """
    look = cross_views.look_at(prompt, target)
    state = cross_views.draw(look, cross_views.own_look(prompt), state)
    cross_views.links(prompt, look, state)
    page_state.publish(
        state,
        run=prompt.run,
        source=prompt.source_text,
        how=state.how,
        layer=state.layer,
        head=state.head,
        **link,
    )
    cross_views.save(look, state)


main()
