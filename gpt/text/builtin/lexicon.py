"""The words that the plays and the speeches are made of, by what they can do in a sentence.

Every list becomes one or several blanks of the grammar: nouns in singular and plural, verbs in
their present, third person, past and participle.
"""

from __future__ import annotations

from gpt.text.builtin.grammar import either, past, plural, third

# What people have in their hands, by the trade that it belongs to. Each speaker of a play has
# one of the trades, and so draws on his or her own part of the world.
TRADES: dict[str, str] = {
    "sea": "anchor net oar sail rope shell raft lantern hook buoy barrel compass mast keel pearl "
    "rudder harpoon pennant",
    "farm": "seed plough basket apple pear fence cart goose/geese bucket scythe sack furrow "
    "pitchfork hayrack turnip yoke rooster trough",
    "forge": "hammer nail chain anvil horseshoe kettle lock key blade bolt hinge poker ladle "
    "spur shield furnace rivet dagger",
    "loom": "needle thimble ribbon button cloak glove scarf/scarves blanket spindle loom thread "
    "apron stocking tassel pillow veil bonnet tapestry",
    "books": "letter map pen page candle ledger seal inkwell riddle tale almanac scroll margin "
    "quill ballad proverb calendar spyglass",
    "house": "table door chair cup spoon plate hearth cradle broom window loaf/loaves stool "
    "cupboard pitcher doorstep staircase mirror lamp",
    "court": "crown ring banner mask purse coin throne trumpet feather goblet sceptre ransom "
    "portrait medal carriage garland chessboard signet",
    "wood": "thorn nest acorn branch arrow log hollow root mushroom owl bramble antler pebble "
    "beehive willow hatchet fox trail",
}

PLACES = (
    "harbour market meadow valley mill tower cellar chapel attic garden island forest river "
    "bridge quarry courtyard lighthouse tavern village kitchen stable marsh hill shore ferry well "
    "cliff cave causeway churchyard crossroads/crossroads pasture hayloft vineyard"
)
FORCES = (
    "wind tide river storm frost moon sun fog rain snow winter summer night morning flood "
    "thunder drought evening current"
)
MASS = (
    "mercy sorrow patience honour silence pride hunger courage envy hope grief laughter wisdom "
    "folly trust anger pity justice memory truth shame joy thirst sleep love hatred luck music "
    "kindness mischief greed gossip fortune solitude"
)
MEN = (
    "miller ferryman/ferrymen brother father king uncle shepherd blacksmith steward fiddler "
    "fisherman/fishermen cooper watchman/watchmen bellringer nephew duke tinker"
)
WOMEN = (
    "widow sister mother queen aunt weaver midwife/midwives seamstress daughter duchess niece "
    "beekeeper gardener baker potter housekeeper"
)
FOLK = (
    "sailors strangers neighbours children soldiers beggars pilgrims cousins masons thieves "
    "merchants mourners dancers judges orphans travellers shepherds harvesters"
)

# "buy bought" is short for "buy bought bought"; a verb alone is regular.
TO_THINGS = (
    "mend, carry, hide hid hidden, sell sold, bury, steal stole stolen, find found, lose lost, "
    "break broke broken, keep kept, lift, polish, borrow, drop dropped, paint, burn, count, drag "
    "dragged, guard, measure, weigh, forget forgot forgotten, want, lend lent, trade, wrap "
    "wrapped, hold held, buy bought, bring brought, gather, throw threw thrown, open, shatter"
)
TO_PEOPLE = (
    "trust, follow, forgive forgave forgiven, praise, mock, serve, warn, cheat, bless, blame, "
    "teach taught, envy, fear, love, comfort, question, answer, remember, betray, marry, leave "
    "left, obey, pity, welcome, deceive, astonish, shelter, accuse"
)
ALONE = (
    "weep wept, sleep slept, wait, wander, sing sang sung, dance, laugh, kneel knelt, tremble, "
    "whisper, return, depart, listen, mutter, stumble, hurry, linger, grumble, rest, complain, "
    "quarrel, yawn, pray"
)
OF_NATURE = (
    "rise rose risen, fall fell fallen, turn, roar, whisper, darken, break broke broken, fade, "
    "gather, howl, creep crept, return, sink sank sunk, thicken, linger, begin began begun, pass"
)
OF_IDEAS = (
    "feed fed, starve, bind bound, free freed, humble, wake woke woken, shape, burn, bend bent, "
    "betray, outlive, heal, follow, blind, teach taught, poison, sweeten, ruin, mend, guide"
)
TO_SAY = "know knew known, swear swore sworn, hear heard, fear, say said, think thought, doubt"

