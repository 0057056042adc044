"""heads: what the heads of a model look at, how they differ, and what each is worth."""
