"""one_head: the inside of a single head: its matrices, and each number as the sum it is."""
