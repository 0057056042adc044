"""ladder: the models of the lecture, each a step above the last, trained and measured."""
