"""build: the model that a config describes."""

from __future__ import annotations

from gpt.nn.classifier import Classifier
from gpt.nn.config import GPTConfig
from gpt.nn.encoder_decoder import EncoderDecoder
from gpt.nn.model import GPT


def build(config: GPTConfig) -> GPT:
    """A new model of the class that the config asks for, its first weights drawn."""
    if config.is_classifier:
        return Classifier(config)
    if config.n_encoder_layer:
        return EncoderDecoder(config)
    return GPT(config)
