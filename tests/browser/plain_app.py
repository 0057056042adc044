"""A page that shows hostile texts in every place where Streamlit reads Markdown."""

from __future__ import annotations

import streamlit as st

from pages.shared.plain import plain
from tests.browser.hostile import HOSTILE

for number, hostile in enumerate(HOSTILE):
    text = plain(hostile)
    st.header(f"Text {number}", anchor=False)
    with st.container(key=f"markdown_{number}"):
        st.markdown(text)
    with st.container(key=f"within_{number}"):
        st.markdown(f"before {text} after")
    with st.container(key=f"caption_{number}"):
        st.caption(text)
    with st.container(key=f"error_{number}"):
        st.error(text, icon=":material/error:")
    with st.container(key=f"success_{number}"):
        st.success(text)
    with st.container(key=f"button_{number}"):
        st.button(text, key=f"pressed_{number}")
    with st.container(key=f"label_{number}"):
        st.text_input(text, key=f"typed_{number}")
    with st.container(key=f"options_{number}"):
        st.segmented_control(
            "Options", [text], label_visibility="collapsed", key=f"chosen_{number}"
        )
    with st.container(key=f"progress_{number}"):
        st.progress(0.5, text=text)
    with st.container(key=f"expander_{number}"), st.expander(text):
        pass
    with st.container(key=f"help_{number}"):
        st.button("Help", help=text, key=f"helped_{number}")
