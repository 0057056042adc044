"""How the next run of each stage is made: its parent, what it learns from, and its settings."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from gpt.errors import TrainingError
from gpt.names import free_name
from gpt.nn.config import GPTConfig
from gpt.setting_ranges import STAGES
from gpt.text.builtin.assistant_tasks import ASSISTANT_TASKS
from gpt.text.corpus import Corpus, from_builtin
from gpt.text.prompted import Comparisons, Demonstrations
from gpt.text.tokenizer import CharacterTokenizer
from gpt.training.assistant.stage_plan import StagePlan, plan_stage
from gpt.training.assistant.stage_presets import FIRST_OF_STAGE
from gpt.training.creation import create_run
from gpt.training.estimate import Pace, measure
from gpt.training.presets import find
from gpt.training.runs import Run
from gpt.training.settings import TrainingConfig
from pages.parts.assistant import estimates
from pages.parts.assistant.assistant_state import AssistantState
from pages.parts.assistant.lineage import Stages
from pages.shared import folders, loads

STEPS = {"manner": 600, "review": 500}
"""Steps of fine-tuning by task, if the preset has more than are needed."""
BELOW: dict[str, tuple[str, ...]] = {
    "base": ("tuned", "reward", "policy"),
    "tuned": ("reward", "policy"),
    "reward": ("policy",),
}
"""By box, those whose runs depend on its own."""
EXAMPLES = 20_000
"""Generated ones at most, as the command line has them."""
BASE = "tiny"
OWN_PAIRS = "my-pairs"


@dataclass(frozen=True)
class Chain:
    """The run of each stage that is chosen; None where there is none.

    Fields:
        stages: all that there are.
    """

    stages: Stages
    base: str | None = None
    tuned: str | None = None
    reward: str | None = None
    policy: str | None = None

    def with_run(self, box: str, name: str | None) -> Chain:
        """The chain with another run in a box."""
        changes: dict[str, Any] = {box: name}
        return replace(self, **changes)

    def run(self, box: str) -> Run | None:
        """The run of a box, if its folder is here."""
        name = getattr(self, box)
        return Run(folders.folder_of(name)) if name in self.stages.known else None

    def ready(self, box: str) -> Run | None:
        """The run of a box, if it has weights to look at."""
        run = self.run(box)
        return run if run is not None and folders.has_weights(run.path) else None

    @property
    def link(self) -> dict[str, str]:
        """The chosen runs in the URL."""
        chosen = {box: getattr(self, box) for box in ("base", "tuned", "reward", "policy")}
        return {box: name for box, name in chosen.items() if name}

    @property
    def builtin(self) -> str:
        """The built-in task of the fine-tuned run; "" for a person's own, or if there is none."""
        stage = self.stages.known.get(self.tuned or "")
        return stage.builtin if stage else ""

    @property
    def has_comparisons(self) -> bool:
        """Whether its task has comparisons that are generated, or that a classifier labels."""
        if estimates.is_estimated(self.builtin):
            return estimates.LABELS.is_here
        return bool(self.builtin) and ASSISTANT_TASKS[self.builtin].compare is not None


def methods(chain: Chain) -> list[str]:
    """The ways to tune that there is something to learn from for, the first one first."""
    own = chain.reward is not None and not chain.stages.known[chain.reward].builtin
    exact = ["grpo"] if chain.builtin and not estimates.is_estimated(chain.builtin) else []
    return ["ppo", "dpo", *exact] if chain.has_comparisons or own else exact


def _base() -> tuple[GPTConfig, TrainingConfig, Corpus, CharacterTokenizer]:
    """A small decoder to begin with, with rotary positions, which learn new lengths quickly."""
    recipe, corpus = find(BASE), from_builtin(find(BASE).text)
    tokenizer = CharacterTokenizer.of(corpus.text)
    config = recipe.model_config(tokenizer.vocab_size, position="rotary")
    return config, recipe.training_config(), corpus, tokenizer


