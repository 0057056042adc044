"""A page with nothing but the attention view, on random maps; the query string sets their sizes.

?T=64&L=4&H=4&kind=weights&mask=causal&hostile=1&order=sorted
"""

import numpy as np
import streamlit as st

from viz.views.attention import AttentionPicture, attention_view, encode, picked

WORDS = [" the", " of", "\n", " to", "ing", ",", " be", "or", " not", ":", " question", "F", "irst"]
HOSTILE = [
    "<script>alert(1)</script>",
    "\u202eabc",
    "<img src=x onerror=alert(1)>",
    "\U0001f469\U0001f3fd\u200d\U0001f680",
    "\u0301",
    "\u200b",
    "\u05e9\u05dc",
]


def tokens(T: int, hostile: bool = False) -> list[str]:
    pieces = [WORDS[t % len(WORDS)] for t in range(T)]
    if hostile:
        pieces[: len(HOSTILE)] = HOSTILE[:T]
    return pieces


def visible(T: int, mask: str) -> np.ndarray | None:
    i, j = np.indices((T, T))
    return {"causal": j <= i, "none": None, "odd": (i * 7 + j * 3) % 5 > 0}[mask]


def scores(L: int, H: int, T: int, seed: int = 0) -> np.ndarray:
    """(L, H, T, T) of random scores, with a different pattern for each head."""
    rng = np.random.default_rng(seed)
    i, j = np.indices((T, T))
    values = rng.normal(size=(L, H, T, T)).astype(np.float32) * 1.6
    for n, (l, h) in enumerate(np.ndindex(L, H)):
        lag = n % 7
        values[l, h] += [0, 6, 3][n % 3] * (i - j == lag) - [0.15, 0.02][n % 2] * np.abs(i - j)
    return values


def softmax(values: np.ndarray, seen: np.ndarray | None) -> np.ndarray:
    masked = values if seen is None else np.where(seen, values, -np.inf)
    e = np.exp(masked - masked.max(-1, keepdims=True))
    return (e / e.sum(-1, keepdims=True)).astype(np.float32)


def entropy(weights: np.ndarray) -> np.ndarray:
    """(L, H): mean entropy of the rows, in nats."""
    logs = np.log(np.where(weights > 0, weights, 1))
    return -(weights * logs).sum(-1).mean(-1)


def picture(
    T: int = 64,
    L: int = 4,
    H: int = 4,
    kind: str = "weights",
    mask: str = "causal",
    hostile: bool = False,
    order: str = "",
    selected: tuple[int, int] = (0, 0),
) -> AttentionPicture:
    seen = visible(T, mask)
    raw = scores(L, H, T)
    weights = softmax(raw, seen)
    spread = entropy(weights)
    by_entropy = [(int(n) // H, int(n) % H) for n in np.argsort(spread, axis=None)]
    return AttentionPicture(
        tokens=tokens(T, hostile),
        values=weights if kind == "weights" else raw,
        visible=seen,
        kind="weights" if kind == "weights" else "signed",
        name="weights" if kind == "weights" else "scores",
        entropy=spread,
        order=by_entropy if order else None,
        selected=selected,
    )


@st.cache_resource(max_entries=4)
def payload(settings: tuple[tuple[str, object], ...], selected: tuple[int, int]) -> bytes:
    return encode(picture(**dict(settings), selected=selected))  # type: ignore[arg-type]


def main() -> None:
    st.set_page_config(layout="wide")
    ask = st.query_params
    kind = st.segmented_control("view", ["weights", "signed"], default=ask.get("kind", "weights"))
    settings = {name: int(ask.get(name, n)) for name, n in (("T", 64), ("L", 4), ("H", 4))}
    settings |= {"kind": kind or "weights", "mask": ask.get("mask", "causal")}
    settings |= {"hostile": "hostile" in ask, "order": ask.get("order", "")}
    before = picked("view")
    selected = before.head if before else (0, 0)
    if st.button("go to the last head"):
        selected = (settings["L"] - 1, settings["H"] - 1)
    blob = payload(tuple(settings.items()), selected if settings["T"] > 256 else (0, 0))
    shown = attention_view(blob, key="view", selected=selected)
    st.text(f"head {list(shown.head)} cell {shown.cell and list(shown.cell)} of {len(blob)} bytes")


if __name__ == "__main__":
    main()
