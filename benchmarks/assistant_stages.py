"""An assistant's stages by their judges: fine-tuned, rewarded and preferred, several seeds each.

*instructions*: fine-tuning, GRPO on top of it, and fine-tuning that goes on for as many tokens, on
the same 500 unseen prompts. *manner*: DPO and PPO beside the fine-tuned model that they began with.
*penalty*: PPO with β from 0 to 10. And PPO without a penalty against a reward model of 100
comparisons. All begin with the shipped `assistant-base`. Every run, and what was measured of it, is
kept in a folder and not made again.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import gpt
from benchmarks.report import ROOT, Report, parser, progress
from gpt import process
from gpt.text.prompted import Comparisons, Demonstrations
from gpt.training.assistant.judged_runs import JudgedRun, by_kind, judge_run, unseen
from gpt.training.assistant.stage_plan import plan_stage
from gpt.training.loop import train
from gpt.training.presets import find
from gpt.training.runs import Run

NAME = "assistant_stages"
BASE = ROOT / "checkpoints" / "assistant-base"
PROMPTS = 500
EXAMPLES = 20_000
FEW = 100
"""Comparisons of the reward model that is hacked."""
DRAWS = (1, 2000, 3000)
"""Seeds of the answers that are drawn for a win rate; no two prompts share one."""
QUICK = {"steps": 4, "eval_interval": 4, "batch_size": 8}


@dataclass(frozen=True)
class Stage:
    """One run.

    Fields:
        name: of its folder.
        preset: of its settings.
        parent: the folder that it begins with; None takes `BASE`.
        builtin: the task that it learns.
        examples: how many.
        reward: the reward model's folder, of PPO.
        settings: that differ from those of the preset.
    """

    name: str
    preset: str
    parent: str | None
    builtin: str
    examples: int = EXAMPLES
    reward: str | None = None
    settings: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Trainer:
    """Trains stages in a folder, each once."""

    folder: Path
    seed: int
    quick: bool

    def path(self, name: str | None) -> Path:
        """The folder of a run of this seed."""
        return BASE if name is None else self.folder / f"{name}-{self.seed}"

    def run(self, stage: Stage) -> Run:
        """A run that is done, trained now unless it was before."""
        path = self.path(stage.name)
        if not (path / "config.json").is_file():
            self._create(stage, path)
        run = Run(path)
        if run.status().state != "done":
            begun = time.process_time()
            status = train(run)
            if status.state != "done":
                raise SystemExit(f"{path.name}: {status.state}, {status.reason}")
            self._add_seconds(path, time.process_time() - begun)
            progress(f"{path.name}: {status.step:,} steps, {self.seconds(path):.0f} s")
        return run

    def _create(self, stage: Stage, path: Path) -> None:
        kind = Demonstrations if stage.preset in ("sft", "grpo") else Comparisons
        data = kind.from_builtin(stage.builtin, 1, stage.examples)
        settings = {**stage.settings, "seed": self.seed, **(QUICK if self.quick else {})}
        reward = None if stage.reward is None else gpt.load(self.path(stage.reward))
        parent = gpt.load(self.path(stage.parent))
        plan_stage(stage.preset, parent, data, reward, training=settings).create(path)

    def kept(
        self, title: str, rows: Callable[[Trainer], Iterator[dict[str, Any]]]
    ) -> list[dict[str, Any]]:
        """The rows of a table, measured now unless they were before."""
        path = self.folder / f"table-{title}-{self.seed}.json"
        if not path.is_file():
            measured = json.dumps(list(rows(self)))
            path.write_text(measured)
        return list(json.loads(path.read_text()))

    def _add_seconds(self, path: Path, seconds: float) -> None:
        kept = path.with_suffix(".json")
        kept.write_text(json.dumps({"cpu_seconds": self.seconds(path) + seconds}))

    def seconds(self, path: Path) -> float:
        """Processor seconds of a run's training, evaluations included."""
        kept = path.with_suffix(".json")
        return float(json.loads(kept.read_text())["cpu_seconds"]) if kept.is_file() else 0.0


