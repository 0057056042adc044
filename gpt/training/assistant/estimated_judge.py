"""A classifier as a judge: an estimate of what people would say, where no rule says it.

One classifier labels the pairs that a stage learns from, and another one, which learned from other
texts, judges what became of it: a policy that only found the weak spots of the first does not
please the second.
"""

from __future__ import annotations

from collections.abc import Sequence

from gpt.checkpoint import Checkpoint
from gpt.errors import ConfigError, PromptError, TextError, TokenizerError
from gpt.inspect.classifying import classify
from gpt.text.builtin.assistant_tasks import Judge
from gpt.text.documents import end_token
from gpt.text.prompted import Comparisons, Demonstrations
from gpt.text.template import encode_prompt, is_writable
from gpt.training.assistant.answering import write_answers
from gpt.training.assistant.judged_runs import MOST, TOGETHER


def estimated_judge(classifier: Checkpoint, label: str) -> Judge:
    """A judge that says how probable a label is for a prompt with its answer.

    What the classifier cannot read (an empty text, or one that is too long) is worth 0.

    Raises:
        ConfigError: the run gives no labels, or not this one.
    """
    name = classifier.path.name
    if not classifier.config.is_classifier:
        raise ConfigError(f"the run {name!r} gives a text no label; choose a classifier")
    if label not in classifier.labels:
        raise ConfigError(
            f"the run {name!r} has no label {label!r}; it has {', '.join(classifier.labels)}"
        )

    def judge(prompt: str, answer: str) -> float:
        try:
            return classify(classifier, f"{prompt} {answer}".strip())[label]
        except (PromptError, TokenizerError):
            return 0.0

    return judge


def learned_prompts(data: Demonstrations, count: int) -> list[str]:
    """So many prompts that are learned from, in their order; all again if there are fewer."""
    learned = [data.prompts[row] for row in data.split().training]
    return [learned[n % len(learned)] for n in range(count)]


def labelled_pairs(
    writer: Checkpoint,
    judge: Judge,
    prompts: Sequence[str],
    seed: int = 1,
    labelled_by: str = "",
) -> Comparisons:
    """Two answers of a run to each prompt, that first of which a judge says more.

    An answer without an end was cut where the model's block was full; with an end it would be
    longer than the model reads.

    Args:
        writer: a run that answers in the template.
        prompts: N; prompt n is answered with the seeds `seed` + 2n and the next one.
        labelled_by: the name of the judge, which the pairs keep.

    Returns:
        At most N pairs; ties are left out, and so are answers that are empty, have signs of the
        template, or did not come to their end.

    Raises:
        TextError: nothing is left.
        UnknownCharacterError: a character that the writer's vocabulary lacks.
    """
    answers = [_answers(writer, prompts, seed + side) for side in (0, 1)]
    rows = []
    for prompt, a, b in zip(prompts, *answers, strict=True):
        first, second = judge(prompt, a), judge(prompt, b)
        if first != second and is_writable(a) and is_writable(b):
            rows.append((prompt, a, b) if first > second else (prompt, b, a))
    if not rows:
        raise TextError(
            f"the judge sees no difference between two answers to any of {len(prompts):,} prompts, "
            "or they are empty, no plain text, or without an end; choose a run that answers better"
        )
    name = f"answers of {writer.path.name}"
    return Comparisons(name, tuple(rows), labelled_by=labelled_by)


def _answers(writer: Checkpoint, prompts: Sequence[str], first_seed: int) -> list[str]:
    """An answer to each prompt, prompt n with the seed `first_seed` + 2n; "" if it has no end."""
    tokenizer, answers = writer.tokenizer, []
    for at in range(0, len(prompts), TOGETHER):
        part = prompts[at : at + TOGETHER]
        ids = [encode_prompt(tokenizer, prompt) for prompt in part]
        seeds = [first_seed + 2 * (at + n) for n in range(len(part))]
        written = write_answers(writer.model, ids, end_token(tokenizer), MOST, seeds)
        answers += [tokenizer.decode(each.answer) if each.ended else "" for each in written]
    return answers
