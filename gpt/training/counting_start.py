"""A classifier that begins with what counting tells, and learns on from there.

With few texts an encoder from scratch weighs rare words worse than naive Bayes does. So the first K
channels of each token's embedding start as what the token says for each of the K labels, and the
classification head reads them. In the spirit of Wang and Manning (2012), who scale words by naive
Bayes before a linear classifier learns from them.
"""

from __future__ import annotations

import torch

from gpt.errors import ConfigError
from gpt.nn.classifier import Classifier
from gpt.nn.config import GPTConfig
from gpt.nn.model import GPT
from gpt.text.encoded import LabelledIds, encode_labelled
from gpt.text.labelled import LabelledExamples
from gpt.text.leak_free import split
from gpt.text.tokenizer import Tokenizer
from gpt.training.initial import draw
from gpt.training.runs import INITIAL
from gpt.training.settings import TrainingConfig


def check_counting_start(model: GPTConfig) -> None:
    """Refuse a model whose head cannot read what its tokens say.

    Raises:
        ConfigError: naming what would work.
    """
    if (model.pool, model.pool_activation) != ("mean", "none"):
        raise ConfigError(
            f"pool is {model.pool!r} and pool_activation {model.pool_activation!r}; a model that "
            "starts with what counting tells (counting_start above 0) reads all tokens: choose "
            "pool = mean and pool_activation = none"
        )
    if model.n_class > model.n_embd:
        raise ConfigError(
            f"n_embd = {model.n_embd} is less than the {model.n_class} labels; counting_start "
            "takes a channel for each of them, so choose more channels, or counting_start = 0"
        )


def first_weights(
    model: GPTConfig, training: TrainingConfig, data: object, tokenizer: Tokenizer
) -> dict[str, GPT]:
    """The model that a new run begins with by the name of its file; none if its seed decides it.

    Args:
        data: what the run learns from; only the training part is counted.

    Raises:
        ConfigError: a model whose head cannot read what its tokens say.
    """
    if not training.counting_start or not isinstance(data, LabelledExamples):
        return {}
    learned = encode_labelled(data.take(split(data).training), tokenizer)
    drawn = draw(model, training.seed)
    assert isinstance(drawn, Classifier)
    start_with_counts(drawn, learned, training.counting_start)
    return {INITIAL: drawn}


@torch.no_grad()
def start_with_counts(model: Classifier, learned: LabelledIds, strength: float) -> None:
    """Write into a new model what each token says for each label.

    Without norms, and with branches that start at zero, the model then is naive Bayes: the logit of
    a label is `strength` times the mean of `token_evidence` over the tokens of a text.

    Args:
        learned: the texts to learn from.
        strength: what the head multiplies the means by.

    Raises:
        ConfigError: a model whose head cannot read what its tokens say.
    """
    check_counting_start(model.config)
    K = model.config.n_class
    model.wte.weight[:, :K] = token_evidence(learned, model.config.vocab_size, K)
    model.class_head.weight.zero_()
    model.class_head.weight[:, :K] = strength * torch.eye(K)
    model.class_head.bias.zero_()


def token_evidence(learned: LabelledIds, V: int, K: int) -> torch.Tensor:
    """How much more likely each token is under each label than on average, (V, K), in nats.

    The log-probability of a token among those of a label's texts, add-one counts, less its mean
    over the labels: half the log-ratio and its negative where there are two.

    >>> learned = LabelledIds([[0, 0, 1], [1]], [0, 1])  # 0: twice and never; 1: once and once
    >>> token_evidence(learned, 2, 2).exp().mul(100).round()  # sqrt(3/5 : 1/3), sqrt(2/5 : 2/3)
    tensor([[134.,  75.],
            [ 77., 129.]])
    """
    classes = learned.classes.repeat_interleave(learned.texts.lengths)
    places = learned.texts.ids * K + classes  # a token under a label
    counts = torch.bincount(places, minlength=V * K).view(V, K).double() + 1
    log_probs = (counts / counts.sum(0)).log()
    return (log_probs - log_probs.mean(1, keepdim=True)).float()
