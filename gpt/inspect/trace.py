"""trace: one forward pass, fully observed.

The logits come out of the very weights that the trace holds. Big stages that follow from smaller
ones (`scores` from `queries` and `keys`, the logits of a large vocabulary) are computed when first
asked for. So are the weights if those of all heads are large, by the function that the pass itself
computed them with.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import cached_property
from typing import Protocol, cast

import numpy as np
import torch

from gpt.errors import PromptError, SwitchError
from gpt.inspect.ids import token_ids
from gpt.inspect.large import LargeRecorder
from gpt.inspect.maps import WHOLE, is_large
from gpt.inspect.one_memory import OneMemory
from gpt.inspect.sampling import softmax
from gpt.inspect.site import AttentionSite, Observed, StreamSite, Unchanged, is_small
from gpt.inspect.stage_recorder import SiteRecorders, StageRecorder
from gpt.nn.attention import Attention
from gpt.nn.classifier import Classifier
from gpt.nn.config import GPTConfig
from gpt.nn.switches import DEFAULT, Switches, by_site, main_site, resolve


class Traceable(Protocol):
    """What a model has to offer so that `trace` can observe it.

    Attributes:
        sites: by name ("decoder", "encoder", "cross"), the attention of each layer.
        read: ids (B, T), switches and a recorder to (B, T, C), which `lm_head` makes logits of, or
            `classify` in a classifier. A model of two texts also takes `source`, ids (B, S); it
            gets its switches by site, and records each site with `recorder.site(name)`.
    """

    @property
    def config(self) -> GPTConfig: ...
    @property
    def sites(self) -> Mapping[str, Sequence[Attention]]: ...
    @property
    def read(self) -> Callable[..., torch.Tensor]: ...
    @property
    def lm_head(self) -> Callable[[torch.Tensor], torch.Tensor]: ...


class Trace(StreamSite):
    """Every stage of one forward pass, as numpy float32.

    A trace is the attention site that its logits come from, which is a decoder's only one; so
    `t.weights` is `t.decoder.weights`. See `AttentionSite` and `StreamSite` for those stages.

    Attributes:
        sites: the names of all attention sites; each is an attribute too: `t.cross.weights`.
        ids: (T,) the tokens that were read.
        logits: (T, V); probs: (T, V), their softmax. A classifier has none.
        class_logits: (K,) of a classifier's labels; class_probs: (K,), their softmax.
    """

    def __init__(
        self,
        observed: Observed,
        others: Mapping[str, AttentionSite],
        model: Traceable,
        last: torch.Tensor,
    ) -> None:
        super().__init__(observed)
        self.sites, self._others = tuple(model.sites), others
        self._model, self._last = model, last[0].detach()
        if self.config.is_classifier:
            self.class_logits = self._class_logits()
        elif is_small(len(self.ids) * self.config.vocab_size):
            self.logits = self._logits(self._last)

    @property
    def ids(self) -> np.ndarray:
        """(T,) the tokens that were read."""
        return self.query_tokens

    def site(self, name: str) -> AttentionSite:
        """An attention site by its name.

        Raises:
            SwitchError: the model has no such site.
        """
        if name == self.name:
            return self
        if name not in self._others:
            raise SwitchError(
                f"this model has no attention site {name!r}; its sites are {', '.join(self.sites)}"
            )
        return self._others[name]

    def make_read_only(self) -> None:
        super().make_read_only()
        for site in self._others.values():
            site.make_read_only()

    @property
    def decoder(self) -> StreamSite:
        """The decoder's self-attention."""
        return cast(StreamSite, self.site("decoder"))

    @property
    def encoder(self) -> StreamSite:
        """The encoder's self-attention."""
        return cast(StreamSite, self.site("encoder"))

    @property
    def cross(self) -> AttentionSite:
        """The cross-attention: queries from the decoder, keys and values from the encoder."""
        return self.site("cross")

    @cached_property
    def logits(self) -> np.ndarray:
        """(T, V), by the model's output embedding, which for GPT-2 takes as long as five layers."""
        self._unchanged.check()
        return self._logits(self._last)

    @cached_property
    def class_logits(self) -> np.ndarray:
        """(K,): how much the model is for each label, before the softmax."""
        raise PromptError("this model gives the logits of tokens (logits), not of labels")

    @property
    def class_probs(self) -> np.ndarray:
        """(K,): softmax of the class logits."""
        return softmax(self.class_logits)

    @torch.no_grad()
    def _class_logits(self) -> np.ndarray:
        """(K,): of a text without padding."""
        classify = cast(Classifier, self._model).classify
        return classify(self._last[None])[0].float().cpu().numpy()

    def logits_at(self, positions: int | slice) -> np.ndarray:
        """(V,) of one position or (n, V) of several; of a long text, only these are computed."""
        few = len(self.ids) * self.config.vocab_size <= WHOLE
        if "logits" in vars(self) or (few and not isinstance(positions, int)):
            return np.asarray(self.logits[positions])
        self._unchanged.check()
        return self._logits(self._last[positions])

    @torch.no_grad()
    def _logits(self, last: torch.Tensor) -> np.ndarray:
        if self.config.is_classifier:
            raise PromptError(
                "a classifier gives the logits of labels (class_logits), not of next tokens"
            )
        logits = self._model.lm_head(last).float().cpu().numpy()
        logits.flags.writeable = False
        return logits

    @cached_property
    def probs(self) -> np.ndarray:
        """(T, V): softmax of the logits."""
        return softmax(self.logits)


