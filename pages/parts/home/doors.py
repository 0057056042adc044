"""Doors: where each box of the whole model leads, with the run, its texts and the attention site.

The picture is of the model as it was trained, so a link says that too: else a mask that was chosen
on another page would come back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from gpt.nn.config import GPTConfig
from pages.shared.prompt_bar import Prompt
from viz.views.whole.whole_payload import Door

AS_TRAINED = {"mask": "model", "scale": "model"}
PAGES = {
    **{name: name for name in ("attention", "head", "residual", "embeddings", "normalization")},
    **{name: name for name in ("generate", "encoder", "translation", "model")},
}
"""By address, the files of the pages that a door can lead to."""


@dataclass(frozen=True)
class Doors:
    """The doors of one prompt's picture."""

    prompt: Prompt

    @property
    def config(self) -> GPTConfig:
        """The model's."""
        return self.prompt.checkpoint.config

    def attention(self, site: str) -> Door:
        """To all heads; the link gets a layer."""
        query = self._query(AS_TRAINED | self._site(site))
        return Door("attention", query, head_parameters=("layer",))

    def every_layer(self, site: str) -> Door:
        """To all heads, whichever layer is chosen there."""
        return replace(self.attention(site), head_parameters=())

    def head(self, site: str) -> Door:
        """To the inside of one head; the link gets a layer, a head and the query."""
        query = self._query(AS_TRAINED | self._site(site))
        return Door("head", query, "query", ("layer", "head"))

    def lengths(self, site: str) -> Door:
        """To the lengths that the picture is drawn with, at one token."""
        chosen = {"part": "Norms", "norm_of": "one position"}
        return Door("residual", self._query(AS_TRAINED | self._site(site) | chosen), "position")

    def embeddings(self, part: str, **more: str) -> Door:
        """To a part of *Embeddings*."""
        token = "position" if part == "Token + position" else ""
        return Door("embeddings", self._query({"part": part, **more}), token)

    def norm(self, name: str) -> Door:
        """To a norm at work."""
        chosen = {"show": "in this model", "norm": name}
        return Door("normalization", self._query(chosen), "position")

    def parameters(self, part: str) -> Door:
        """To the numbers of a part of the model."""
        return Door("model", {"run": self.prompt.run, "part": part})

    def output(self) -> Door:
        """To the table that makes logits of states."""
        if self.config.is_classifier:
            return self.parameters("class_head")
        is_token = self.config.tie_weights or not self.config.n_layer
        return self.embeddings("Tokens", table="token" if is_token else "output")

    def outcome(self) -> Door:
        """To the page that is about what the model says."""
        if self.config.is_classifier:
            return Door("encoder", self._query({}))
        if self.config.kind == "encoder-decoder":
            query = self._query({})
            return Door("translation", {name: query[name] for name in query if name != "prompt"})
        if self.config.kind == "encoder":
            lens = AS_TRAINED | {"part": "Logit lens"}
            return Door("residual", self._query(lens), "position")
        return Door("generate", self._query(AS_TRAINED))

    def _query(self, chosen: Mapping[str, str]) -> dict[str, str]:
        return self.prompt.query | dict(chosen)

    def _site(self, site: str) -> dict[str, str]:
        """Only a model of several sites has a choice."""
        return {"site": site} if len(self.prompt.checkpoint.model.sites) > 1 else {}
