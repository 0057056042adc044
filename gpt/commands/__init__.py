"""The commands of `python -m gpt`: for each a module with `add_arguments` and `run`."""
