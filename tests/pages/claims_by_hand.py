"""The claims of docs/claims.md whose numbers are computed anew: as the page has it, and by hand.

Each function takes the state that a claim's link stands for, and returns the number that the page
shows there and the same one by other means: numpy on the weights file, or a sum written out here.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import torch
from safetensors.numpy import load_file

from gpt.inspect.architecture.formula import terms
from gpt.inspect.architecture.known_sizes import KNOWN_SIZES
from gpt.inspect.sampling import Sampling
from gpt.inspect.tokens import embedding_tables
from gpt.training.ladder.bigram_start import table_loss
from pages.parts.embeddings import embedding_data, order_part
from pages.parts.embeddings.embedding_data import Stack
from pages.parts.generate import greedy_beside
from pages.parts.generate.sampling_settings import GenerateSettings
from pages.parts.head import side_by_side_heads, swapped_roles, value_map
from pages.parts.normalization import four_norms
from pages.parts.residual import contexts_part
from pages.parts.tensors import (
    context_length,
    corpus_menu,
    model_batch,
    rows_apart,
    trained_tokenizers,
    training_step,
)
from pages.parts.tensors.corpus_menu import ChosenCorpus
from pages.shared import folders, loads
from pages.shared.loads import Look
from tests.gpt import numpy_gpt

Numbers = tuple[Any, Any]
"""What the page shows, and the same by other means."""

SHAKESPEARE = folders.ROOT / "checkpoints" / "shakespeare"
ANALOGIES = ("woman man he she", "woman man father mother", "she he his her")
"""a − b + c, and what should come out."""
LECTURE_BATCH = [
    [24, 43, 58, 5, 57, 1, 46, 43, 39],
    [44, 53, 56, 1, 58, 46, 39, 58, 1],
    [52, 58, 1, 58, 46, 39, 58, 1, 46],
    [25, 17, 27, 10, 0, 21, 1, 54, 39],
]
"""The lecture's first batch as it prints it: 4 blocks of 8, and the token after each."""


@cache
def plays() -> ChosenCorpus:
    """The invented plays, as the page reads them."""
    return ChosenCorpus.of("Invented plays", corpus_menu.written("plays").text)


@cache
def shipped() -> tuple[dict[str, np.ndarray], Any, dict[str, int]]:
    """The shipped model's weights in float64, its architecture and its vocabulary."""
    return numpy_gpt.read_run(SHAKESPEARE)


def ids_of(text: str) -> list[int]:
    return [shipped()[2][char] for char in text]


def logits_of(ids: list[int], **changed: np.ndarray) -> np.ndarray:
    """(T, V) by numpy, with some of the weights changed."""
    weights, config, _ = shipped()
    return np.asarray(numpy_gpt.forward(weights | changed, config, ids)["logits"])


def loss_of(logits: np.ndarray, targets: Any) -> float:
    """The mean of ln Σ exp(z) − z of the targets, in nats."""
    places = np.asarray(targets)[..., None]
    logs = np.log(np.exp(logits).sum(-1)) - np.take_along_axis(logits, places, -1)[..., 0]
    return float(logs.mean())


def look(state: Any) -> Look:
    return Look(state.run, tuple(ids_of(state.prompt)))


def of_batch() -> model_batch.ModelBatch:
    read = model_batch.read(plays(), "shakespeare")
    assert read is not None
    return read


def shape(state: Any) -> tuple[int, int, int]:
    """B, T and the seed of a link's batch."""
    return state.B, state.T, state.draw


def greeting(state: Any) -> Numbers:
    tokenizer = trained_tokenizers.tokenizer("own", state.run, plays(), 512)
    characters = sorted(shipped()[2], key=shipped()[2].__getitem__)
    assert characters == sorted(set(characters)) and len(characters) == tokenizer.vocab_size == 65
    return tokenizer.encode(state.sample), [characters.index(char) for char in state.sample]


def other_rows(state: Any) -> Numbers:
    change = rows_apart.changed(of_batch(), *shape(state), state.row, state.position)
    return change.on_other_rows, 0.0


