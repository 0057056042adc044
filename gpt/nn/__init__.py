"""nn: the models themselves, as modules of torch, with the names that GPT-2 gave the parts."""
