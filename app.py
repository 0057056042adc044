"""The launcher: `streamlit run app.py`. The main script is pages/shared/shell.py (ADR 0002)."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import streamlit as st
from starlette.middleware import Middleware

from pages.shared import server
from pages.shared.address import Address
from pages.shared.ahead import Ahead
from pages.shared.visitors import Visitors, warn_if_open


@asynccontextmanager
async def lifespan(app: st.App) -> AsyncIterator[None]:
    """Import torch while the first page is on its way; let a running training save itself."""
    warn_if_open(st.get_option("server.address"))
    threading.Thread(target=server.start, daemon=True, name="warm-up").start()
    yield
    server.stop()


app = st.App(
    "pages/shared/shell.py",
    lifespan=lifespan,
    middleware=[Middleware(Visitors), Middleware(Address), Middleware(Ahead)],
)
