"""text: from characters to batches: tokenizers, corpora, splits."""
