"""The analyses of attention on maps of T queries and S keys, by hand or by an invariant."""

from __future__ import annotations

import numpy as np
import pytest

import gpt
from gpt.errors import ConfigError, PromptError, SwitchError
from gpt.inspect.heads.edits import Edit, edit_layer
from gpt.inspect.heads.head_entropy import entropy
from gpt.inspect.heads.patterns import patterns
from gpt.inspect.heads.rollout import carried, head_average, head_mean, rollout
from gpt.inspect.heads.softmax_sharpness import score_variance, top_weight
from gpt.inspect.one_head.matrices import one_head
from gpt.inspect.one_head.one_cell import story, strongest_key
from gpt.inspect.one_head.query_key_plane import qk_plane
from gpt.inspect.site import AttentionSite
from gpt.inspect.trace_difference import common_limit, difference
from gpt.nn.switches import Switches
from tests.close import close
from tests.gpt.two_texts import C, D, H, L, S, T, numpy_forward, source_ids, target_ids, two_texts

PADDING = 5


def cross(switches: Switches | None = None, padding: int = PADDING) -> AttentionSite:
    chosen = {"cross": switches or Switches()}
    return gpt.trace(two_texts(), target_ids(), chosen, source=source_ids(padding=padding)).cross


def expected() -> dict[str, np.ndarray]:
    return numpy_forward(two_texts(), target_ids(), source_ids(padding=PADDING))["cross"]


def test_entropies_and_top_weights_are_those_of_the_rows() -> None:
    site, weights = cross(), expected()["weights"]
    logs = np.log(np.where(weights > 0, weights, 1))
    assert site.row_entropy == close(-(weights * logs).sum(-1))
    assert entropy(site.maps("weights")) == close(-(weights * logs).sum(-1).mean(-1))
    assert site.row_top == close(weights.max(-1))
    assert top_weight(site.row_top) == close(weights.max(-1).mean(-1))


def test_the_variance_of_scores_leaves_padding_out() -> None:
    scores = expected()["scores"][..., :-PADDING].reshape(L, H, -1)
    site = cross()
    assert score_variance(site.maps("scores"), site.visible) == pytest.approx(
        scores.var(-1), rel=1e-4
    )


def test_means_of_heads_keep_both_axes() -> None:
    weights = expected()["weights"]
    every = cross().maps("weights")
    assert head_mean(every, 1, {(1, 0), (1, 2), (0, 1)}) == close(weights[1, [0, 2]].mean(0))
    assert head_average(every) == close(weights.mean((0, 1)))


def test_what_keys_carry_is_counted_by_key() -> None:
    model = two_texts()
    lengths = carried(model, cross(Switches(heads_off={(1, 1)})))
    assert lengths.shape == (L, H, S) and not lengths[1, 1].any()
    values, proj = expected()["values"][0, 2], model.h[0].cross.proj.weight  # type: ignore[union-attr]
    out = values @ proj.detach().double().numpy()[:, 2 * D :].T
    assert lengths[0, 2] == close(np.linalg.norm(out, axis=-1))


def test_a_difference_is_taken_where_either_pass_sees() -> None:
    drawn = np.arange(S) < np.arange(T)[:, None] + 3
    first, second = cross(), cross(Switches(mask=drawn))
    change = difference(first, second, "weights")
    assert np.asarray(change.values) == close(second.weights - first.weights)
    assert change.visible.shape == (T, S) and not change.visible[:, -PADDING:].any()
    assert (difference(first, second, "scores").visible == (drawn & first.visible)).all()
    assert change.limit == close(np.abs(second.weights - first.weights).max())
    assert common_limit(first, second, "weights") == close(
        max(first.weights.max(), second.weights.max())
    )