DEMONSTRATIONS = 4_000
"""Of *instructions*: so few that more steps add little. A judge needs no demonstrations."""
TUNED = Stage("tuned", "sft", None, "instructions", DEMONSTRATIONS, settings={"steps": 2500})
GRPO = Stage("grpo", "grpo", "tuned", "instructions")
MANNER = Stage("manner", "sft", None, "manner", settings={"steps": 600, "eval_interval": 100})
WEIGHED = Stage("reward", "reward-model", "manner", "manner", settings={"eval_interval": 30})
DPO = Stage("dpo", "dpo", "manner", "manner")
PPO = Stage("ppo", "ppo", "manner", "manner", reward="reward")
BETAS = (0.0, 0.1, 1.0, 10.0)
FEW_WEIGHED = Stage("reward-few", "reward-model", "manner", "manner", FEW)
HACKED = Stage(
    "hacked",
    *("ppo", "manner", "manner"),
    reward="reward-few",
    settings={"beta": 0.0, "learning_rate": 2e-4, "eval_interval": 30},
)


def continued(tokens: int) -> Stage:
    """Fine-tuning that goes on, with its own demonstrations, for as many tokens as GRPO learned."""
    settings = {**CONTINUED, "steps": round(tokens / TOKENS_A_STEP)}
    return Stage("continued", "sft", "tuned", "instructions", DEMONSTRATIONS, settings=settings)


TOKENS_A_STEP = 405
"""Tokens of 64 answers to *instructions* with their ends, on average."""
CONTINUED = {"learning_rate": 2e-4}


def main() -> None:
    """Train what is not there yet, judge it, and print the tables."""
    options = _options()
    process.keep_buffers()
    report = Report(NAME, options)
    options.runs.mkdir(parents=True, exist_ok=True)
    seeds = range(1, 2 if options.quick else options.seeds + 1)
    trainers = [Trainer(options.runs, seed, options.quick) for seed in seeds]
    tables: dict[str, list[dict[str, Any]]] = {}
    for title, rows in TABLES.items():
        if title in options.only:
            tables[title] = [row for one in trainers for row in one.kept(title, rows)]
    report.finish(tables, _notes(options))


def _options() -> argparse.Namespace:
    arguments = parser(__doc__)
    arguments.add_argument("--seeds", type=int, default=3, help="how many, from 1")
    arguments.add_argument(
        "--runs",
        type=Path,
        default=Path(tempfile.gettempdir()) / NAME,
        help="folder of the runs; those that are done are not trained again",
    )
    parts = list(TABLES)
    arguments.add_argument("--only", nargs="+", choices=parts, default=parts, help="tables")
    return arguments.parse_args()


def instructions(trainer: Trainer) -> Iterator[dict[str, Any]]:
    """Rows of a seed: base, fine-tuned, fine-tuning continued for as many tokens, and GRPO."""
    tuned, grpo = trainer.run(TUNED), trainer.run(GRPO)
    longer = trainer.run(continued(int(grpo.metrics()[-1]["tokens"])))
    runs = {"base": Run(BASE), "fine-tuned": tuned, "continued": longer, "GRPO": grpo}
    data = prompts("instructions", trainer.quick)
    likeliest = {name: judge_run(gpt.load(run.path), data) for name, run in runs.items()}
    drawn = {name: judge_run(gpt.load(run.path), data, DRAWS[0]) for name, run in runs.items()}
    for name, run in runs.items():
        kinds = {
            kind: round(100 * likeliest[name].mean(rows).value)
            for kind, rows in by_kind(data).items()
        }
        yield {
            "seed": trainer.seed,
            "run": name,
            "tokens": 0 if name == "base" else run.metrics()[-1]["tokens"],
            "CPU s": None if name == "base" else round(trainer.seconds(run.path)),
            "likeliest %": 100 * likeliest[name].mean().value,
            "GRPO −, likeliest": _difference(likeliest["GRPO"], likeliest[name]),
            "drawn %": 100 * drawn[name].mean().value,
            "GRPO −, drawn": _difference(drawn["GRPO"], drawn[name]),
            **kinds,
        }


def _difference(one: JudgedRun, other: JudgedRun) -> str | None:
    """How much better the first is, prompt by prompt, in percent."""
    if one is other:
        return None
    mean, _ = one.beside(other)
    return f"{100 * mean.value:+.1f} ± {100 * mean.error:.1f}"