@torch.no_grad()
def trace(
    model: Traceable,
    ids: Sequence[int],
    switches: Switches | Mapping[str, Switches] = DEFAULT,
    source: Sequence[int] | None = None,
) -> Trace:
    """Run a model once on a prompt and keep every number.

    Args:
        model: put into evaluation mode if it is not.
        ids: the prompt, 1 to `block_size` token ids.
        switches: changes to the forward pass; for a model with several attention sites by name,
            bare ones being the decoder's.
        source: the ids that the encoder of a model of two texts reads.

    Raises:
        PromptError: no token, too many, values that are no ids, or one outside the vocabulary; a
            source for a model of one text, or none for a model of two.
        SwitchError: switches that do not fit this model or prompt.
    """
    module = cast(torch.nn.Module, model)
    if module.training:
        module.eval()
    tokens = _tokens(model, ids, source)
    chosen = by_site(switches, model.sites)
    recorders = {name: _recorder(model, name, *tokens[name]) for name in model.sites}
    last = _read(model, tokens, chosen, recorders, next(module.parameters()).device)
    unchanged = Unchanged(module)
    observed = {
        name: Observed(
            name=name,
            attentions=attentions,
            config=_config_of(model, name),
            query_tokens=tokens[name][0],
            key_tokens=tokens[name][1],
            switches=chosen[name],
            rule=recorders[name].rule
            or resolve(chosen[name], model.config, len(tokens[name][0])),  # without layers
            recorder=recorders[name],
            unchanged=unchanged,
        )
        for name, attentions in model.sites.items()
    }
    main = observed.pop(main_site(model.sites))
    kinds = {"cross": AttentionSite}
    others = {name: kinds.get(name, StreamSite)(of) for name, of in observed.items()}
    return Trace(main, others, model, last)


def _config_of(model: Traceable, site: str) -> GPTConfig:
    """The config of the stack that a site belongs to."""
    return model.config.encoder if site == "encoder" and "cross" in model.sites else model.config


Tokens = dict[str, tuple[np.ndarray, np.ndarray]]
"""By site, the ids of its queries, (T,), and of its keys, (S,)."""


def _tokens(model: Traceable, ids: Sequence[int], source: Sequence[int] | None) -> Tokens:
    prompt = _checked(ids, "the prompt is empty; type at least one character")
    if "cross" not in model.sites:
        if source is not None:
            raise PromptError("this model reads one text; leave the source out")
        return {name: (prompt, prompt) for name in model.sites}
    if source is None:
        raise PromptError("this model reads two texts; give the source too")
    other = _checked(source, "the source is empty; type at least one character")
    every = {"decoder": (prompt, prompt), "encoder": (other, other), "cross": (prompt, other)}
    return {name: every[name] for name in model.sites}


def _checked(ids: Sequence[int], if_empty: str) -> np.ndarray:
    checked = token_ids(ids)
    if not checked:
        raise PromptError(if_empty)
    return np.asarray(checked)


def _recorder(model: Traceable, name: str, queries: np.ndarray, keys: np.ndarray) -> StageRecorder:
    attentions, T, S = model.sites[name], len(queries), len(keys)
    H = attentions[0].n_head if attentions else 0
    L, branches = len(attentions), 3 if name == "decoder" and "cross" in model.sites else 2
    states = 0 if name == "cross" else branches * L + 1
    if is_large(L, H, T, S):
        return LargeRecorder(L, states, T, S)
    C = model.config.n_embd
    stages = L * ((4 * T + 3 * S) * C + H * T * S)  # of `site.AttentionSite`, and what MLPs give
    return StageRecorder(L, states, OneMemory(stages + states * T * C))


def _read(
    model: Traceable,
    tokens: Tokens,
    chosen: Mapping[str, Switches],
    recorders: Mapping[str, StageRecorder],
    device: torch.device,
) -> torch.Tensor:
    """(1, T, C): one forward pass, recorded."""
    main = main_site(model.sites)
    batch = torch.as_tensor(tokens[main][0], device=device)[None]
    if len(recorders) == 1:
        return model.read(batch, chosen[main], recorders[main])
    source = torch.as_tensor(tokens["cross"][1], device=device)[None]
    return model.read(batch, chosen, SiteRecorders(recorders), source=source)