OF_PEOPLE = (
    "proud weary honest gentle stubborn cunning foolish patient humble bitter merry lonely loyal "
    "idle jealous restless clever timid generous careless drowsy solemn"
)
OF_THINGS = (
    "broken rusted silver wooden hollow golden narrow crooked painted heavy ragged borrowed "
    "empty ancient little faded precious muddy crimson worthless ordinary splendid"
)
OF_WEATHER = "cold silent restless bitter pale dark wild patient hungry sullen early sudden"
OF_THOUGHT = "sweet bitter blind slow deep honest old idle common secret lasting sudden"
OFTEN = "never always seldom often still gladly once soon quietly"
HOW = (
    "slowly|in vain|by night|alone|without a word|before the dawn|at dusk|till morning|"
    "for a while|with both hands|by the door|in the rain|against all reason|for nothing|"
    "as of old|under the stars|in a whisper|at last"
)
BEFORE_PLACES = "beneath the|beside the|beyond the|by the|near the|behind the|far from the"


NOUNS = {"thing": " ".join(TRADES.values()), "place": PLACES, "man": MEN, "woman": WOMEN}
VERBS = {
    "do": TO_THINGS,
    "meet": TO_PEOPLE,
    "wait": ALONE,
    "rise": OF_NATURE,
    "feed": OF_IDEAS,
    "say": TO_SAY,
}
OTHERS = {
    "force": FORCES,
    "mass": MASS,
    "folk": FOLK,
    "adj_person": OF_PEOPLE,
    "adj_thing": OF_THINGS,
    "adj_force": OF_WEATHER,
    "adj_mass": OF_THOUGHT,
    "often": OFTEN,
}
"""The names of the blanks, and the words that fill them."""


def _nouns(text: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Singulars and plurals, in the same order."""
    pairs = [entry.partition("/") for entry in text.split()]
    singulars = tuple(singular for singular, _, _ in pairs)
    return singulars, tuple(given or plural(singular) for singular, _, given in pairs)


def _verbs(text: str) -> tuple[tuple[str, ...], ...]:
    """Present, third person, past and participle, in the same order."""
    rows = []
    for entry in text.split(","):
        base, *rest = entry.split()
        before = rest[0] if rest else past(base)
        rows.append((base, third(base), before, rest[-1] if rest else before))
    return tuple(zip(*rows, strict=True))


def _blanks() -> dict[str, tuple[str, ...]]:
    """All lists, by the names that the grammars use."""
    blanks = {name: tuple(text.split()) for name, text in OTHERS.items()}
    for name, text in NOUNS.items():
        blanks[name], blanks[name + "_s"] = _nouns(text)
    for name, text in VERBS.items():
        present, he, before, done = _verbs(text)
        blanks |= {name: present, name + "_s": he, name + "_ed": before, name + "_en": done}
    return blanks | {"how": either(HOW), "at": either(BEFORE_PLACES)}


WORDS: dict[str, tuple[str, ...]] = _blanks()
PLURALS: dict[str, str] = dict(zip(WORDS["thing"], WORDS["thing_s"], strict=True))


def things_of(trade: str) -> tuple[str, ...]:
    """The things, in singular, that belong to a trade."""
    return _nouns(TRADES[trade])[0]
