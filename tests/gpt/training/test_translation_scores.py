"""Scores of translations: sacrebleu's own, and a BLEU worked out by hand."""

from __future__ import annotations

import math

import sacrebleu
from scipy.stats import binomtest

from gpt.text.tokenizers import words
from gpt.text.tokenizers.bytes import ByteTokenizer
from gpt.training.confidence import share
from gpt.training.translation_scores import exact_matches, quick_scores, translation_scores
from tests.close import close

OUTPUTS = ["the cat sat on the mat .", "he is here .", "I don't know where she went .", "Hello !"]
BYTES = ByteTokenizer()
REFERENCES = ["the cat sat on the mat .", "he is there .", "I do not know where she is .", "Hi !"]


def test_bleu_and_chrf_are_sacrebleus() -> None:
    scores = quick_scores(OUTPUTS, REFERENCES, BYTES)
    assert scores["bleu"] == close(sacrebleu.corpus_bleu(OUTPUTS, [REFERENCES]).score)
    assert scores["chrf"] == close(sacrebleu.corpus_chrf(OUTPUTS, [REFERENCES]).score)
    assert scores["exact_match"] == close(1 / 4)


def test_bleu_by_hand() -> None:
    """One sentence of six words against a reference of seven that lacks the last.

    All n-grams match, so BLEU is the brevity penalty alone: exp(1 - 7 / 6).
    """
    scores = quick_scores(["a b c d e f"], ["a b c d e f g"], BYTES)
    assert scores["bleu"] == close(100 * math.exp(1 - 7 / 6))


def test_the_full_scores_have_intervals_and_signatures() -> None:
    scores = translation_scores(OUTPUTS, REFERENCES, BYTES)
    quick = quick_scores(OUTPUTS, REFERENCES, BYTES)
    assert scores.bleu.value == close(quick["bleu"]) and scores.chrf.value == close(quick["chrf"])
    for measured in (scores.bleu, scores.chrf, scores.exact_match):
        assert measured.low < measured.value < measured.high
    bleu, chrf = scores.signatures
    assert "tok:13a" in bleu and "version:2.6.0" in bleu and "nc:6" in chrf
    assert scores.sentences == 4


def test_an_exact_match_is_character_for_character() -> None:
    assert exact_matches(["a b", "a b ", "A b"], ["a b"] * 3) == 1


def test_blanks_that_the_tokenizer_sets_are_no_fault() -> None:
    """Words write a blank before each full stop; a word that they lack is never a match."""
    tokenizer = words.train("the dress shines. twenty-five", 20)
    references = ["the dress shines.", "twenty-five", "the moon shines."]
    outputs = [tokenizer.decode(tokenizer.encode(text)) for text in references]
    assert outputs == ["the dress shines .", "twenty-five", "the [UNK] shines ."]
    scores = quick_scores(outputs, references, tokenizer)
    assert scores["exact_match"] == close(2 / 3)
    assert translation_scores(outputs, references, tokenizer).exact_match.value == close(2 / 3)


def test_the_interval_of_a_share_is_wilsons() -> None:
    for successes, trials in ((0, 7), (3, 10), (977, 1000), (12, 12)):
        theirs = binomtest(successes, trials).proportion_ci(0.95, method="wilson")
        ours = share(successes, trials)
        assert ours.value == close(successes / trials)
        assert ours.low == close(theirs.low) and ours.high == close(theirs.high)
