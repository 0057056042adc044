"""Figures of tokens and their embeddings."""
