"""One rung: what it adds, in words, settings and code, and how that changes what is learned."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import plotly.graph_objects as go
import streamlit as st

from gpt.errors import CheckpointError
from gpt.training import snapshots
from gpt.training.estimate import uniform_loss
from gpt.training.ladder.code import code_of
from gpt.training.ladder.rungs import RUNGS, changes
from gpt.training.ladder.standing import Standing, is_lectures
from gpt.training.runs import Run
from pages.parts.ladder import climb_text, rung_training
from pages.parts.ladder.climb_text import ClimbText
from pages.parts.ladder.ladder_state import LadderState
from pages.shared import folders, page_state, run_data, run_series, selection
from pages.shared.plain import plain, sentence
from pages.shared.run_data import metrics
from pages.shared.save import save_button
from viz.figures.runs.curves import loss_curves
from viz.text import readable
from viz.views.attention import attention_view

PAGES = folders.ROOT / "pages"
OPENS = (
    ("attention", "Attention", ":material/grid_on:"),
    ("generate", "Generate", ":material/edit_note:"),
    ("model", "Model", ":material/account_tree:"),
    ("runs", "Runs", ":material/show_chart:"),
)


def show(state: LadderState) -> dict[str, Any]:
    """Draw the controls and the rung; return the values for the URL."""
    row = st.container(horizontal=True, vertical_alignment="bottom", key="ladder_bar")
    chosen = climb_text.choose(row, state)
    name = _rung_menu()
    link = {"rung": name}
    if chosen is None:
        return link
    standing, under = _stands(chosen, name)
    action = partial(rung_training.rung_action, chosen, standing)
    rung_training.offered(row, chosen, action)
    run_series.trouble()
    left, right = st.columns([6, 5], gap="large")
    with left:
        _added(standing, chosen)
    with right:
        run_series.watched([standing.run], _moving, chosen, name)
    return link | _learned(standing, under, state)


def _stands(chosen: ClimbText, name: str) -> tuple[Standing, Standing | None]:
    """The standings of a rung and of the one below it."""
    standings = chosen.standings()
    position = [standing.rung.name for standing in standings].index(name)
    return standings[position], standings[position - 1] if position else None


def _rung_menu() -> str:
    titles = {rung.name: rung.title for rung in RUNGS}
    chosen = st.segmented_control(
        "Rung",
        list(titles),
        format_func=lambda name: titles[name],
        **page_state.control("rung"),
        required=True,
        label_visibility="collapsed",
    )
    return chosen or RUNGS[1].name


def _moving(chosen: ClimbText, name: str) -> None:
    """Draw its progress, its curve over that of the rung below, and its result."""
    standing, under = _stands(chosen, name)
    rung_training.progress([standing])
    if rung_training.measure([standing]):
        standing, under = _stands(chosen, name)
    _curves(standing, under, chosen)
    _came_to(standing, chosen)


def _added(standing: Standing, chosen: ClimbText) -> None:
    """Draw what the rung adds, in words, settings and code."""
    st.markdown(
        f"**{plain(standing.rung.title)}.** {standing.rung.added} — {_rung_words(standing)}"
    )
    _settings(standing, chosen.vocab_size)
    _code(standing)


def _rung_words(standing: Standing) -> str:
    lecture = standing.rung.lecture_says
    words = lecture if standing.rung.lecture_loss is None else f"a validation loss of {lecture}"
    return f"*Let's build GPT*, {standing.rung.minute}: {words}"


def _settings(standing: Standing, vocab_size: int) -> None:
    settings = changes(standing.rung, vocab_size)
    if not settings:
        st.caption("The first rung: nothing is changed yet.")
        return
    lines = [f"| `{each.field}` | {each.before} | {each.after} |" for each in settings]
    with st.container(key="ladder_settings"):
        st.markdown("\n".join(["| setting | before | now |\n|:--|--:|--:|", *lines]))


def _code(standing: Standing) -> None:
    """Draw the lines of code that this rung is the first to run, beside the lecture's."""
    for part in code_of(standing.rung.name):
        ours, lecture = st.columns([3, 2], gap="small")
        with ours:
            st.caption(plain(f"{part.file}:{part.line} · {part.within}"))
            st.code(part.code, language="python", wrap_lines=True)
        with lecture:
            st.caption("as the lecture writes it")
            st.code(part.lecture, language="python", wrap_lines=True)


