"""readers: one file for each family of checkpoints, and what several of them share."""
