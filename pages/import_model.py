"""Import: foreign checkpoints become runs that every page opens."""

from __future__ import annotations

import streamlit as st

from gpt.errors import HeadlightError
from pages.parts.import_model import import_button, import_summary, source, vocabulary
from pages.parts.import_model.import_model_state import ImportState
from pages.shared import page_state
from pages.shared.lecture import cited
from pages.shared.plain import sentence

ABOUT = """
- **GPT-2** (Hugging Face): the folder with `config.json`, `model.safetensors` or
  `pytorch_model.bin`, and the tokenizer's files, as `save_pretrained`, the Trainer or
  sentence-transformers saved it; or a zip of it. With a network, its name is enough. Parts that
  were added on top for another task are left out, and named.
- **BERT, DistilBERT, RoBERTa**: likewise. They read without a mask and continue no text. One that
  was fine-tuned to classify comes with its labels; of the others you can look inside.
- **Marian** (`Helsinki-NLP/opus-mt-…`) and **BART**: likewise. They read one text and write
  another. A Marian has two tokenizers, `source.spm` and `target.spm`, beside `vocab.json`.
- **nanoGPT**: `ckpt.pt`. Its `meta.pkl` is not read, because unpickling can run code: the text it
  was trained on, or a JSON list of its characters, takes its place.
- **The lecture** (*Let's build GPT*): what `torch.save(model.state_dict(), …)` made of `gpt.py` or
  `bigram.py`, with its text.
- **A run of Headlight**, as its folder or a zip of it: packed, or trained on another machine.

Nothing in a file is run. Sizes are checked against the file's bytes before any memory is taken, and
a run folder is written whole or not at all. All numbers are kept in float32.

The same from the command line: `python -m gpt import gpt2 FOLDER --out checkpoints/NAME`.
"""


def main() -> None:
    """The source, the recognized checkpoint, its vocabulary, and the button."""
    st.header("Import", anchor=False)
    st.markdown(
        "Bring in GPT-2, BERT or its kin, a translator (Marian, BART), nanoGPT's `ckpt.pt` or a "
        "model of the lecture. See what is recognised, then import it: every page opens it like a "
        f"run of your own. — {cited('nanogpt')}"
    )
    _steps(page_state.opened(ImportState))
    page_state.publish(page_state.now(ImportState))
    with st.expander("How to read this", type="compact"):
        st.markdown(ABOUT)


def _steps(state: ImportState) -> None:
    """Draw the steps, up to the first that is not possible yet or fails."""
    try:
        chosen = source.choose(state)
        if chosen is None:
            return
        foreign = source.recognized(chosen)
        import_summary.model(foreign)
        foreign = source.scaled(foreign, chosen)
        words = vocabulary.choose(foreign, chosen, state)
        if words is None:
            return
        import_summary.tokenizer(words.fitted)
        import_button.button(foreign, words, chosen)
        import_button.done(chosen)
    except HeadlightError as error:
        st.error(sentence(str(error)), icon=":material/error:")


main()
