"""heads: what the heads of a model look at, how they are told apart, and what each is worth."""
