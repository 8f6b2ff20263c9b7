"""Faults done on purpose, and a checker of what clients saw against what the history holds."""
