"""The answers that a policy learned from, with the numbers that its run kept of each token."""

from __future__ import annotations

import re

import numpy as np
import streamlit as st

from gpt.errors import CheckpointError
from gpt.text.template import Answered
from gpt.training.assistant import rollouts, token_rollouts
from gpt.training.assistant.rollouts import FOLDER, Rollout
from gpt.training.assistant.token_rollouts import TokenRollout
from pages.parts.assistant import stage_models
from pages.parts.assistant.assistant_state import KEPT_NUMBERS, AssistantState
from pages.parts.assistant.stage_recipes import Chain
from pages.shared import loads, page_state, url_controls
from pages.shared.run_data import file_stamp
from pages.shared.save import save_button
from viz.views.tinted import TintedText, tinted_texts

SHOWN = 5
"""Answers of PPO that are drawn at once; of GRPO a group is."""
UNITS = {
    "log_prob": "log-probability when it was drawn, nats",
    "ratio": "log π − log π of the reference, nats",
    "paid": "reward of the token",
    "value": "value",
    "advantage": "advantage",
}
HELP = (
    "All numbers are those of the file: log-probability when the token was drawn; how far it left "
    "the reference; what PPO paid for it, −β times that and at the end the reward model's score; "
    "what the value model expected; and the advantage that follows from these (Schulman et al., "
    "2016, equation 16)."
)
GROUP_HELP = (
    "Both numbers are those of the file: log-probability when the token was drawn, and the "
    "advantage, the same at each token of an answer: (reward − mean) / deviation of the rewards of "
    "its group, the answers to the same prompt (Shao et al., 2024, section 4.1.2)."
)
NONE = "The chosen run of stage 4 keeps no answers: only PPO and GRPO learn from their own."


def steps(run: str) -> list[int]:
    """The steps before which the kept rollouts of a run were written."""
    names = (path.name for path in (stage_models.run_of(run).path / FOLDER).glob("*.npz"))
    return sorted(int(name[:-4]) for name in names if re.fullmatch(r"\d{7}\.npz", name))


@st.cache_resource(max_entries=8, show_spinner=False)
def kept(run: str, step: int, stamp: int) -> TokenRollout | Rollout:
    """A rollout: of PPO with a number at each token, of GRPO with one for each answer.

    Raises:
        CheckpointError: it is missing or damaged.
    """
    folder = stage_models.run_of(run)
    read = token_rollouts.read if folder.training_config().task == "ppo" else rollouts.read
    return read(folder.path, step)


def numbers_of(rollout: TokenRollout | Rollout, answer: int) -> dict[str, np.ndarray]:
    """(T,) by name, every number that a rollout has of the tokens of one answer."""
    row = rollout.rows[answer]
    logs = _placed(row, np.array(rollout.log_probs[answer]))
    if isinstance(rollout, Rollout):
        each = np.full(len(row) - row.start, float(rollout.advantages[answer]))
        return {"log_prob": logs, "advantage": _placed(row, each)}
    targets = slice(row.start - 1, len(row) - 1)
    return {
        "log_prob": logs,
        "ratio": logs - _placed(row, np.array(rollout.reference[answer])),
        "paid": _placed(row, rollout.rewards[answer, targets].numpy()),
        "value": _placed(row, np.array(rollout.values[answer])),
        "advantage": _placed(row, rollout.advantages[answer, targets].numpy()),
    }


def _placed(row: Answered, of_answer: np.ndarray) -> np.ndarray:
    """(T,) of prompt and answer; nan at the tokens of the prompt."""
    return np.concatenate([np.full(row.start, np.nan), of_answer])


def score(rollout: TokenRollout | Rollout, answer: int) -> float:
    """The reward of a whole answer."""
    scores = rollout.rewards if isinstance(rollout, Rollout) else rollout.scores
    return float(scores[answer])


def facts(rollout: TokenRollout | Rollout, answer: int) -> str:
    """The reward of an answer, and the group that it is compared with, in words."""
    reward = f"reward {score(rollout, answer):+.4f}".replace("-", "−")
    if isinstance(rollout, Rollout):
        return f"{reward} · group {answer // rollout.group_size}"
    return reward


def draw(chain: Chain, state: AssistantState) -> dict[str, object]:
    """Draw the choice of the step and of the answers, and the answers."""
    policy = chain.ready("policy")
    kept_steps = steps(policy.name) if policy is not None else []
    if policy is None or not kept_steps:
        st.info(NONE)
        return {}
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium"):
        step = _step_menu(kept_steps, state)
        rollout = _rollout(policy.name, step)
        last = len(rollout.rows) - 1
        count = rollout.group_size if isinstance(rollout, Rollout) else SHOWN
        answer = url_controls.whole(
            "From answer", state, "answer", 0, last, step=count, help=f"0 to {last:,}"
        )
    there = numbers_of(rollout, 0)
    names = {name: title for name, title in KEPT_NUMBERS.items() if name in there}
    number = url_controls.named(
        "Colour by", state, "kept", names, GROUP_HELP if isinstance(rollout, Rollout) else HELP
    )
    tokenizer = loads.checkpoint(policy.name).tokenizer
    rows = range(answer, min(answer + count, last + 1))
    tinted_texts(
        [
            TintedText(
                title=f"Answer {n}",
                facts=facts(rollout, n),
                tokens=tokenizer.pieces(rollout.rows[n].ids),
                numbers=numbers_of(rollout, n)[number],
                given=rollout.rows[n].start,
            )
            for n in rows
        ],
        UNITS[number],
        key="assistant_rollout",
    )
    _save(policy.name, rollout, rows)
    return {"step": step, "answer": answer, "kept": number}


def _step_menu(kept_steps: list[int], state: AssistantState) -> int:
    """Draw the choice among the rollouts; return the step of the chosen one."""
    words = f"answers were kept after {', '.join(f'{n:,}' for n in kept_steps)} steps"
    page_state.fitted(state, "step", kept_steps, kept_steps[-1], words)
    chosen: int = st.selectbox(
        "Answers written before step",
        kept_steps,
        format_func=lambda step: f"{step + 1:,}",
        **page_state.control("step"),
        width=220,
    )
    return chosen


def _rollout(run: str, step: int) -> TokenRollout | Rollout:
    path = stage_models.run_of(run).path / rollouts.name(step)
    if not path.is_file():
        raise CheckpointError(f"{path.name} is gone; the run has written over it meanwhile")
    return kept(run, step, file_stamp(path))


def _save(run: str, rollout: TokenRollout | Rollout, rows: range) -> None:
    def arrays() -> dict[str, np.ndarray]:
        of_all: dict[str, np.ndarray] = {}
        for n in rows:
            of_all[f"answer_{n}_ids"] = np.array(rollout.rows[n].ids)
            for name, values in numbers_of(rollout, n).items():
                of_all[f"answer_{n}_{name}"] = values
        return of_all

    settings = {"run": run, "step": rollout.step, "answers": [rows.start, rows.stop]}
    save_button("assistant", figures={}, arrays=arrays, settings=settings)
