"""What a stage changed inside: weights, what they are worth, attention, and the logit lens."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import plotly.graph_objects as go
import streamlit as st

import gpt
from gpt.inspect.site import AttentionSite
from gpt.inspect.stream.logit_lens import Lens, logit_lens, state_names
from gpt.inspect.trace_difference import difference
from gpt.inspect.weight_change import PutBack, WeightChange, put_back, weight_change
from gpt.text.template import Answered
from gpt.training.assistant.stage_loss import stage_loss
from pages.parts.assistant import one_prompt, stage_models
from pages.parts.assistant.assistant_state import CHANGED, AssistantState
from pages.parts.assistant.nothing_yet import say_nothing_yet
from pages.parts.assistant.prompt_field import prompt_field
from pages.parts.assistant.stage_recipes import Chain
from pages.shared import loads, selection, url_controls
from pages.shared.figures import inked
from pages.shared.plain import plain
from pages.shared.save import save_button
from viz.figures.heads.head_scores import HeadNumbers, head_numbers, head_scores
from viz.text import visible
from viz.views.attention import AttentionPicture, attention_view, encode

VIEW = "assistant_difference"
MEANINGS = {
    "wte": "token embedding",
    "wpe": "position embedding",
    "lm_head": "output embedding",
    "class_head": "head of the reward",
    "ln_f": "last norm",
}
ABOUT = (
    "‖Δ‖ is the length of what changed, over all weights of a head or a part. The loss when put "
    "back is that of the stage as it is now, but with these weights as they were before: what goes "
    "up by it was learned there (mnat: thousandths of a nat). It is over 32 held-out prompts: "
    "{loss}."
)
FOLLOWED = (
    " Tuning does not make this loss small: below 0, what was learned there leads away from "
    "people’s answers."
)
LOSSES = {
    True: "−log σ(r⁺ − r⁻), of the choices that people made",
    False: "−log p of the answers that people gave or chose, in nats a token",
}


@dataclass(frozen=True, eq=False)
class Inside:
    """A stage before and after its training, with what differs.

    Fields:
        run: its name.
        before, after: the models.
        change, back: of the weights.
    """

    run: str
    before: gpt.GPT
    after: gpt.GPT
    change: WeightChange
    back: PutBack

    @property
    def is_reward(self) -> bool:
        """Whether it weighs texts and writes none."""
        return self.after.config.is_classifier


@st.cache_resource(max_entries=4, show_spinner="Putting weights back, head by head…")
def inside(run: str, stamp: int) -> Inside:
    """A stage before and after.

    Raises:
        CheckpointError: its first weights, or what it learned from, did not come with it.
    """
    before, after = stage_models.first(run), loads.checkpoint(run).model
    loss = stage_loss(stage_models.run_of(run))
    back = put_back(before, after, loss)
    return Inside(run, before, after, weight_change(before, after), back)


def draw(chain: Chain, state: AssistantState) -> dict[str, object]:
    """Draw the choice of the stage, and all that it changed; return the values for the URL."""
    ready = {box: title for box, title in CHANGED.items() if chain.ready(box) is not None}
    if not ready:
        words = "Fine-tune a base first: what a stage changes in its model is drawn here."
        say_nothing_yet(chain, "tuned", words)
        return {}
    box = url_controls.named("Changed by", state, "changed", ready)
    name = getattr(chain, box)
    both = inside(name, loads.stamp(name))
    _weights(both, is_tuned=box == "policy")
    asked = prompt_field(chain.tuned or name, state)
    writer = one_prompt.Writer(name, name if not both.is_reward else chain.tuned or name)
    row = one_prompt.answered(writer, asked)
    state = _attention(both, row, state)
    lens = {} if both.is_reward else _lens(both, row, state)
    _save(both, row)
    return asked.link | lens | {"changed": box, "layer": state.layer, "head": state.head}


def _weights(both: Inside, is_tuned: bool) -> None:
    """Draw a map of the heads for each number, the parts as a table, and what moved most."""
    left, right = st.columns([1, 1], gap="large")
    l, h = (int(n) for n in np.unravel_index(both.change.heads.argmax(), both.change.heads.shape))
    with left:
        st.markdown(
            f"**L{l} H{h}** moved most: ‖Δ‖ = **{both.change.heads[l, h]:.4f}**. Put back, it "
            f"changes the loss by **{_signed(both.back.of_heads[l, h])}**."
        )
        for column, (title, figure) in zip(st.columns(2), figures(both).items(), strict=True):
            with column:
                st.plotly_chart(
                    inked(figure), key=f"assistant_{title}", config={"displayModeBar": False}
                )
        st.caption(ABOUT.format(loss=LOSSES[both.is_reward]) + (FOLLOWED if is_tuned else ""))
    with right:
        st.markdown(parts_table(both))


def figures(both: Inside) -> dict[str, go.Figure]:
    """A map of the heads for the norms, from 0, and one for the losses, about 0."""
    norms, losses = both.change.heads, both.back.of_heads
    return {
        "norms": head_numbers({"‖Δ‖ of the weights": HeadNumbers(norms, float(norms.max()))}),
        "losses": head_scores({"loss when put back, mnat": 1000 * losses}, "signed", columns=1),
    }


def parts_table(both: Inside) -> str:
    """Every part's change, in Markdown."""
    head = "| part | ‖Δ‖ | ‖Δ‖ / ‖W‖ | loss when put back |\n|:--|--:|--:|--:|"
    rows = []
    for part, moved in both.change.parts.items():
        weights = both.change.before[part]
        share = f"{moved / weights:.4f}" if weights else ""
        back = _signed(both.back.parts[part] - both.back.as_is)
        rows.append(f"| {plain(part_words(part))} | {moved:.4f} | {share} | {back} |")
    return "\n".join([head, *rows])


