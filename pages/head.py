"""Inside a head."""

from __future__ import annotations

import streamlit as st

from pages.shared import permalink
from pages.shared.prompt_bar import prompt_bar


def main() -> None:
    """Controls, then the picture."""
    st.header("Inside a head", anchor=False)
    prompt = prompt_bar()
    permalink.publish(run=prompt.run, prompt=prompt.text)


main()
