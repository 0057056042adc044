"""The watch panel: the progress of a run while it trains."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from gpt.durations import duration
from gpt.errors import HeadlightError
from gpt.setting_ranges import CHOICES
from gpt.training import snapshots
from gpt.training.control import Wish
from gpt.training.runs import Run
from pages.parts.train import expected_loss_line
from pages.parts.train.train_state import TrainState
from pages.shared import folders, kinds, page_state, run_data, run_state, selection, task_scores
from pages.shared.figures import Figures
from pages.shared.page_parts import repeated
from pages.shared.plain import plain, sentence
from pages.shared.run_data import metrics
from pages.shared.run_state import Moment, moment
from pages.shared.save import save_button
from viz.figures.runs.curves import loss_curves
from viz.text import readable
from viz.views.attention import attention_view

EVERY = 1.0  # seconds between looks at a run that moves
ATTENTION = folders.ROOT / "pages" / "attention.py"
TROUBLE = "_panel_trouble"
VIEW = "train_attention"
ICONS = {
    "training": ":material/play_arrow:",
    "starting": ":material/hourglass_top:",
    "waiting": ":material/hourglass_empty:",
    "pausing": ":material/pause:",
    "stopping": ":material/stop:",
    "paused": ":material/pause:",
    "interrupted": ":material/power_off:",
    "done": ":material/check:",
    "failed": ":material/error:",
    "Pause": ":material/pause:",
    "Resume": ":material/play_arrow:",
    "Stop": ":material/stop:",
}
SAMPLES = dict.fromkeys(CHOICES["task"], "What the model writes by itself") | {
    "classify": "Held-out texts, with the probability of their right label",
    "translate": "What the model writes for held-out sources",
    "masked": "What the model puts for hidden tokens",
}
"""What the samples of a task are."""
PAUSE = "Saves everything after the step at hand and leaves; Resume goes on as if it had not."
RESUME = "Goes on from the last checkpoint, step for step as if it had never stopped."
STOP = "Saves after the step at hand and counts the run as done."


def watch(run: Run, link: dict[str, object]) -> None:
    """Draw the panel of a run, again every second while the run moves.

    Args:
        link: the other values of the page in the URL.
    """
    live = moment(run).live
    repeated(_panel, EVERY if live else None)(run, live, link)


def _panel(run: Run, was_live: bool, link: dict[str, object]) -> None:
    now = moment(run)
    if was_live and not now.live:
        st.rerun()  # the whole page once more, and then no looking again
    with st.container(key="watch"):
        _bar(run, now)
        _trouble()
        _progress(now)
        left, right = st.columns([5, 4], gap="large")
        with left:
            _curves(run, now)
        with right:
            _sample(run)
        state = _attention(run, page_state.now(TrainState))
    page_state.publish(state, run=run.name, **link, layer=state.layer, head=state.head)


def _bar(run: Run, now: Moment) -> None:
    """Draw the state in words, and buttons for the possible actions, in one row if it has room."""
    row = st.container(horizontal=True, vertical_alignment="center")
    state = row.container()
    buttons = row.container(horizontal=True, vertical_alignment="center", width="content")
    icon = ICONS.get(now.word, ":material/circle:")
    why = f" · {plain(now.why)}" if now.why and now.word != "failed" else ""
    with state.container(key="state"):
        st.markdown(f"{icon} **{plain(readable(run.name))}** · {plain(now.word)}{why}")
    pause, stop = (partial(run_state.ask, run, wish) for wish in (Wish.PAUSE, Wish.STOP))
    resume = partial(run_state.resume, run)
    can = now.hindrance is None
    _button(buttons, "Pause", now.ours, pause, PAUSE)
    _button(buttons, "Resume", can, resume, RESUME if can else f"Not now: {now.hindrance}.")
    _button(buttons, "Stop", now.ours, stop, STOP)
    with buttons:
        st.page_link(
            ATTENTION,
            label="Look inside",
            icon=":material/grid_on:",
            query_params={"run": run.name},
            disabled=not folders.has_weights(run.path),
            help="Opens this run's latest weights on the Attention page.",
        )


def _button(
    slot: st.delta_generator.DeltaGenerator,
    label: str,
    enabled: bool,
    action: Callable[[], None],
    help: str,
) -> None:
    """Draw a button; if its action fails, the message stays until the next press."""
    pressed = slot.button(
        label,
        icon=ICONS[label],
        disabled=not enabled,
        help=plain(help),
        key=f"do_{label}",
    )
    if not pressed:
        return
    st.session_state.pop(TROUBLE, None)
    try:
        action()
    except HeadlightError as error:
        st.session_state[TROUBLE] = str(error)
    st.rerun()


def _trouble() -> None:
    if TROUBLE in st.session_state:
        st.error(sentence(st.session_state[TROUBLE]), icon=":material/error:")


def _progress(now: Moment) -> None:
    status = now.status
    if now.word == "failed":
        st.error(plain(status.reason), icon=":material/error:")
    if not status.steps:
        return
    text = f"step {status.step:,} of {status.steps:,}"
    if status.seconds_left is not None and now.word == "training":
        text += f" · {duration(status.seconds_left)} left"
    st.progress(min(1.0, status.step / status.steps), text=text)


def _curves(run: Run, now: Moment) -> None:
    curve = run_data.curve(run)
    baseline, of = run_data.baseline(run), run_data.guessed(run)
    figure = loss_curves([curve], baseline, now.status.steps, of)
    st.plotly_chart(figure, key="train_curves", config={"displayModeBar": False})
    save_button(
        "train",
        figures={"Loss curves": lambda: figure} | _score_figures(run),
        arrays=lambda: metrics([run]),
        settings={"run": run.name, "step": now.status.step},
    )
    st.caption(_numbers(run))
    _scores(run)
    if words := expected_loss_line.reached(run):
        st.caption(words)


def _scores(run: Run) -> None:
    """Draw what a classifier or a translator is measured by, if the run is one."""
    if (figure := task_scores.figure([run])) is not None:
        st.plotly_chart(figure, key="train_scores", config={"displayModeBar": False})
        if task_scores.gives_labels(run):
            st.caption(task_scores.ABOUT)
            task_scores.confusions(run, "train")


def _score_figures(run: Run) -> Figures:
    figure = task_scores.figure([run])
    return {} if figure is None else {"Scores": lambda: figure}


def _numbers(run: Run) -> str:
    """Draw the latest losses and the speed."""
    parts = []
    for field, form in (
        ("val_loss", "validation **{:.4f}** nats"),
        ("train_loss", "training **{:.4f}** nats"),
        ("tok_per_s", "**{:,.0f}** tokens/s"),
    ):
        value = run_data.latest(run, field)
        if value is not None:
            parts.append(form.format(value))
    counts, loss = run.counts(), run_data.latest(run, "val_loss")
    if loss is not None and counts is not None and counts.characters_per_token != 1:
        parts[0] += f" a token, **{counts.loss_per_character(loss):.4f}** a character"
    parts += task_scores.in_words(run)
    best = run.status().best_val_loss
    if best is not None:
        parts.append(f"lowest validation **{best:.4f}** (kept in best.safetensors)")
    return " · ".join(parts)


def _sample(run: Run) -> None:
    """Draw the model's own text at the last evaluation."""
    samples = run.samples()
    if not samples:
        st.caption("A sample of what the model says appears at the first evaluation.")
        return
    step, text = samples[-1]["step"], samples[-1]["text"]
    st.caption(f"{SAMPLES[run.training_config().task]}, at step {step:,}")
    with st.container(key="sample"):
        st.code(readable(text), language=None, wrap_lines=True, height=340)


def _attention(run: Run, state: TrainState) -> TrainState:
    """Draw every head on the probe prompt at the last evaluation; return the selected head."""
    steps = snapshots.steps(run.path)
    if not steps or not run_data.has_heads(run):
        return state
    site = "cross" if kinds.is_translator(run.name) else ""
    state = selection.fit_head(selection.followed(state, VIEW), run_data.heads_shape(run, site))
    payload, head = run_data.snapshot_payload(run, steps[-1], (state.layer, state.head), site)
    st.markdown(f"Attention at step {steps[-1]:,}, on text it does not learn from")
    selection.remember(VIEW, attention_view(payload, key=VIEW, selected=head))
    st.caption(run_data.EIGHT_BITS)
    return state
