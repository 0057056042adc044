"""stream: the residual stream: what each state says, who wrote it, and what norms make of it."""
