"""layouts: where each tensor of ours is in the files of others, as rules that work both ways."""
