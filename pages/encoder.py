"""Encoder: a sentence is read by every token at once, for its label or for a hidden token."""

from __future__ import annotations

import streamlit as st

from pages.parts.encoder import hidden_token, reading_views, two_readings
from pages.parts.encoder.encoder_state import EncoderState
from pages.shared import folders, kinds, no_run, page_state
from pages.shared.lecture import cited, clock
from pages.shared.page_parts import part
from pages.shared.prompt_bar import Prompt, prompt_bar

ABOUT = f"""
An **encoder** is the decoder of the other pages without its mask: every token sees the whole
sentence. In place of a next token it predicts one **label** for the text: the last states of all
tokens (their mean, or the first one's) go through one matrix with a row for each label.

- **The bars**: the probability of every label. The thin ones are of the same sentence and the same
  weights with a causal mask, so that each token sees only those before it: what an encoder loses
  as a decoder. A model that was fine-tuned from a decoder is the other way round.
- **Which tokens carried it.** The number under a token is exact: the model read the sentence again
  without that token, and the number is the label's probability with it less that without it.
  Orange spoke for the label, blue against it. The line below the number is the token's share by
  **attention rollout** (Abnar and Zuidema, 2020): the layers' mean maps multiplied up, half and
  half with the skip connection. It looks at attention alone, so the two often disagree.
- **A model that fills in hidden tokens** (BERT's training, `--task masked`) gives no label: click a
  token to hide it, and the bars are what it would put there. The number under another token says
  how much less likely the right word gets if that token is hidden too.
- **The heads.** Both sides show the same head; hover a cell for its weight, click to hold it.

*Let's build GPT* says how a decoder becomes an encoder at {clock("encoder")}: delete the line with
the mask.
"""
EMPTY = no_run.Missing(
    "No run here gives a text a label yet, or fills in hidden tokens.",
    "Train one with `python -m gpt train --task classify` or `--task masked`, or import one from "
    "Hugging Face: a BERT, DistilBERT or RoBERTa.",
)


def main() -> None:
    """The sentence, then its label or its hidden token, its tokens and its heads."""
    st.header("Encoder", anchor=False)
    st.markdown(
        "What does a sentence say when every token sees all others? Change one word and see "
        f"whether the answer turns, and which tokens carried it. — {cited('encoder')}"
    )
    state = page_state.opened(EncoderState)
    if not kinds.ENCODERS.among(folders.run_names()):
        no_run.explain(EMPTY, state)
    else:
        prompt = prompt_bar(state, kind=kinds.ENCODERS)
        (_labelled if prompt.checkpoint.config.is_classifier else _filled_in)(prompt)
    with st.expander("How to read this"):
        st.markdown(ABOUT)


@part
def _labelled(prompt: Prompt) -> None:
    """The label, the tokens, the heads; each is of both readings or of the trained one."""
    state = page_state.now(EncoderState)
    both = two_readings.readings(prompt)
    left, right = st.columns([9, 11], gap="large")
    with left:
        reading_views.labels(both)
    with right, st.container(key="encoder_carried"):
        label = reading_views.label_menu(both.own, state)
        reading_views.tokens(both.own, label)
    state = reading_views.heads(both, state)
    page_state.publish(state, **prompt.link, layer=state.layer, head=state.head)
    reading_views.save(both, state, label)
    _elsewhere(prompt, state)


@part
def _filled_in(prompt: Prompt) -> None:
    """The hidden token, those that told it, the heads; of both readings or of the trained one."""
    state = page_state.now(EncoderState)
    at = hidden_token.hidden_position(prompt, state)
    both = hidden_token.readings(prompt, at)
    left, right = st.columns([9, 11], gap="large")
    with left:
        weighed = hidden_token.words(prompt, both, at)
    with right, st.container(key="encoder_carried"):
        hidden_token.tokens(both, at, weighed)
    state = reading_views.heads(both, state)
    page_state.publish(state, **prompt.link, layer=state.layer, head=state.head)
    hidden_token.save(both, state, at, weighed)
    _elsewhere(prompt, state)


def _elsewhere(prompt: Prompt, state: EncoderState) -> None:
    """Links to other pages about the chosen head."""
    with st.container(horizontal=True, gap="medium", key="elsewhere"):
        for page, words, icon in (
            ("attention", "This sentence on Attention", ":material/grid_on:"),
            ("head", "Inside this head", ":material/center_focus_strong:"),
        ):
            query = {"layer": str(state.layer), "head": str(state.head)}
            target = folders.ROOT / "pages" / f"{page}.py"
            st.page_link(target, label=words, icon=icon, query_params=prompt.query | query)


main()