def manner(trainer: Trainer) -> Iterator[dict[str, Any]]:
    """Rows of a seed: fine-tuned, DPO and PPO, with answers that are drawn."""
    tuned, weighed = trainer.run(MANNER), trainer.run(WEIGHED)
    runs = {"fine-tuned": tuned, "DPO": trainer.run(DPO), "PPO": trainer.run(PPO)}
    data = prompts("manner", trainer.quick)
    judged = {
        name: [judge_run(gpt.load(run.path), data, draw) for draw in DRAWS]
        for name, run in runs.items()
    }
    progress(f"{weighed.name}: foresees {weighed.metrics()[-1]['accuracy']:.1%}")
    for name, run in runs.items():
        pairs = zip(judged[name], judged["fine-tuned"], strict=True)
        wins = [one.beside(other)[1] for one, other in pairs]
        yield {
            "seed": trainer.seed,
            "run": name,
            "steps": run.status().step,
            "CPU s": round(trainer.seconds(run.path)),
            "judge": sum(one.mean().value for one in judged[name]) / len(DRAWS),
            "win rate %": 100 * sum(wins) / len(DRAWS),
            "lowest %": 100 * min(wins),
            "KL": run.metrics()[-1].get("kl", 0.0),
        }


def penalty(trainer: Trainer) -> Iterator[dict[str, Any]]:
    """Rows of a seed: PPO with each β, against the same reward model, with answers that are drawn.

    It is evaluated at its first and last step only; that changes nothing of what it learns.
    """
    tuned, _ = trainer.run(MANNER), trainer.run(WEIGHED)
    data = prompts("manner", trainer.quick)
    before = judge_run(gpt.load(tuned.path), data, DRAWS[0])
    for beta in BETAS:
        settings = {"beta": beta, "eval_interval": find("ppo").training_config().steps}
        run = trainer.run(replace(PPO, name=f"ppo-{beta:g}", settings=settings))
        after = judge_run(gpt.load(run.path), data, DRAWS[0])
        last = run.metrics()[-1]
        yield {
            "seed": trainer.seed,
            "β": beta,
            "KL": last["kl"],
            "reward": last["held_out_reward"],
            "judge": after.mean().value,
            "win rate %": 100 * after.beside(before)[1],
        }


def hacking(trainer: Trainer) -> Iterator[dict[str, Any]]:
    """A row of a seed: the learned reward and the judge's score, before and after."""
    trainer.run(MANNER)
    weighed, hacked = trainer.run(FEW_WEIGHED), trainer.run(HACKED)
    data = prompts("manner", trainer.quick)
    evaluated = [line for line in hacked.metrics() if "held_out_reward" in line]
    parent, tuned = (
        judge_run(gpt.load(path), data, DRAWS[0])
        for path in (trainer.path(HACKED.parent), hacked.path)
    )
    yield {
        "seed": trainer.seed,
        "reward model foresees %": 100 * weighed.metrics()[-1]["accuracy"],
        "reward before": evaluated[0]["held_out_reward"],
        "reward after": evaluated[-1]["held_out_reward"],
        "judge before": parent.mean().value,
        "judge after": tuned.mean().value,
        "KL": evaluated[-1]["kl"],
        "CPU s": round(trainer.seconds(hacked.path)),
        "example": tuned.answers[0],
    }


@cache
def prompts(builtin: str, quick: bool) -> Demonstrations:
    """The prompts of the test, each once: of *manner* there are fewer than `PROMPTS`."""
    count = 20 if quick else PROMPTS
    drawn = Demonstrations.from_builtin(builtin, 1, EXAMPLES)
    return unseen(drawn, min(count, len(unseen(drawn))))


def _notes(options: argparse.Namespace) -> list[str]:
    return [
        f"{PROMPTS} unseen prompts of instructions, all of manner that the test has",
        "CPU s: processor seconds of one thread, evaluations included",
        "likeliest: every token the likeliest; drawn: at temperature 1, "
        "the seeds of the answers the same for every run",
        "lowest: of the win rates of three draws of answers, whose mean is the win rate",
    ]


TABLES: dict[str, Callable[[Trainer], Iterator[dict[str, Any]]]] = {
    "instructions": instructions,
    "manner": manner,
    "penalty": penalty,
    "hacking": hacking,
}


if __name__ == "__main__":
    main()
