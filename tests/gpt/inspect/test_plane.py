"""Planes: PCA by hand and against scikit-learn's; t-SNE keeps groups together, the same twice."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.decomposition import PCA
from sklearn.manifold import trustworthiness

import gpt
from gpt.errors import ConfigError
from gpt.inspect.plane import pca, perplexity, tsne
from gpt.inspect.tokens.embedding_tables import tables

ROOT = Path(__file__).parents[3]
# Four points on a cross around (10, 20, 30): 8 along the second channel, 2 along the third.
CROSS = np.array([[10, 24, 30], [10, 16, 30], [10, 20, 31], [10, 20, 29]], dtype=np.float32)
CLOUD = np.random.default_rng(5).normal(size=(13, 7)) * np.arange(1, 8)


def test_pca_by_hand() -> None:
    plane = pca(CROSS, 2)
    np.testing.assert_allclose(plane.mean, [10, 20, 30])
    np.testing.assert_allclose(plane.axes, [[0, 1, 0], [0, 0, 1]], atol=1e-9)
    np.testing.assert_allclose(plane.share, [32 / 34, 2 / 34])
    np.testing.assert_allclose(plane.project(CROSS), [[4, 0], [-4, 0], [0, 1], [0, -1]], atol=1e-9)


@pytest.mark.parametrize("n", [2, 3])
def test_pca_is_that_of_a_peer(n: int) -> None:
    plane, peer = pca(CLOUD, n), PCA(n).fit(CLOUD)
    np.testing.assert_allclose(plane.share, peer.explained_variance_ratio_)
    same_way = np.sign((plane.axes * peer.components_).sum(axis=1))
    np.testing.assert_allclose(plane.axes, peer.components_ * same_way[:, None], atol=1e-10)
    np.testing.assert_allclose(plane.project(CLOUD), peer.transform(CLOUD) * same_way, atol=1e-9)
    assert (plane.axes[np.arange(n), np.abs(plane.axes).argmax(axis=1)] > 0).all()


def test_the_share_of_other_points_is_their_own() -> None:
    plane = pca(CLOUD, 2)
    np.testing.assert_allclose(plane.share_of(CLOUD), plane.share)
    along = plane.mean + np.outer([-1, 0, 3], plane.axes[1])
    np.testing.assert_allclose(plane.share_of(along), [0, 1], atol=1e-12)
    assert plane.share_of(np.ones((3, 7))).tolist() == [0, 0]


def test_points_that_are_all_the_same_have_no_variance_to_share() -> None:
    assert pca(np.ones((4, 3)), 2).share.tolist() == [0, 0]


@pytest.mark.parametrize("count, expected", [(4, 1.0), (27, 26 / 3), (91, 30.0), (50_257, 30.0)])
def test_perplexity_suits_the_count(count: int, expected: float) -> None:
    assert perplexity(count) == expected


@pytest.mark.parametrize("n", [2, 3])
def test_tsne_keeps_groups_together_and_is_repeatable(n: int) -> None:
    rng = np.random.default_rng(1)
    centres = np.repeat(np.eye(5)[:2] * 50, 12, axis=0)
    points = centres + rng.normal(size=centres.shape)
    placed = tsne(points, n)
    assert placed.shape == (24, n)
    distances = np.linalg.norm(placed[:, None] - placed, axis=-1) + np.diag([np.inf] * 24)
    assert (distances.argmin(axis=1) // 12 == np.arange(24) // 12).all()
    np.testing.assert_array_equal(tsne(points, n), placed)


@pytest.mark.parametrize("n", [2, 3])
def test_tsne_of_a_characters_table_keeps_neighbours(n: int) -> None:
    """With the library's own step size, 50, trust in three dimensions was 0.67."""
    table = tables(gpt.load(ROOT / "checkpoints" / "shakespeare").model).token
    assert trustworthiness(table, tsne(table, n), n_neighbors=5) > 0.78


def test_tsne_of_few_points_and_few_channels() -> None:
    assert tsne(CROSS, 2).shape == (4, 2)
    assert np.isfinite(tsne(CLOUD[:5], 3)).all()


@pytest.mark.parametrize("place", [pca, tsne])
def test_what_cannot_be_drawn_is_refused(place: object) -> None:
    assert callable(place)
    with pytest.raises(ConfigError, match="2 points of 3 channels cannot be drawn in 2 dim"):
        place(CROSS[:2], 2)
    with pytest.raises(ConfigError, match="4 points of 2 channels cannot be drawn in 3 dim"):
        place(CROSS[:, :2], 3)
    with pytest.raises(ConfigError, match="not finite"):
        place(np.full((5, 5), np.nan), 2)


def test_the_library_is_imported_when_needed_only() -> None:
    code = "import gpt.inspect.plane, sys; sys.exit('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT).returncode == 0
