"""inspect: what a model does on a prompt, as numpy arrays; the rooms below hold the analyses."""
