"""Tasks: what a run can learn, each behind the same few functions that the loop calls."""