def test_one_head_holds_both_texts_and_its_stages_follow() -> None:
    model, site = two_texts(), cross()
    head = one_head(model, site, 1, 2)
    assert head.y is not None and head.x.shape == (T, C) and head.y.shape == (S, C)
    assert head.bq is not None and head.bk is not None and head.bv is not None
    assert head.x @ head.Wq + head.bq == close(head.queries)
    assert head.y @ head.Wk + head.bk == close(head.keys)
    assert head.y @ head.Wv + head.bv == close(head.values)
    assert head.contribution == close(site.contribution[1, 2])
    assert {name: array.shape for name, array in head.arrays().items()} == {
        **dict(x=(T, C), y=(S, C), Wq=(C, D), Wk=(C, D), Wv=(C, D)),
        **dict(bq=(1, D), bk=(1, D), bv=(1, D), queries=(T, D), keys=(S, D), values=(S, D)),
        **dict.fromkeys(("scores", "scaled", "masked", "weights", "visible"), (T, S)),
        **dict(head_out=(T, D), projection=(D, C), contribution=(T, C)),
    }
    own = one_head(model, gpt.trace(model, target_ids(), source=source_ids()), 0, 1)
    assert own.y is None and "y" not in own.arrays()
    with pytest.raises(SwitchError, match="layers 0 to 0 and heads 0 to 2"):
        one_head(model, gpt.trace(model, target_ids(), source=source_ids()).encoder, 1, 0)


def test_a_cell_of_the_last_key_adds_up() -> None:
    head = one_head(two_texts(), cross(padding=0), 0, 1)
    cell = story(head, 3, S - 1)
    assert cell.score == pytest.approx(expected_scores()[0, 1, 3, S - 1], rel=1e-4)
    assert len(cell.exps) == S and cell.weight == close(cell.exps[S - 1] / cell.total)
    assert strongest_key(head, 3) == int(head.weights[3].argmax())
    with pytest.raises(PromptError, match=r"cell \(11, 0\): queries are 0 to 10, keys 0 to 18"):
        story(head, T, 0)
    with pytest.raises(PromptError, match=r"cell \(0, 19\)"):
        story(head, 0, S)


def expected_scores() -> np.ndarray:
    return numpy_forward(two_texts(), target_ids(), source_ids())["cross"]["scores"]


def test_queries_and_keys_of_two_texts_lie_in_one_plane() -> None:
    """The plane keeps the distances that two dimensions can: all of them, when D is 2."""
    dice = np.random.default_rng(3)
    queries, keys = dice.normal(size=(5, 2)), dice.normal(size=(7, 2))
    plane = qk_plane(queries, keys)
    assert plane.queries.shape == (5, 2) and plane.keys.shape == (7, 2)
    assert np.linalg.norm(plane.keys, axis=1) == close(np.linalg.norm(keys - keys.mean(0), axis=1))
    assert plane.share.sum() == close(1.0)


def test_an_edited_weight_of_cross_attention_is_used() -> None:
    site = cross()
    switches = edit_layer(site, [Edit(1, 2, query=10, key=13, weight=0.25)])
    edited = cross(switches)
    assert edited.weights[1, 2, 10, 13] == close(0.25)
    assert edited.weights[1, 2].sum(-1) == close(np.ones(T))
    assert edited.weights[1, 2, :10] == close(site.weights[1, 2, :10])
    assert not edited.weights[1, 2][:, -PADDING:].any()
    with pytest.raises(SwitchError, match="the texts 11 queries and 19 keys"):
        edit_layer(site, [Edit(1, 2, query=11, key=0, weight=1.0)])
    with pytest.raises(SwitchError, match="query 0 may not see key 18: the cell is masked"):
        edit_layer(site, [Edit(1, 2, query=0, key=18, weight=1.0)])


def test_what_compares_places_in_one_text_says_that_there_are_two() -> None:
    site = cross()
    with pytest.raises(ConfigError, match="11 queries and 19 keys"):
        patterns(site.maps("weights"), site.query_tokens, site.visible)
    with pytest.raises(ConfigError, match="11 queries and 19 keys"):
        rollout(site.maps("weights"))
