"""What every component of ours shares, in Python and in JavaScript."""
