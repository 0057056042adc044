"""tokens: the vocabulary: its embeddings, its kinds, and how often each token occurs."""
