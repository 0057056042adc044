"""The norms of a model at work: what each one read on a prompt, and what it gave."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from gpt.errors import ConfigError
from gpt.inspect.heads.ablation import LossAndLogits, read
from gpt.inspect.stream.frozen_norm import state_after
from gpt.inspect.stream.stream_lengths import standardize
from gpt.inspect.trace import Trace
from gpt.nn.blocks import activate
from gpt.nn.model import GPT
from gpt.nn.norms import BatchNorm, Norm
from gpt.nn.norms import norm as new_norm
from gpt.nn.switches import Switches

BINS = 25
OF_ENCODER = "encoder."
BRANCHES = {"ln_1": "attention", "ln_cross": "cross", "ln_2": "MLP"}
"""By the name of a block's norm, the branch that it belongs to."""

STAGES = ("before", "normalized", "× γ + β")


@dataclass(frozen=True, eq=False)
class NormAtWork:
    """One norm of a model on one prompt.

    Fields:
        norm_name: its name, GPT-2's: "h.0.ln_1", "ln_f".
        kind: "layer" or "batch".
        epsilon: what is added to the variance.
        before: (T, C) what it read.
        normalized: (T, C) the same with mean and spread removed: LayerNorm removes those of each
            row, batch normalization outside training each channel's running ones.
        after: (T, C) what it gave: × gain + bias.
        gain: (C,) as learned; bias: (C,), or None if the norm has none.
        first_gain, first_bias: (C,) those of a new norm.
    """

    norm_name: str
    kind: str
    epsilon: float
    before: np.ndarray
    normalized: np.ndarray
    after: np.ndarray
    gain: np.ndarray
    bias: np.ndarray | None
    first_gain: np.ndarray
    first_bias: np.ndarray | None

    def stages(self) -> dict[str, np.ndarray]:
        """The three states, (T, C) each, under the names that they have on screen."""
        return dict(zip(STAGES, (self.before, self.normalized, self.after), strict=True))


@dataclass(frozen=True, eq=False)
class Spreads:
    """How the numbers of several vectors are spread, over the same bins.

    Fields:
        edges: (n + 1,) of bins of equal width.
        counts: name to (n,) numbers in each.
    """

    edges: np.ndarray
    counts: dict[str, np.ndarray]


@dataclass(frozen=True, eq=False)
class WithoutNorms:
    """What a model says of a prompt as it is, and with every norm left out."""

    as_is: LossAndLogits
    without: LossAndLogits


def norm_names(model: GPT) -> list[str]:
    """The names of a model's norms, as a token meets them; those of an encoder come first."""
    names = [name for name, module in model.named_modules() if isinstance(module, Norm)]
    return sorted(names, key=lambda name: not name.startswith(OF_ENCODER))


@torch.no_grad()
def at_work(model: GPT, trace: Trace, norm_name: str) -> NormAtWork:
    """What one norm read and gave in a traced forward pass.

    Args:
        trace: of this model, its norms on.

    Raises:
        ConfigError: the model has no norm of this name.
    """
    if norm_name not in norm_names(model):
        known = ", ".join(norm_names(model)) or "none"
        raise ConfigError(f"this model has no norm {norm_name!r}; its norms are: {known}")
    ln: Norm = model.get_submodule(norm_name)  # type: ignore[assignment]
    before = what_it_read(model, trace, norm_name)
    first = new_norm(model.config)
    return NormAtWork(
        norm_name,
        model.config.norm_kind,
        ln.eps,
        before,
        _normalized(ln, before),
        _numbers(ln(torch.tensor(before).to(ln.weight))),
        _numbers(ln.weight),
        None if ln.bias is None else _numbers(ln.bias),
        _numbers(first.weight),
        None if first.bias is None else _numbers(first.bias),
    )


@torch.no_grad()
def what_it_read(model: GPT, trace: Trace, norm_name: str) -> np.ndarray:
    """(T, C): the numbers that a norm was given, out of the trace; (S, C) of an encoder's.

    A norm before a branch reads the residual stream; one after an addition reads the sum.
    """
    site = trace.encoder if norm_name.startswith(OF_ENCODER) else trace
    norm_name = norm_name.removeprefix(OF_ENCODER)
    if norm_name == "ln_e":
        return site.token_embedding + site.position_embedding
    if norm_name == "ln_f":
        return site.residual[-1]
    if norm_name == "transform.ln":
        return _transformed(model, site.residual[-1])
    _, number, name = norm_name.split(".")
    layer, branch = int(number), BRANCHES[name]
    stream = site.residual[state_after(site.config, layer, branch) - 1]
    if model.config.norm == "pre":
        return stream
    outs = {"attention": site.attention_out, "MLP": site.mlp_out}
    out = (trace.cross.attention_out if branch == "cross" else outs[branch])[layer]
    return stream + out if model.config.skip else out


def row_moments(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """(T, C) to the mean and the deviation (divided by N) of each row, (T,) each."""
    wide = rows.astype(np.float64)
    return wide.mean(-1), wide.std(-1)


def spreads(vectors: Mapping[str, np.ndarray]) -> Spreads:
    """Histograms of vectors over common bins, from the least of all their numbers to the most."""
    finite = {name: vector[np.isfinite(vector)] for name, vector in vectors.items()}
    everything = np.concatenate([*finite.values()]).astype(np.float64)
    edges = np.histogram_bin_edges(everything, BINS)
    return Spreads(edges, {name: np.histogram(v, edges)[0] for name, v in finite.items()})


def without_norms(
    model: GPT, ids: Sequence[int], source: Sequence[int] | None = None
) -> WithoutNorms:
    """Read a prompt twice: as the model was trained, and with every norm left out.

    Args:
        source: the ids that the encoder of a model of two texts reads.
    """
    batch = np.asarray(ids)[None]
    off = dict.fromkeys(model.sites, Switches(norm_off=True))
    as_is = read(model, batch, source=source)
    return WithoutNorms(as_is, read(model, batch, off, source))


def _normalized(ln: Norm, before: np.ndarray) -> np.ndarray:
    if not isinstance(ln, BatchNorm):
        return standardize(before, axis=1, epsilon=ln.eps)
    spread = np.sqrt(_numbers(ln.running_var).astype(np.float64) + ln.eps)
    even: np.ndarray = ((before - _numbers(ln.running_mean)) / spread).astype(before.dtype)
    return even


def _transformed(model: GPT, last: np.ndarray) -> np.ndarray:
    """What BERT's last layer hands its norm."""
    assert model.transform is not None
    fc = model.transform.fc
    return _numbers(activate(fc(torch.tensor(last).to(fc.weight)), model.config.activation))


def _numbers(tensor: torch.Tensor) -> np.ndarray:
    return tensor.detach().float().cpu().numpy()
