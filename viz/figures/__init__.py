"""Plotly figures by subject: arrays and tokens in, a figure out."""
