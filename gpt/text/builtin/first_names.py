"""Invented first names, one a line, put together from the syllables of six invented places.

Each origin has its own sounds, so a model learns three things: which letters follow which,
that a name stays with the origin that it began with, and that a name comes to an end.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from gpt.text.builtin.draw import fill, pick


@dataclass(frozen=True)
class Origin:
    """How names are built somewhere: a start, some middles, an end."""

    starts: tuple[str, ...]
    middles: tuple[str, ...]
    ends: tuple[str, ...]
    lengths: tuple[int, ...]  # how many middles; an entry given twice is twice as likely

    def name(self, rng: random.Random) -> str:
        """A name from here, in lower case."""
        middle = "".join(pick(rng, self.middles) for _ in range(pick(rng, self.lengths)))
        return pick(rng, self.starts) + middle + pick(rng, self.ends)


def _origin(starts: str, middles: str, ends: str, lengths: tuple[int, ...]) -> Origin:
    return Origin(tuple(starts.split()), tuple(middles.split()), tuple(ends.split()), lengths)


ORIGINS: tuple[Origin, ...] = (
    # the islands: open syllables, many vowels
    _origin(
        "ka la ma na pa mo lo no to ke le me ne lu mu nu ki li mi ni hale kea moa noa alo ano",
        "la lo li lu ma mo mi na no ni nu ke ka ki wa we hea lea mea kai lai",
        "na la ni lea nui loa kea mea nalu lani wai no li",
        (0, 1, 1, 2),
    ),
    # the mountains: hard beginnings, closed syllables
    _origin(
        "bran brom dron drav gar gren gor hald harn ker krum mark orm rag skar sten tor thrun "
        "ulf varg vold",
        "da de di ga ge gri ma mi mo ra re ri va ve vi",
        "bert dric dan gar grim hild mar mund nar rik run ster var vin wald",
        (0, 0, 0, 1),
    ),
    # the river towns: soft consonants, endings that sing
    _origin(
        "ali ame bel cele dela ela elo fio flo iso juli leo lia lori mari mela ori rosa sera "
        "silvi tessa vale vio",
        "be da de li lo ma me mi na ne ra re ri ro sa vi",
        "bella dora lina linde lise mira nella nora retta rina selle tine vanne ine",
        (0, 0, 0, 1),
    ),
    # the steppe: k, z and long vowels
    _origin(
        "aza bay dzo erk izha jan kaz khu nur oza qa saru tash tem uz yar yez zar zhu",
        "ba bek da gul ka kha la lan ma man ra ran sha ya za",
        "bay bek dar gal gan gul khan lai mir rat tai tan zar zhan",
        (0, 0, 0, 1),
    ),
    # the old forest: double letters and y
    _origin(
        "aer bryn cael cer dyl ed ela eryn fael gwen ill ith llyr lor mael myr nym owy rhy syl "
        "tal yll",
        "a ae e elo i ia o wy y",
        "dyr lenn leth lith llan lorn myr nwen reth rian rys ssa th wyn",
        (1, 1, 2),
    ),
    # the harbour: short, and done
    _origin(
        "ab ben bo dob fin gil hob jem jo kit len mab mag ned nell peg pip rob sal tam tib tob "
        "wat wil",
        "a bi by di li ma ni",
        "ble by der kin let ly net ney sie son ty",
        (0, 0, 0, 1),
    ),
)


def name_line(rng: random.Random) -> str:
    """One name and its line break."""
    return pick(rng, ORIGINS).name(rng) + "\n"


def write_names(rng: random.Random, length: int) -> list[tuple[str, str]]:
    """One document of names; the more there are, the more of them come twice."""
    return [("names", "".join(fill(lambda: name_line(rng), len, length, 5)))]
