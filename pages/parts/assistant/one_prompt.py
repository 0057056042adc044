"""One prompt through all stages: each one's answer, its tokens coloured by a number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import streamlit as st

import gpt
from gpt.text.builtin.assistant_tasks import ASSISTANT_TASKS
from gpt.text.documents import end_token
from gpt.text.template import Answered
from gpt.training.assistant import answer_numbers
from gpt.training.assistant.judged_runs import MOST
from pages.parts.assistant import estimates, stage_models
from pages.parts.assistant.assistant_state import NUMBERS, AssistantState
from pages.parts.assistant.nothing_yet import say_nothing_yet
from pages.parts.assistant.prompt_field import Asked, prompt_field
from pages.parts.assistant.stage_recipes import Chain
from pages.shared import loads, url_controls
from pages.shared.save import save_button
from viz.views.tinted import TintedText, tinted_texts

NOTHING = {
    "kl": "The base began with no other model that it could be compared with.",
    "reward": "Choose a reward model above, or train one.",
    "value": "Only a run of PPO has a value model.",
    "advantage": "Only PPO gives each token an advantage of its own.",
}
"""By number, why a stage has none."""
NUMBERS_HELP = (
    "Log-probability: of the token when it was drawn. KL: between the whole distributions that the "
    "stage and the model it began with draw the token from. Reward so far: what the reward model "
    "says of the text up to the token. Value: the reward that PPO's value model expects before the "
    "token is drawn. Advantage: how much better than that it went."
)
UNITS = {
    "log_prob": "log-probability, nats",
    "kl": "KL to the model it began with, nats",
    "reward": "reward so far",
    "value": "value",
    "advantage": "advantage",
}


@dataclass(frozen=True)
class Writer:
    """A stage that writes answers.

    Fields:
        title: of its row.
        run: whose weights it has.
        is_first: whether it has the weights that the run began with, not the latest.
    """

    title: str
    run: str
    is_first: bool = False

    @property
    def model(self) -> gpt.GPT:
        """The model that writes.

        Raises:
            CheckpointError: the first weights did not come with the run.
        """
        return stage_models.first(self.run) if self.is_first else loads.checkpoint(self.run).model


def writers(chain: Chain) -> list[Writer]:
    """The stages that write answers, in their order; the base has the template's signs added."""
    stages = []
    if (tuned := chain.ready("tuned")) is not None:
        stages += [Writer("1 · Base", tuned.name, is_first=True)]
        stages += [Writer("2 · Fine-tuned", tuned.name)]
    if (policy := chain.ready("policy")) is not None:
        stages.append(Writer("4 · Tuned", policy.name))
    return stages


def answered(writer: Writer, asked: Asked) -> Answered:
    """The prompt with a stage's answer to it."""
    stamp = loads.stamp(writer.run)
    return _answered(writer, stamp, asked.ids, asked.temperature, asked.seed)


@st.cache_resource(max_entries=64, show_spinner=False)
def _answered(
    writer: Writer, stamp: int, ids: tuple[int, ...], temperature: float, seed: int
) -> Answered:
    end = None if writer.is_first else end_token(loads.checkpoint(writer.run).tokenizer)
    return answer_numbers.write_answer(writer.model, ids, end, MOST, temperature, seed)


@st.cache_resource(max_entries=64, show_spinner=False)
def numbers(
    writer: Writer, reward: str | None, stamps: tuple[int, ...], start: int, ids: tuple[int, ...]
) -> dict[str, np.ndarray]:
    """(T,) by name, every number that there is at the tokens of an answer.

    Args:
        reward: the reward model's run.
        stamps: of the weights of both runs.
        start, ids: of the prompt with its answer.
    """
    row, model = Answered(list(ids), start), writer.model
    known = {"log_prob": answer_numbers.log_probs(model, row)}
    if writer.is_first:
        return known | _rewards(reward, row)
    reference = stage_models.first(writer.run)
    known["kl"] = answer_numbers.divergences(model, reference, row)
    value, followed = stage_models.value(writer.run), stage_models.followed(writer.run)
    if value is not None and followed is not None:
        training = stage_models.run_of(writer.run).training_config()
        expected = answer_numbers.expected_rewards(value, row)
        score = float(answer_numbers.rewards_so_far(followed, ids)[-1])
        ratio = known["log_prob"] - answer_numbers.log_probs(reference, row)
        known["value"] = expected
        known["advantage"] = answer_numbers.advantages(
            score, ratio, expected, row, training.beta, training.lam
        )
    return known | _rewards(reward, row)


def _rewards(reward: str | None, row: Answered) -> dict[str, np.ndarray]:
    """What a reward model says so far, at each token of prompt and answer, if it can read them."""
    if reward is None:
        return {}
    model = loads.checkpoint(reward)
    fits = len(row) <= model.config.block_size and max(row.ids) < model.config.vocab_size
    return {"reward": answer_numbers.rewards_so_far(model.model, row.ids)} if fits else {}


