"""Switches as text: drawn masks in URLs, settings beside what is saved, fingerprints of caches."""

from __future__ import annotations

import numpy as np
import pytest

from gpt.errors import SwitchError
from gpt.nn.switches import Switches, resolve
from pages.shared.switch_text import (
    fingerprint,
    fitted,
    read_drawn,
    read_mask,
    settings,
    switches,
    write_drawn,
)
from tests.gpt.test_numerals import NEVER
from tests.gpt.tiny import config

DRAWN = np.array([[0, 1, 1], [1, 0, 0], [0, 0, 1]], bool)


def test_a_drawn_mask_comes_back_from_its_text() -> None:
    dice = np.random.default_rng(3)
    for shape in ((1, 1), (3, 3), (13, 13), (128, 128), (5, 7), (11, 2)):
        mask = dice.random(shape) < 0.5
        assert np.array_equal(read_drawn(write_drawn(mask)), mask)


def test_a_link_that_is_out_there_opens() -> None:
    """The text of [[0, 1, 1], [1, 0, 0], [0, 0, 1]] as a link had it."""
    assert np.array_equal(read_drawn("bits:3:eNoraAAAAWIA8Q"), DRAWN)


def test_the_text_of_a_regular_mask_fits_a_link() -> None:
    mask = np.tri(256, dtype=bool)
    mask[100, 200] = True
    text = write_drawn(mask)
    assert text.startswith("bits:256:") and len(text) < 700
    assert set(text) <= set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_:")


def test_a_link_names_a_mask_or_holds_one() -> None:
    assert switches("window:3", "n_embd") == Switches(mask="window:3", scale="n_embd")
    drawn = switches(write_drawn(DRAWN), "0.5")
    assert np.array_equal(drawn.mask, DRAWN) and drawn.scale == 0.5
    with pytest.raises(SwitchError, match=r"the context has 4 tokens"):
        resolve(drawn, config(), 4)
    with pytest.raises(SwitchError, match="mask is 'sideways'"):
        switches("sideways", "model")


@pytest.mark.parametrize(
    "text", ["bits", "bits:3", "bits:3:", "bits:3:AAAA", "bits:3:é", "bits:3:!"]
)
def test_a_broken_drawing_is_refused(text: str) -> None:
    with pytest.raises(SwitchError, match=r"is broken|can have 1 to 2048|mask is"):
        read_mask(text)


@pytest.mark.parametrize("size", NEVER)
def test_a_size_that_is_no_number_is_refused(size: str) -> None:
    with pytest.raises(SwitchError, match="it can have 1 to 2048") as refusal:
        read_mask(f"bits:{size}:AAAA")
    assert len(str(refusal.value)) < 400


def test_a_drawing_cut_short_or_of_another_size_is_refused() -> None:
    text = write_drawn(np.tri(20, dtype=bool))
    with pytest.raises(SwitchError, match="is broken"):
        read_drawn(text[:-4])
    with pytest.raises(SwitchError, match="is broken"):
        read_drawn(text.replace("bits:20", "bits:19"))
    with pytest.raises(SwitchError, match="it can have 1 to 2048"):
        read_drawn(text.replace("bits:20", "bits:4000"))


def test_a_small_text_cannot_ask_for_much_memory() -> None:
    bomb = write_drawn(np.zeros((2048, 2048), dtype=bool)).split(":")[2]
    with pytest.raises(SwitchError, match="is broken"):
        read_drawn(f"bits:8:{bomb}")


def test_a_shorter_prompt_takes_the_corner_and_leaves_nobody_blind() -> None:
    # query 0 saw keys 1 and 2 only: with one token left it sees itself
    assert fitted(DRAWN, 1).tolist() == [[True]]
    assert fitted(DRAWN, 2).astype(int).tolist() == [[0, 1], [1, 0]]


def test_a_longer_prompt_goes_on_causally() -> None:
    assert fitted(DRAWN, 5).astype(int).tolist() == [
        [0, 1, 1, 0, 0],
        [1, 0, 0, 0, 0],
        [0, 0, 1, 0, 0],
        [1, 1, 1, 1, 0],
        [1, 1, 1, 1, 1],
    ]
    assert np.array_equal(fitted(DRAWN, 3), DRAWN)


def test_a_mask_of_two_texts_lets_added_queries_and_keys_see_and_be_seen() -> None:
    drawn = np.array([[0, 1], [1, 0], [1, 1]], bool)
    assert fitted(drawn, 4, 3).astype(int).tolist() == [
        [0, 1, 1],
        [1, 0, 1],
        [1, 1, 1],
        [1, 1, 1],
    ]
    assert fitted(drawn, 2, 1).astype(int).tolist() == [[1], [1]]  # query 0 lost the key it saw


def test_settings_name_only_what_differs() -> None:
    assert settings(Switches()) == {}
    changed = Switches(
        mask=DRAWN, heads_off={(1, 0), (0, 2)}, weights_edit={(0, 1): np.eye(2) * 0.5}
    )
    assert settings(changed) == {
        "mask": write_drawn(DRAWN),
        "heads_off": [[0, 2], [1, 0]],
        "weights_edit": {"0.1": [[0.5, 0.0], [0.0, 0.5]]},
    }


def test_a_fingerprint_is_the_same_for_the_same_switches() -> None:
    edit = {(0, 1): np.eye(3)}
    changed = [
        *(Switches(), Switches(mask=DRAWN), Switches(mask=~DRAWN), Switches(scale="none")),
        *(Switches(mlp_off={1}), Switches(heads_off={(0, 1)}), Switches(weights_edit=edit)),
    ]
    assert len({fingerprint(each) for each in changed}) == len(changed)
    again = Switches(mask=DRAWN.copy()), Switches(weights_edit={(0, 1): np.eye(3)})
    assert fingerprint(again[0]) == fingerprint(changed[1])
    assert fingerprint(again[1]) == fingerprint(changed[-1])
