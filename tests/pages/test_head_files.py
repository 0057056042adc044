"""What *Inside a head* offers to take away."""

from __future__ import annotations

import numpy as np

from pages.parts.head.head_matrices import inside
from pages.parts.head.save_head import _arrays, _figures
from pages.shared.loads import Look, checkpoint

HEAD, CELL = (1, 2), (3, 1)


def look() -> Look:
    return Look("shakespeare", tuple(checkpoint("shakespeare").tokenizer.encode("To be")))


def test_every_array_of_the_head_and_the_cell() -> None:
    arrays, matrices = _arrays(look(), HEAD, CELL), inside(look(), HEAD)
    assert set(matrices.arrays()) < set(arrays)
    np.testing.assert_allclose(arrays["cell_products"].sum(), arrays["scores"][CELL], atol=1e-4)
    np.testing.assert_allclose(
        arrays["cell_look"], matrices.weights[CELL] * matrices.values[1], rtol=1e-6
    )
    assert arrays["cell_exps"].shape == (5,) and arrays["cell_added"].shape == (256,)


def test_every_picture_is_of_this_head() -> None:
    figures = {title: make() for title, make in _figures(look(), HEAD, CELL).items()}
    matrices = inside(look(), HEAD)
    assert list(figures) == [
        "Stages", "Weights", "Products of the cell", "Queries and keys", "Added to the logits",
    ]  # fmt: skip
    stage = next(trace for trace in figures["Stages"].data if trace.meta == "queries")
    np.testing.assert_allclose(np.asarray(stage.z, dtype=float), matrices.queries, rtol=1e-6)
    bars = figures["Products of the cell"].data[0].y
    np.testing.assert_allclose(sum(bars), matrices.scores[CELL], atol=1e-4)
    assert len(figures["Added to the logits"].data[0].x) == 10
