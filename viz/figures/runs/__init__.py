"""Figures of runs: their losses, and where their parameters are."""
