"""Where one head looks, by the token and the weight; and which layer says first what comes next."""

from __future__ import annotations

from gpt.errors import PromptError
from gpt.inspect.measures.reading import Measured, Reading
from gpt.inspect.stream.logit_lens import logit_lens
from gpt.nn.switches import Switches


def strongest_key(
    reading: Reading, query: int = -1, mask: str = "model", scale: str = "model"
) -> Measured:
    """The place of the token that the head looks at most, from one query.

    Args:
        query: its place in the text; below 0, from the end.
        mask, scale: of the pass.

    Raises:
        PromptError: the text has no such place.
    """
    (layer, head), T = reading.one_head(), len(reading.ids)
    if not -T <= query < T:
        raise PromptError(f"the text has {T} tokens, and so no place {query}")
    site = reading.attention(Switches(mask=mask, scale=scale))
    weights = site.weights[layer, head][query]
    key = int(weights.argmax())
    return Measured(key, _numbers(reading, query % T, key, float(weights[key])))


def cell_weight(
    reading: Reading, query: int, key: int, mask: str = "model", scale: str = "model"
) -> Measured:
    """The weight that the head has in one cell of its map.

    Args:
        query, key: the cell.
        mask, scale: of the pass.

    Raises:
        PromptError: the map has no such cell.
    """
    layer, head = reading.one_head()
    weights = reading.attention(Switches(mask=mask, scale=scale)).weights[layer, head]
    check_cell(weights.shape, query, key)
    weight = float(weights[query, key])
    return Measured(weight, _numbers(reading, query, key, weight))


def _numbers(reading: Reading, query: int, key: int, weight: float) -> dict[str, float | str]:
    """The cell that is spoken of, with its weight now and in the model as it is."""
    layer, head = reading.one_head()
    return {
        "query": query,
        "query_token": reading.token(query),
        "key": key,
        "key_token": reading.key_token(key),
        "weight": weight,
        "before": float(reading.attention().weights[layer, head][query, key]),
        "layer": layer,
        "head": head,
    }


def check_cell(shape: tuple[int, ...], query: int, key: int) -> None:
    """Check that a map of T queries and S keys has a cell.

    Raises:
        PromptError: it does not.
    """
    T, S = shape
    if not (0 <= query < T and 0 <= key < S):
        raise PromptError(f"the map has {T} × {S} cells, and so none in row {query}, column {key}")


def settled_layer(reading: Reading) -> Measured:
    """The number of layers after which the model's likeliest next token stays, by the logit lens.

    0: the embedding says it already. Only states after a whole layer count.
    """
    trace = reading.trace()
    T, step = len(reading.ids), 3 if "cross" in trace.sites else 2
    states = range(0, len(trace.residual), step)
    lens = logit_lens(reading.checkpoint.model, trace, states, range(T - 1, T))
    likeliest = lens.top_ids[:, 0, 0].tolist()
    last = likeliest[-1]
    differing = [layers for layers, token in enumerate(likeliest) if token != last]
    settled = differing[-1] + 1 if differing else 0
    pieces = reading.checkpoint.tokenizer.pieces
    numbers: dict[str, float | str] = {
        "layers": settled,
        "L": len(states) - 1,
        "token": pieces([last])[0],
        "first_token": pieces([likeliest[0]])[0],
        "prob": float(lens.top_probs[-1, 0, 0]),
    }
    return Measured(settled, numbers)
