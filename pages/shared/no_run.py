"""What a page about runs of one kind says if there is no such run, and what would help."""

from __future__ import annotations

from dataclasses import dataclass

import streamlit as st

from pages.shared import folders, page_state
from pages.shared.url_fields import PageState


@dataclass(frozen=True)
class Missing:
    """What is missing, and how to get it, in Markdown."""

    what: str
    how: str


def explain(missing: Missing, state: PageState) -> None:
    """Say what is missing and how to get it, with links; the URL keeps what `state` says."""
    st.info(f"**{missing.what}** {missing.how}", icon=":material/hourglass_empty:")
    with st.container(horizontal=True, gap="medium", key="elsewhere"):
        for page, words, icon in (
            ("train", "Train", ":material/model_training:"),
            ("import_model", "Import", ":material/input:"),
        ):
            st.page_link(folders.ROOT / "pages" / f"{page}.py", label=words, icon=icon)
    page_state.publish(state)