def part_words(part: str) -> str:
    """A part's name in words.

    >>> part_words("h.1.attn"), part_words("wte")
    ('L1 attention', 'token embedding')
    """
    if not part.startswith("h."):
        return MEANINGS.get(part, part)
    _, layer, inner = part.split(".")
    words = {"attn": "attention", "mlp": "MLP", "ln_1": "norm 1", "ln_2": "norm 2"}
    return f"L{layer} {words.get(inner, inner)}"


def _signed(value: float) -> str:
    return f"{value:+.4f}".replace("-", "−")


def sites(both: Inside, row: Answered) -> tuple[AttentionSite, AttentionSite]:
    """The attention to a prompt with an answer, before and after."""
    first, second = (gpt.trace(model, row.ids) for model in (both.before, both.after))
    return first.site(first.name), second.site(second.name)


def picture(both: Inside, row: Answered) -> AttentionPicture:
    """Every head's attention after the stage, minus that before it."""
    first, second = sites(both, row)
    change = difference(first, second, "weights")
    return AttentionPicture(
        tokens=loads.checkpoint(both.run).tokenizer.pieces(row.ids),
        values=change.values,
        visible=change.visible,
        kind="signed",
        name="after − before",
    )


def _attention(both: Inside, row: Answered, state: AssistantState) -> AssistantState:
    """Draw the difference of every head's attention; return the state with the picked head."""
    st.markdown("**Attention**, after minus before, on the prompt with the stage’s answer")
    shape = both.change.heads.shape
    state = selection.fit_head(selection.followed(state, VIEW), shape)
    head = state.layer, state.head
    now = attention_view(encode(picture(both, row)), key=VIEW, selected=head)
    selection.remember(VIEW, now)
    return state


def _lens(both: Inside, row: Answered, state: AssistantState) -> dict[str, object]:
    """Draw what each state of the stream would say at one position, before and after."""
    last, start = len(row) - 1, min(row.start - 1, len(row) - 1)
    pieces = loads.checkpoint(both.run).tokenizer.pieces(row.ids)
    position = url_controls.whole(
        "Logit lens at position", state, "position", 0, last, default=start, width=180,
        help="The token that is read there; the lens says which token each state would write next.",
    )  # fmt: skip
    st.markdown(
        f"After **{plain(visible(pieces[position]))}**, the likeliest next token by each state of "
        "the residual stream:"
    )
    st.markdown(lens_table(both, row, position))
    return {"position": position}


def lenses(both: Inside, row: Answered, position: int) -> tuple[Lens, Lens]:
    """The logit lens at one position, before and after."""
    at = range(position, position + 1)
    first, second = (
        logit_lens(model, gpt.trace(model, row.ids), positions=at)
        for model in (both.before, both.after)
    )
    return first, second


def lens_table(both: Inside, row: Answered, position: int) -> str:
    """The likeliest token and its probability by each state, before and after, in Markdown."""
    tokenizer = loads.checkpoint(both.run).tokenizer
    rows = ["| state | before | p | after | p |", "|:--|:--|--:|:--|--:|"]
    pair = lenses(both, row, position)
    for n, state in enumerate(state_names(both.after.config)):
        cells = [
            f"{plain(visible(tokenizer.pieces([int(lens.top_ids[n, 0, 0])])[0]))} | "
            f"{lens.top_probs[n, 0, 0]:.4f}"
            for lens in pair
        ]
        rows.append(f"| {state} | {' | '.join(cells)} |")
    return "\n".join(rows)


def _save(both: Inside, row: Answered) -> None:
    def arrays() -> dict[str, np.ndarray]:
        first, second = sites(both, row)
        return {
            "head_change": both.change.heads,
            "head_put_back": both.back.of_heads,
            "parts": np.array(list(both.change.parts)),
            "part_change": np.array(list(both.change.parts.values())),
            "part_put_back": np.array(list(both.back.parts.values())) - both.back.as_is,
            "ids": np.array(row.ids),
            "weights_before": first.maps("weights")[:],
            "weights_after": second.maps("weights")[:],
        }

    save_button(
        "assistant",
        figures={
            "Norms of the heads": lambda: figures(both)["norms"],
            "Losses when put back": lambda: figures(both)["losses"],
        },
        arrays=arrays,
        settings={"run": both.run},
    )
