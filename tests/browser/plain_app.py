"""A page that shows one hostile text in every place where Streamlit reads Markdown."""

from __future__ import annotations

import streamlit as st

from pages.shared.plain import plain
from tests.browser.hostile import HOSTILE

number = int(st.query_params.get("n", "0"))
text = plain(HOSTILE[number])
st.header(f"Text {number}", anchor=False)

with st.container(key="markdown"):
    st.markdown(text)
with st.container(key="within"):
    st.markdown(f"before {text} after")
with st.container(key="caption"):
    st.caption(text)
with st.container(key="error"):
    st.error(text, icon=":material/error:")
with st.container(key="success"):
    st.success(text)
with st.container(key="button"):
    st.button(text, key="pressed")
with st.container(key="label"):
    st.text_input(text, key="typed")
with st.container(key="options"):
    st.segmented_control("Options", [text], label_visibility="collapsed", key="chosen")
with st.container(key="progress"):
    st.progress(0.5, text=text)
with st.container(key="expander"), st.expander(text):
    pass
with st.container(key="help"):
    st.button("Help", help=text, key="helped")
