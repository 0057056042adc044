"""All heads of a layer at once: the lecture's list of heads against one batched product.

The lecture runs H small heads one after the other and sets their outputs side by side; GPT-2 and
this model cut one (C, C) product into H parts and multiply all of them in one call. Both are the
same sums. The output projection then mixes the parts, which is the same as adding up what each head
contributes. Source: lecture, 1:21:59, and nanoGPT's CausalSelfAttention.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch

from gpt.inspect.site import AttentionSite
from gpt.inspect.trace import Traceable
from gpt.nn.attention import attention_weights, take


@dataclass(frozen=True, eq=False)
class HeadsTogether:
    """What the heads of one layer say, one by one and all at once.

    Fields:
        one_by_one: (T, C), each head computed by itself, their outputs side by side.
        at_once: (T, C), the same in one batched product.
        added: (T, C), what the heads contribute through their slices of the output projection,
            added up, with its bias.
        difference: the largest |difference| of the first two.
        from_model: the largest |difference| of `added` from what the layer gave.
        D: head size: the channels of each head.
    """

    one_by_one: np.ndarray
    at_once: np.ndarray
    added: np.ndarray
    difference: float
    from_model: float
    D: int


@torch.no_grad()
def heads_together(model: Traceable, site: AttentionSite, layer: int) -> HeadsTogether:
    """Compute one layer's heads both ways from what the layer read, in float64.

    Queries and keys are taken as the site used them, after query/key norm and rotation; values are
    computed from the states.
    """
    attention = model.sites[site.name][layer]
    _, H, _, D = site.queries.shape
    q, k = (torch.tensor(of[layer], dtype=torch.float64) for of in (site.queries, site.keys))
    states = torch.tensor(site.keys_in[layer], dtype=torch.float64)  # (S, C)
    weight = attention.value.weight.double().cpu()  # (C, C)
    bias = None if attention.value.bias is None else attention.value.bias.double().cpu()
    mask, settings = torch.tensor(site.visible), (float(site.scale), site.switches.temperature)
    parts = []
    for head in range(H):
        rows = slice(head * D, (head + 1) * D)
        values = states @ weight[rows].T  # (S, C) @ (C, D) -> (S, D)
        values = values if bias is None else values + bias[rows]
        parts.append(take(attention_weights(q[head], k[head], mask, *settings), values))
    one_by_one = torch.cat(parts, dim=-1)  # H × (T, D) -> (T, C)
    values = attention.by_head(torch.nn.functional.linear(states, weight, bias)[None])
    heads = take(attention_weights(q[None], k[None], mask, *settings), values)  # (1, H, T, D)
    at_once = heads.transpose(1, 2).flatten(2)[0]  # (1, H, T, D) -> (1, T, H, D) -> (T, C)
    added = site.attention_bias[layer].astype(np.float64)
    for head in range(H):
        projection = attention.head_slice(head).double().cpu().numpy()  # (D, C)
        added = added + site.head_out[layer, head].astype(np.float64) @ projection
    return HeadsTogether(
        one_by_one.numpy(),
        at_once.numpy(),
        added,
        float((one_by_one - at_once).abs().max()),
        float(np.abs(added - site.attention_out[layer]).max()),
        D,
    )
