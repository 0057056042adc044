"""What a model does with a whole batch: rows that never talk, one step, losses by context."""