def numbers_of(writer: Writer, chain: Chain, row: Answered) -> dict[str, np.ndarray]:
    """(T,) by name, every number that there is at the tokens of a stage's answer."""
    weigher = chain.ready("reward")
    name = None if weigher is None else weigher.name
    stamps = tuple(loads.stamp(run) for run in (writer.run, name) if run is not None)
    return numbers(writer, name, stamps, row.start, tuple(row.ids))


def draw(chain: Chain, state: AssistantState) -> dict[str, object]:
    """Draw the prompt, what colours the tokens, and the answers; return the values for the URL."""
    stages = writers(chain)
    if not stages:
        words = "Fine-tune a base first: then every stage answers the same prompt here."
        say_nothing_yet(chain, "tuned", words)
        return {}
    asked = prompt_field(stages[0].run, state)
    number = url_controls.named("Colour by", state, "number", NUMBERS, NUMBERS_HELP)
    rows = {writer: answered(writer, asked) for writer in stages}
    known = {writer: numbers_of(writer, chain, row) for writer, row in rows.items()}
    tinted_texts(
        [_text(writer, chain, asked, rows[writer], known[writer], number) for writer in stages],
        UNITS[number],
        key="assistant_answers",
    )
    _save(chain, asked, rows, known)
    return asked.link | {"number": number}


def _text(
    writer: Writer,
    chain: Chain,
    asked: Asked,
    row: Answered,
    known: dict[str, np.ndarray],
    number: str,
) -> TintedText:
    tokenizer = loads.checkpoint(writer.run).tokenizer
    nothing = np.full(len(row), np.nan)
    return TintedText(
        title=writer.title,
        facts="\n".join(_facts(writer, chain, asked, row, known)),
        tokens=tokenizer.pieces(row.ids),
        numbers=known.get(number, nothing),
        given=row.start,
        lacks="" if number in known else NOTHING[number],
    )


def answer_end(writer: Writer, row: Answered) -> int:
    """Where an answer ends: at its first end token, beyond which a base goes on."""
    end = end_token(loads.checkpoint(writer.run).tokenizer)
    places = (n for n in range(row.start, len(row)) if row.ids[n] == end)
    return next(places, len(row))


def answer_text(writer: Writer, row: Answered, whole: bool = False) -> str:
    """An answer without its end.

    Args:
        whole: with what a base writes beyond the end.
    """
    tokenizer = loads.checkpoint(writer.run).tokenizer
    end = len(row) if whole else answer_end(writer, row)
    return tokenizer.decode(row.ids[row.start : end])


def _facts(
    writer: Writer, chain: Chain, asked: Asked, row: Answered, known: dict[str, np.ndarray]
) -> list[str]:
    """The run, and what the judge and the reward model say of the whole answer."""
    name = f"before {writer.run}" if writer.is_first else writer.run
    facts: list[str] = []
    judge = ASSISTANT_TASKS[chain.builtin].judge if chain.builtin else None
    if estimates.is_estimated(chain.builtin):
        facts += filter(None, [estimates.fact(asked.text, answer_text(writer, row))])
    if judge and (score := _judged(judge, asked.text, answer_text(writer, row))) is not None:
        facts.append(f"judge {score:.3f}")
    if "reward" in known:
        last = min(answer_end(writer, row), len(row) - 1)
        facts.append(f"reward {known['reward'][last]:+.3f}".replace("-", "−"))
    return [name, " · ".join(facts)] if facts else [name]


def _judged(judge: object, prompt: str, answer: str) -> float | None:
    """What the judge says of an answer; None of a prompt that is not of its task."""
    try:
        return float(judge(prompt, answer))  # type: ignore[operator]
    except (KeyError, ValueError, IndexError):
        return None


def _save(
    chain: Chain,
    asked: Asked,
    rows: dict[Writer, Answered],
    known: dict[Writer, dict[str, np.ndarray]],
) -> None:
    def arrays() -> dict[str, np.ndarray]:
        of_all: dict[str, np.ndarray] = {}
        for writer, row in rows.items():
            name = writer.title.split(" · ")[1].lower().replace("-", "_")
            of_all[f"{name}_ids"] = np.array(row.ids)
            of_all |= {f"{name}_{number}": values for number, values in known[writer].items()}
        return of_all

    runs = {box: getattr(chain, box) for box in ("base", "tuned", "reward", "policy")}
    settings = {"prompt": asked.text, "temperature": asked.temperature, "seed": asked.seed}
    save_button("assistant", figures={}, arrays=arrays, settings={**runs, **settings})
