"""pairs: tiny models that differ in one thing, trained alike and set side by side."""