def first_rows_change(state: Any) -> Numbers:
    """The largest change of a logit in the changed row itself."""
    change = rows_apart.changed(of_batch(), *shape(state), state.row, state.position)
    ids = of_batch().batch(*shape(state)).x[state.row].tolist()
    changed = ids.copy()
    changed[state.position] = (ids[state.position] + 1) % 65
    return float(change.moved.max()), float(np.abs(logits_of(changed) - logits_of(ids)).max())


def one_step(state: Any) -> Numbers:
    batch = of_batch().batch(*shape(state))
    step = training_step.one_step(of_batch(), *shape(state), float(state.rate))
    logits = np.array([logits_of(row.tolist()) for row in batch.x])
    return step.loss, loss_of(logits.reshape(-1, 65), batch.y.reshape(-1))


def lecture_start(state: Any) -> Numbers:
    blocks = torch.tensor(LECTURE_BATCH)
    torch.manual_seed(1337)
    table = torch.nn.Embedding(65, 65).weight.detach().double().numpy()
    by_hand = loss_of(table[blocks[:, :-1].numpy()], blocks[:, 1:].numpy())
    return table_loss(blocks[:, :-1], blocks[:, 1:], 65, 1337), by_hand


def frozen(state: Any) -> Numbers:
    line = training_step.by_order(of_batch(), *shape(state))["backward, zero_grad, step"]
    return float(line[-1] - line[0]), 0.0


def swapped_loss(state: Any) -> Numbers:
    result = swapped_roles.swapped(look(state), (state.layer, state.head))
    weights, _, _ = shipped()
    exchanged = {
        name.replace("query", "…").replace("key", "query").replace("…", "key"): array
        for name, array in weights.items()
    }
    ids = ids_of(state.prompt)
    return result.all_heads, loss_of(logits_of(ids, **exchanged)[:-1], ids[1:])


def rank(state: Any) -> Numbers:
    path = value_map.of_head(look(state), (state.layer, state.head))
    weights, _, _ = shipped()
    down, up = weights["h.0.attn.value.weight"][:64].T, weights["h.0.attn.proj.weight"][:, :64].T
    return path.rank, int(np.linalg.matrix_rank((down @ up).astype(np.float32)))


def heads_together(state: Any) -> Numbers:
    return side_by_side_heads.of_layer(look(state), state.layer).difference, 0.0


def concatenated(state: Any) -> Numbers:
    """The first number of the last head's block, at the last token."""
    together = side_by_side_heads.of_layer(look(state), state.layer)
    weights, config, _ = shipped()
    stages = numpy_gpt.forward(weights, config, ids_of(state.prompt))
    return float(together.at_once[-1, 192]), float(stages["head_out"][state.layer][3][-1][0])


def turned_round(state: Any) -> Numbers:
    return order_part.in_both_orders(look(state))["no positions, no mask"].moved, 0.0


def without_positions(state: Any) -> Numbers:
    case = order_part.in_both_orders(look(state))["no positions"]
    ids = ids_of(state.prompt)
    zero = np.zeros_like(shipped()[0]["wpe.weight"])
    return case.loss, loss_of(logits_of(ids, **{"wpe.weight": zero})[:-1], ids[1:])


def last_cosine(state: Any) -> Numbers:
    one, other = ids_of(state.prompt), ids_of(state.other)
    traces = [loads.traced(Look(state.run, tuple(ids))) for ids in (one, other)]
    contexts = contexts_part.two_contexts(*traces, len(one) - 1)
    weights, config, _ = shipped()
    streams = [numpy_gpt.forward(weights, config, ids)["residual"][-1][-1] for ids in (one, other)]
    lengths = np.linalg.norm(streams[0]) * np.linalg.norm(streams[1])
    return float(contexts.cosines[-1]), float(streams[0] @ streams[1] / lengths)


def greedy(state: Any) -> Numbers:
    """The mean surprise of the first eight greedy tokens."""
    settings = GenerateSettings(Sampling(1.0, None, None), 1, "model", "model")
    ids, tokens = ids_of(state.prompt), greedy_beside.TOKENS
    greedy_beside.TOKENS = 8
    try:
        new, surprise = greedy_beside.written.__wrapped__(state.run, 0, tuple(ids), settings, True)
    finally:
        greedy_beside.TOKENS = tokens
    surprises = []
    for id in new:
        logits = logits_of(ids)[-1]
        assert id == logits.argmax()
        surprises.append(loss_of(logits[None], [id]))
        ids = [*ids, id]
    return surprise, float(np.mean(surprises))


