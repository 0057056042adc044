"""measures: numbers of one model on one text, by name; the answers to a question."""
