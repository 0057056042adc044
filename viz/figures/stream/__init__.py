"""Figures of the residual stream: its states, its norms, its gradients."""