def by_context(state: Any) -> Numbers:
    """The mean loss with 1 token to read, and that with all 64 of four blocks."""
    text = corpus_menu.own_text(state.run)
    assert text is not None
    of = model_batch.read(ChosenCorpus.of("copy", text.text), state.run)
    assert of is not None
    losses = context_length.by_context(of, state.draw)
    batch = of.held_out(*losses.losses.shape, state.draw)
    weights, config, _ = numpy_gpt.read_run(folders.ROOT / "checkpoints" / state.run)

    def last(ids: list[int]) -> np.ndarray:
        return np.asarray(numpy_gpt.forward(weights, config, ids)["logits"][-1])

    of_token = np.array([last([id]) for id in range(config.vocab_size)])
    first = loss_of(of_token[batch.x[:, 0]], batch.y[:, 0])
    whole = loss_of(np.array([last(row.tolist()) for row in batch.x[:4]]), batch.y[:4, -1])
    page = [losses.mean[0], losses.losses[:4, -1].mean()]
    return [float(each) for each in page], [first, whole]


def norm_means(state: Any) -> Numbers:
    kinds = four_norms.norm_kinds(four_norms.block(1), 2)
    B, T, C = four_norms.B, four_norms.T, four_norms.C
    return [kind.means for kind in kinds.values()], [B * T, C, B * C, B * 2]


def gpt2(state: Any) -> Numbers:
    C, V, T, L = 768, 50_257, 1024, 12
    by_hand = L * (12 * C * C + 13 * C) + V * C + T * C + 2 * C
    return sum(term.count for term in terms(KNOWN_SIZES[1].config)), by_hand


def gpt3(state: Any) -> Numbers:
    C, V, T, L = 12_288, 50_257, 2048, 96
    by_hand = L * (12 * C * C + 13 * C) + V * C + T * C + 2 * C
    return sum(term.count for term in terms(KNOWN_SIZES[-1].config)), by_hand


def analogies(state: Any) -> Numbers:
    """The first answer's cosine with a − b + c, then each answer's rank among all other tokens."""
    stack = Stack(state.run)
    tokenizer, V = stack.tokenizer, len(embedding_data.vocabulary(stack).pieces)
    words = {piece: id for id, piece in enumerate(tokenizer.pieces(range(V)))}
    asked = [[words[f" {word}"] for word in row.split()] for row in ANALOGIES]
    assert (state.a, state.b, state.c) == tuple(asked[0][:3])
    rows = embedding_data.table(stack, state.table, "trained")
    ranked = [embedding_tables.analogy(rows, a, b, c, V) for a, b, c, _ in asked]
    places = [each.ids.tolist().index(row[3]) + 1 for each, row in zip(ranked, asked, strict=True)]
    file = load_file(folders.ROOT / "checkpoints" / state.run / "model.safetensors")
    by_hand = [_of_answer(file["wte.weight"].astype(float), *row) for row in asked]
    return (
        [float(ranked[0].cosines[places[0] - 1]), *places],
        [by_hand[0][0], *(rank for _, rank in by_hand)],
    )


def _of_answer(table: np.ndarray, a: int, b: int, c: int, answer: int) -> tuple[float, int]:
    target = table[a] - table[b] + table[c]
    cosines = table @ target / np.linalg.norm(table, axis=1) / np.linalg.norm(target)
    others = np.delete(np.arange(len(table)), [a, b, c])
    return float(cosines[answer]), int((cosines[others] > cosines[answer]).sum()) + 1


BY_HAND: dict[str, Callable[[Any], Numbers]] = {
    "1": greeting,
    "5": other_rows,
    "6": one_step,
    "7": lecture_start,
    "9": frozen,
    "13": swapped_loss,
    "14": first_rows_change,
    "15": turned_round,
    "26": gpt2,
    "27": concatenated,
    "28": analogies,
    "29": last_cosine,
    "33": greedy,
    "heads batched": heads_together,
    "context length": by_context,
    "norms": norm_means,
    "scale": gpt3,
    "value path": rank,
    "positions off": without_positions,
}
"""By the claim's name in the table."""
