"""The grammar of the plays: titles, sentences and rhymes, as rules with blanks."""

from __future__ import annotations

from collections.abc import Sequence

from gpt.text.builtin.grammar import Grammar, either
from gpt.text.builtin.lexicon import WORDS

TITLES = either(
    "The Salt Crown|The Weaver's Oath|Winter at the Mill|A Bridge of Letters|The Borrowed King|"
    "Three Lanterns|The Orchard Thieves|No Bell for Morning|The Ferryman's Daughter|Rust and Rue|"
    "The Honest Mask|A Quarrel of Crows|The Drowned Ledger|Much Owed|The Second Candle"
)

RULES: dict[str, Sequence[str]] = {
    # who and what
    "one": [
        "the <man>",
        "the <woman>",
        "my <man>",
        "my <woman>",
        "the <adj_person> <man>",
        "the <adj_person> <woman>",
        "no <adj_person> <man>",
        "every <woman>",
        "<mass>",
        "the <force>",
    ],
    "many": [
        "the <folk>",
        "my <folk>",
        "<adj_person> <folk>",
        "the <folk> of the <place>",
        "the <man_s>",
        "the <woman_s>",
        "all <folk>",
        "<folk> and <folk>",
    ],
    "it": [
        "the <thing>",
        "the <adj_thing> <thing>",
        "my <thing>",
        "a <thing>",
        "a <adj_thing> <thing>",
        "this <thing>",
        "the <thing_s>",
        "these <adj_thing> <thing_s>",
        "the <thing> of the <man>",
        "your <adj_thing> <thing>",
        "the <theme>",
    ],
    "whom": ["the <man>", "the <woman>", "the <folk>", "my <man>", "your <woman>", "me", "us"],
    "where": ["<at> <place>", "<at> <place>", "<at> <adj_force> <place>", "<at> <theme>"],
    # short clauses, without a full stop
    "clause": [
        "<one> <do_s> <it>",
        "<many> <do> <it>",
        "<one> <often> <do_s> <it>",
        "<many> <often> <do> <it>",
        "<one> <do_ed> <it> <where>",
        "the <folk> <wait> <where>",
        "the <woman> <wait_s> <where>",
        "the <man> <wait_s> <how>",
        "the <force> <rise_s> <where>",
        "the <adj_force> <force> has <rise_en>",
        "the <force> and the <force> <rise>",
        "<mass> <feed_s> <whom>",
        "<adj_mass> <mass> and <mass> <feed> <whom>",
        "I <do_ed> <it> <where>",
        "I have <do_en> <it>",
        "you <meet> <whom> <how>",
        "we shall <do> <it> <how>",
        "the <woman> <do_s> her <thing>",
        "the <man> <do_s> his <thing>",
        "the <folk> <do> their <thing_s>",
        "the <woman> has <do_en> her <adj_thing> <thing>",
        "the <man> has <do_en> his <adj_thing> <thing>",
        "the <folk> have <do_en> their <thing_s>",
        "the <thing> is <do_en>",
        "the <thing_s> are <do_en>",
        "the <place> was <adj_force>",
    ],
    # statements
    "statement": [
        "<clause>.",
        "<clause>, and <clause>.",
        "<clause>, but <clause>.",
        "<clause>; <clause>.",
        "when <clause>, <clause>.",
        "if <clause>, then <clause>.",
        "though <clause>, yet <clause>.",
        "I <say> that <clause>.",
        "the <woman> <say_s> that <clause>.",
        "the <folk> <say> that <clause>.",
        "the <woman> that <meet_s> <whom> will <wait> <how>.",
        "the <folk> that <meet> <whom> will <wait> <how>.",
        "the <thing_s> that <one> <do_s> are <adj_thing>.",
        "the <thing> that <many> <do> is <adj_thing>.",
        "'tis <mass> that <feed_s> us, and not <mass>.",
        "no <man> <meet_s> his <man> as I <meet> you.",
        "let <mass> <feed> <whom>, and let <mass> <wait>.",
        "not <mass>, not <mass>, but <mass> shall <feed> me.",
        "I am as <adj_person> as the <man> who <do_ed> his <thing>.",
        "what <mass> <feed_s>, let no <adj_mass> <mass> <feed>.",
        "<oath>, <clause>.",
        "<oath>, I will <do> <it> <where>.",
    ],
    # the sentence that brings in the word which the reply may take up
    "topic": [
        "I found a <theme> <where>.",
        "there is a <theme> <at> <place>.",
        "bring me the <theme> that <one> <do_ed>.",
        "my <theme> is <do_en>, and <clause>.",
        "the <man> who <do_ed> my <theme> is <adj_person>.",
        "I dreamt of a <adj_thing> <theme>.",
        "some <adj_person> <man> has <do_en> the <theme>.",
        "give me my <theme>, for <clause>.",
        "all for a <theme>, a <adj_thing> <theme>!",
        "<oath>, I never <do_ed> a <theme>.",
    ],
    "request": [
        "what say you, <you>?",
        "where is the <theme>, <you>?",
        "<you>, who has <do_en> the <theme>?",
        "shall we <do> the <theme>, <adj_person> <you>?",
        "why do you <do> my <theme>, <you>?",
        "speak, <you>; will you <do> the <theme>?",
        "<you>, do you <meet> <whom>?",
    ],
    "wonder": [
        "who <do_s> <it> <where>?",
        "what <mass> <feed_s> <whom>?",
        "do <many> not <wait> <how>?",
        "does <one> not <wait> <how>?",
        "shall <mass> <feed> us till <many> <wait>?",
        "is there no <mass> <where>?",
    ],
    # the beginning of a reply, which takes up a word
    "reply": [
        "the <heard>?",
        "the <heard>, you say?",
        "you speak of <heards>.",
        "what <heard>, <from>?",
        "a <heard> is but a <heard>.",
        "call it no <heard>; call it <mass>.",
        "I never <do_ed> your <heard>.",
        "let the <heard> <wait>.",
        "<oath>, the <heard>!",
        "your <heard> is <adj_thing>, <from>.",
        "no <heard> will <feed> me.",
    ],
    "answer": [
        "ay, <from>, <clause>.",
        "no, <from>; <clause>.",
        "ask me not, <from>.",
        "nay, the <heard> is <do_en>.",
        "I did, and <clause>.",
        "ask <whom>, not me.",
        "the <heard> is <at> <place>.",
    ],
    "short": ["ay.", "nay, nay.", "<oath>!", "so be it.", "peace, <from>.", "alas, <from>!"],
    "setting": ["<at> <place>.", "<at> <place>, <how>.", "a <place>; <force>."],
}
RHYMES = either(
    "stone/bone|night/light|sea/free|rain/grain|door/shore|hand/land|bell/well|day/clay|"
    "fire/briar|deep/sleep|gold/cold|tree/key|wing/king|bread/dead|moon/soon|thread/red"
)
COUPLETS: tuple[tuple[str, str], ...] = (
    ("let <force> and <mass> leave us with the {a},", "and <mass> go before us to the {b}."),
    ("so ends the <theme>; so ends the {a};", "and what the <man> has <do_en>, keeps the {b}."),
    ("no <adj_person> <man> shall ask me for the {a},", "nor any <woman> find me by the {b}."),
)
GRAMMAR = Grammar(
    WORDS
    | RULES
    | {f"first_{i}": (first.replace("{a}", "<a>"),) for i, (first, _) in enumerate(COUPLETS)}
    | {f"second_{i}": (last.replace("{b}", "<b>"),) for i, (_, last) in enumerate(COUPLETS)}
)
