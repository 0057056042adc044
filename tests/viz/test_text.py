"""What a token looks like on screen."""

import pytest

from viz.text import plotly_label, readable, visible


@pytest.mark.parametrize(
    ("piece", "shown"),
    [
        (" the", "·the"),
        ("\n\n", "↵↵"),
        ("\t", "⇥"),
        ("", ""),
        ("<|endoftext|>", "<|endoftext|>"),
        ("\u202eabc", "⟨U+202E⟩abc"),  # right-to-left override
        ("\u2066", "⟨U+2066⟩"),  # isolate
        ("\u200b", "⟨U+200B⟩"),  # zero-width space
        ("a\u200db", "a⟨U+200D⟩b"),  # a joiner that joins nothing
        ("\u00a0", "⟨U+00A0⟩"),  # no-break space: not the ordinary one
        ("\u3000", "⟨U+3000⟩"),
        ("\x00", "⟨U+0000⟩"),
        ("\r", "⟨U+000D⟩"),
        ("\ufeff", "⟨U+FEFF⟩"),
        ("\u3164", "⟨U+3164⟩"),  # a letter drawn as nothing
        ("\U000e0041", "⟨U+E0041⟩"),  # tag letter
        ("\ue000", "⟨U+E000⟩"),  # private use
        ("\ufe0f", "⟨U+FE0F⟩"),
        ("\u0301", "◌\u0301"),
        ("e\u0301", "e\u0301"),
        (" \u0301", "·◌\u0301"),
        ("שלום", "שלום"),
        ("\ufffd", "\ufffd"),  # half a character, as byte-level tokens have it
        ("\u2764\ufe0f", "\u2764\ufe0f"),
        ("\U0001f469\U0001f3fd\u200d\U0001f680", "\U0001f469\U0001f3fd\u200d\U0001f680"),
        ("\u200d", "⟨U+200D⟩"),  # a lone joiner
        ("a\ufe0f", "a⟨U+FE0F⟩"),
        ("1\ufe0f", "1⟨U+FE0F⟩"),
        ("a\U000e0067\U000e007f", "a⟨U+E0067⟩⟨U+E007F⟩"),
        ("क\u200dष", "क⟨U+200D⟩ष"),  # no virama, so nothing to join
        ("a\U000e0100", "a⟨U+E0100⟩"),
    ],
)
def test_visible(piece: str, shown: str) -> None:
    assert visible(piece) == shown


def test_no_invisible_character_is_left_over() -> None:
    import unicodedata

    for code in range(0x3000):
        if unicodedata.category(chr(code)) in {"Cc", "Cf", "Zs", "Zl", "Zp"}:
            assert not set(visible(chr(code))) & {chr(code)}


def test_plotly_labels_are_text_not_html() -> None:
    assert plotly_label(" <b>&") == "·&lt;b&gt;&amp;"


@pytest.mark.parametrize(
    "cluster",
    [
        "e\u0301",
        "o\u0302\u0323",
        "हिन्दी",
        "क्\u200dष",  # half a letter
        "می\u200cخواهم",  # Persian: two letters that do not join
        "\U0001f469\u200d\U0001f467",
        "\u2764\ufe0f",
        "\u2764\ufe0f\u200d\U0001f525",
        "\U0001f3f3\ufe0f\u200d\u26a7\ufe0f",
        "1\ufe0f\u20e3",
        "\U0001f3f4\U000e0067\U000e0062\U000e0065\U000e006e\U000e0067\U000e007f",  # England
        "\U0001f1e9\U0001f1ea",
        "葛\U000e0100",
    ],
)
def test_what_is_drawn_as_one_stays_one(cluster: str) -> None:
    assert visible(cluster) == cluster
    assert visible(f"a{cluster}b") == f"a{cluster}b"
    assert readable(f"a {cluster}\n") == f"a {cluster}\n"