def new_run(box: str, chain: Chain, state: AssistantState) -> Run:
    """The folder of the next run of a stage, as the controls say.

    Raises:
        HeadlightError: it cannot be made; the message says why and what would work.
    """
    root = folders.checkpoints()
    if box == "base":
        return create_run(root / free_name(root, "base"), *_base(), preset=BASE)
    plan, task = _plan(box, chain, state), task_of(box, state)
    wanted = _name(task, _data_name(plan.data, chain), plan.training.beta)
    return plan.create(root / free_name(root, wanted))


def measured_pace(box: str, chain: Chain, state: AssistantState) -> Pace:
    """How fast the next run of a stage would learn.

    Raises:
        HeadlightError: as `new_run`, or its steps failed.
    """
    return measure(*_base()) if box == "base" else _plan(box, chain, state).pace()


def pace_key(box: str, chain: Chain, state: AssistantState) -> str:
    """What a pace depends on: what is learned, the run that it begins with, and what it follows."""
    task = task_of(box, state)
    data = state.task if box == "tuned" else chain.builtin
    parent = {"base": None, "tuned": chain.base}.get(box, chain.tuned)
    return f"{task}, {data}, {parent}, {chain.reward if task == 'ppo' else None}"


def task_of(box: str, state: AssistantState) -> str:
    """What the next run of a box learns, of a stage; "next" of a base."""
    return {"base": "next", "tuned": "sft", "reward": "reward"}.get(box, state.how)


def training_of(box: str, state: AssistantState) -> TrainingConfig:
    """How the next run of a box is trained."""
    task = task_of(box, state)
    if task == "next":
        return find(BASE).training_config()
    return find(FIRST_OF_STAGE[task]).training_config(**_settings(task, state))


def _plan(box: str, chain: Chain, state: AssistantState) -> StagePlan:
    task = task_of(box, state)
    parent = loads.checkpoint(_ready(chain, "base" if box == "tuned" else "tuned"))
    reward = loads.checkpoint(_ready(chain, "reward")) if task == "ppo" else None
    data, settings = _data(task, chain, state), _settings(task, state)
    return plan_stage(FIRST_OF_STAGE[task], parent, data, reward, training=settings)


def _data_name(data: Demonstrations | Comparisons, chain: Chain) -> str:
    """What a run learns from, for its name: a task, or the pairs that a person rated."""
    if isinstance(data, Comparisons) and data.labelled_by:
        return chain.builtin
    return data.name if data.origin else OWN_PAIRS


def _ready(chain: Chain, box: str) -> str:
    run = chain.ready(box)
    if run is None:
        raise TrainingError("the run that this stage begins with, or follows, has no weights yet")
    return run.name


def _settings(task: str, state: AssistantState) -> dict[str, Any]:
    """Where the training differs from the preset of its task."""
    assert task in STAGES
    if task == "sft" and state.task in STEPS:
        return {"steps": STEPS[state.task]}
    return {"beta": state.beta} if task not in ("sft", "reward") and state.beta is not None else {}


def _data(task: str, chain: Chain, state: AssistantState) -> Demonstrations | Comparisons:
    if task == "sft":
        count = min(EXAMPLES, ASSISTANT_TASKS[state.task].demonstrations)
        return Demonstrations.from_builtin(state.task, count=count)
    if task == "grpo":
        return Demonstrations.from_builtin(chain.builtin, count=EXAMPLES)
    followed = chain.run("reward") if task != "reward" else None
    if followed is not None and not chain.stages.known[followed.name].builtin:
        return followed.examples(Comparisons)
    if estimates.is_estimated(chain.builtin):
        return estimates.pairs(_ready(chain, "tuned"))
    count = state.comparisons if task == "reward" else EXAMPLES
    return Comparisons.from_builtin(chain.builtin, count=count)


def _name(task: str, data: str, beta: float) -> str:
    """A name that says what sets the run apart.

    >>> _name("ppo", "manner", 0.1), _name("sft", "manner", 0.1)
    ('ppo-manner-beta-0.1', 'manner')
    """
    words = {"sft": data, "reward": f"reward-{data}"}.get(task, f"{task}-{data}-beta-{beta:g}")
    return "".join(c if c.isascii() and (c.isalnum() or c in "-.") else "-" for c in words)[:48]
