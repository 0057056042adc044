"""Generate: one token at a time, sampled from a distribution on the screen, or chosen by hand."""

from __future__ import annotations

import streamlit as st

from pages.parts.generate import no_continuation
from pages.parts.generate.generate_state import GenerateState
from pages.parts.generate.greedy_beside import greedy_beside
from pages.parts.generate.sampling_settings import settings_row
from pages.parts.generate.text_panel import panel
from pages.parts.generate.whole_documents import whole_documents
from pages.shared import page_state
from pages.shared.lecture import cited, clock
from pages.shared.prompt_bar import prompt_bar

ABOUT = f"""
A model does one thing: it reads the text and gives every token of its vocabulary a probability to
come next. One of them is drawn and added, and the model reads again.

- **The bars.** Light: the model's prediction, the softmax of its logits. Solid: the distribution
  that the token is drawn from. The logits are divided by the **temperature**, then **top-k** keeps
  the k likeliest, then **top-p** the fewest of those that reach the share p; what is kept is scaled
  to add up to 1.
  A struck-out token was filtered out. ▸ marks the token that the seed draws here.
- **Take another token**: click its bar, or choose it in the menu, also if it was filtered out.
  Paths that you leave stay in the menu of branches.
- **The text.** The prompt is grey. The darker a token's background, the more the last token
  attended to it; a head, or a mean over heads, as you choose. Hover a token for its weight.
- **The KV cache.** Keys and values of the tokens before do not change when one is added, so only
  the new token's are computed. That ends when the text grows past the context, and with the mask
  off.
- **Documents that end.** A model of names, each a line, learned the line break as an end: it stops
  there, and below the text it writes several whole ones. Its documents begin with that token too.
- The draw at a position depends on the seed and the position alone: stepping gives the same text
  as `gpt.generate` with that seed.

*Let's build GPT* draws from the bigram model at {clock("sampling")} and from the scaled-up one
after {clock("scaled up")}.
"""


def main() -> None:
    """Controls, then the part that moves."""
    st.header("Generate", anchor=False)
    st.markdown(
        "How sure is the model of the next token? Watch the bars spread where a word begins, "
        f"and close towards its end. — {cited('sampling', 'scaled up')}",
    )
    state = page_state.opened(GenerateState)
    prompt = prompt_bar(state, beginning=True)
    if why := no_continuation.why_not(prompt.checkpoint):
        no_continuation.explain(prompt, why, state)
    else:
        settings = settings_row(state)
        panel(prompt, settings, state)
        whole_documents(prompt, settings)
        greedy_beside(prompt, settings)
    with st.expander("How to read this"):
        st.markdown(ABOUT)


main()
