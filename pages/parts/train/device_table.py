"""The devices of this machine: how long a step of the chosen model takes on each."""

from __future__ import annotations

from dataclasses import replace

import streamlit as st

from gpt.nn.config import GPTConfig
from gpt.training import device as devices
from gpt.training.settings import TrainingConfig
from pages.parts.train import training_pace
from pages.parts.train.training_pace import Read
from pages.shared.plain import plain

WORDS = (
    "**Devices of this machine.** The CPU hands a GPU its operations one by one, so a model whose "
    "operations are tiny may learn more slowly there."
)
ALONE = "This machine has its CPU alone; a GPU would have a row of its own."


def draw(model: GPTConfig, training: TrainingConfig, read: Read) -> None:
    """Draw a row for each device, and the button that measures all of them.

    Args:
        read: gives the data, its tokenizer and that of the sources.
    """
    st.markdown(WORDS)
    each = {name: replace(training, device=name) for name in devices.on_this_machine()}
    st.markdown(table(model, each))
    if len(each) == 1:
        st.caption(ALONE)
    if st.button("Measure a step on each", icon=":material/timer:", key="train_devices"):
        training_pace.measure_each(model, list(each.values()), read)


def table(model: GPTConfig, each: dict[str, TrainingConfig]) -> str:
    """The devices with the seconds of a step, in Markdown; the fastest is bold."""
    paces = {name: training_pace.known(model, training) for name, training in each.items()}
    steps = {name: pace.step for name, pace in paces.items() if pace is not None}
    fastest = min(steps, key=steps.__getitem__, default=None) if len(steps) > 1 else None
    rows = ["| device | | a step | tokens a second |", "|:--|:--|--:|--:|"]
    for name, training in each.items():
        cells = ["not measured yet", ""]
        if name in steps:
            tokens = training.batch_size * training.accumulation * model.block_size
            cells = [f"{1000 * steps[name]:,.1f} ms", f"{tokens / steps[name]:,.0f}"]
        if name == fastest:
            cells = [f"**{cell}**" for cell in cells]
        rows.append(f"| `{name}` | {plain(devices.described(name))} | {' | '.join(cells)} |")
    return "\n".join(rows)
