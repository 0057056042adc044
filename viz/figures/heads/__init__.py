"""Figures of heads: their maps, one number for each, and the stages of one."""
