"""tokenizers: every way to cut a text, behind the interface in `gpt.text.tokenizer`."""
