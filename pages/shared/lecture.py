"""Where the lecture says what a page shows: Karpathy (2023), "Let's build GPT"."""

from __future__ import annotations

SECONDS = {
    "text": 472,
    "tokens": 568,
    "split": 775,
    "blocks": 867,
    "bigram": 1331,
    "first loss": 1697,
    "sampling": 1822,
    "training": 2093,
    "estimates": 2387,
    "loop": 2533,
    "matrix product": 2831,
    "softmax": 3282,
    "embedding": 3506,
    "positions": 3618,
    "one head": 3720,
    "data dependence": 4033,
    "graph": 4298,
    "batch": 4396,
    "encoder": 4447,
    "scale": 4616,
    "variance": 4672,
    "times eight": 4732,
    "layers": 5065,
    "skips": 5208,
    "highway": 5358,
    "layernorm": 5571,
    "scaled up": 5869,
    "dropout": 5909,
    "cross-attention": 6217,
    "nanogpt": 6339,
    "assistant": 6533,
    "parameters": 6566,
}
"""What is said, and when: seconds from the beginning of the video."""


def as_clock(seconds: int) -> str:
    """A second of the video as a player prints it.

    >>> as_clock(472), as_clock(3720)
    ('7:52', '1:02:00')
    """
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def clock(moment: str) -> str:
    """The time of a moment of the lecture, as a player prints it."""
    return as_clock(SECONDS[moment])


def cited(*moments: str, joined: str = " and ") -> str:
    """The lecture and its times, in Markdown, for the end of a page's first words.

    >>> cited("text", "bigram", joined=" to ")
    "*Let's build GPT*, 7:52 to 22:11"
    """
    return f"*Let's build GPT*, {joined.join(map(clock, moments))}"
