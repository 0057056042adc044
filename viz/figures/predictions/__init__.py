"""Figures of the next token: what a model said, and what a change made of it."""
