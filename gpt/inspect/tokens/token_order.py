"""Does order matter? The tokens before the last are turned round, with positions and without.

Attention has no notion of space: a query takes a weighted mean over a set of keys. Without
positions and without a mask a model cannot tell one order from another. A causal mask lets a
little through, since a token that stood earlier saw fewer others. Source: lecture, 1:00:18 and
1:11:38.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from gpt.errors import PromptError
from gpt.inspect.trace import trace
from gpt.nn.loss import cross_entropy
from gpt.nn.model import GPT
from gpt.nn.switches import Switches

CASES = {
    "as trained": Switches(),
    "no positions": Switches(positions_off=True),
    "no mask": Switches(mask="none"),
    "no positions, no mask": Switches(positions_off=True, mask="none"),
}


@dataclass(frozen=True, eq=False)
class OrderCase:
    """The last token's prediction under one case, in both orders.

    Fields:
        before, after: (V,) logits after the prompt, and after it with all but the last reversed.
        loss: mean loss on the prompt in nats, in its own order.
    """

    before: np.ndarray
    after: np.ndarray
    loss: float

    @property
    def moved(self) -> float:
        """The largest |change| of a logit."""
        return float(np.abs(self.after - self.before).max())

    @property
    def likeliest(self) -> tuple[int, int]:
        """The likeliest next token in both orders."""
        return int(self.before.argmax()), int(self.after.argmax())


def token_order(model: GPT, ids: Sequence[int]) -> dict[str, OrderCase]:
    """Read a prompt in both orders under each of `CASES`.

    Raises:
        PromptError: fewer than three tokens, of which there is no other order.
    """
    if len(ids) < 3:
        raise PromptError(
            f"the prompt has {len(ids)} tokens; two before the last one can be turned round"
        )
    turned = [*reversed(ids[:-1]), ids[-1]]
    return {name: _case(model, ids, turned, switches) for name, switches in CASES.items()}


def _case(model: GPT, ids: Sequence[int], turned: Sequence[int], switches: Switches) -> OrderCase:
    before, after = (trace(model, order, switches) for order in (ids, turned))
    predicted, targets = torch.tensor(before.logits[:-1]), torch.tensor(before.ids[1:])
    loss = cross_entropy(predicted[None], targets[None]).item()
    return OrderCase(before.logits_at(-1), after.logits_at(-1), loss)