def _curves(standing: Standing, under: Standing | None, chosen: ClimbText) -> None:
    if standing.run is None or not standing.run.metrics():
        st.info(
            f"Not trained on {plain(chosen.title)} with seed {chosen.seed} yet: the curve, what it "
            "writes and what it attends to appear here when it is.",
            icon=":material/play_arrow:",
        )
        return
    st.plotly_chart(
        _figure(standing, under, chosen), key="ladder_curves", config={"displayModeBar": False}
    )
    runs = _runs(standing, under)
    save_button(
        "ladder: one rung",
        figures={"Loss curves": partial(_figure, standing, under, chosen)},
        arrays=lambda: metrics(runs),
        settings={
            "text": chosen.title,
            "seed": chosen.seed,
            "runs": [run.name for run in runs],
        },
    )


def _figure(standing: Standing, under: Standing | None, chosen: ClimbText) -> go.Figure:
    """The rung's curve over the one below.

    It has the second colour even if the other is missing.
    """
    pair = [each for each in (under, standing) if each is not None]
    curves = [
        replace(_curve(each.run), name=each.rung.title) for each in pair if each.run is not None
    ]
    return loss_curves(
        curves, uniform_loss(chosen.vocab_size), standing.rung.training_config().steps
    )


def _curve(run: Run) -> Any:
    """A run's curve without the loss of each batch, whose noise would hide the small difference."""
    curve = run_data.curve(run)
    return replace(curve, batch=np.full(len(curve.steps), np.nan))


def _runs(standing: Standing, under: Standing | None) -> list[Run]:
    both = (under, standing)
    return [each.run for each in both if each and each.run is not None and not each.trouble]


def _came_to(standing: Standing, chosen: ClimbText) -> None:
    if standing.result is None:
        return
    lecture = ""
    if standing.difference is not None and is_lectures(chosen.sha256):
        lecture = f", {standing.difference:+.3f} against the lecture".replace("-", "−")
    st.caption(
        plain(
            f"Validation loss {standing.result.val_loss:.4f}{lecture}. Before training "
            f"{standing.result.first_loss:.4f}; ln V is {standing.result.uniform_loss:.4f}."
        )
    )


def _learned(standing: Standing, under: Standing | None, state: LadderState) -> dict[str, Any]:
    """Draw samples of both, the attention, and links; return the head for the URL."""
    if standing.run is None:
        return {}
    with st.container(horizontal=True, gap="medium", key="ladder_links"):
        _links(standing.run)
    pair = [each for each in (under, standing) if each is not None and each.run is not None]
    for column, each in zip(st.columns(len(pair), gap="large"), pair, strict=True):
        with column:
            _sample(each)
    return _attention(standing.run, state)


def _links(run: Run) -> None:
    """Draw links to other pages; a bigram has no heads, so it has no link to Attention."""
    for page, label, icon in OPENS:
        if page == "attention" and not run_data.has_heads(run):
            continue
        query = {"runs": run.name, "run": run.name} if page == "runs" else {"run": run.name}
        st.page_link(
            PAGES / f"{page}.py",
            label=label,
            icon=icon,
            query_params=query,
            disabled=not folders.has_weights(run.path),
            help=plain(f"Opens {run.name} on this page."),
        )


def _sample(standing: Standing) -> None:
    try:
        samples = standing.run.samples() if standing.run is not None else []
    except CheckpointError as error:  # the other rung's is still worth a look
        st.caption(sentence(str(error)))
        return
    if not samples:
        return
    step = samples[-1]["step"]
    st.caption(plain(f"{standing.rung.title}: what it writes by itself, at step {step:,}"))
    with st.container(key=f"ladder_sample_{standing.rung.name}"):
        text = readable(samples[-1]["text"])
        st.code(text, language=None, wrap_lines=True, height=200)


def _attention(run: Run, state: LadderState) -> dict[str, Any]:
    """Draw every head on held-out text, over the run's training."""
    if not run_data.has_heads(run):
        st.caption("A bigram has no heads: no token sees another, and there is no attention.")
        return {}
    steps: Sequence[int] = snapshots.steps(run.path)
    if not steps:
        return {}
    film, view = run_data.film(run, steps), f"ladder_{run.name}"
    state = selection.fit_head(selection.followed(state, view), film.codes.shape[1:])
    head = (state.layer, state.head)
    st.markdown("**The attention it learned**, on text it did not learn from")
    selected = attention_view(run_data.film_payload(run, steps), key=view, selected=head)
    selection.remember(view, selected)
    st.caption(f"Play it to see when. {run_data.EIGHT_BITS}")
    return {"layer": selected.head[0], "head": selected.head[1]}
