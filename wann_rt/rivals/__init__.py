"""Rivals: the controllers that a user would take instead, tuned as ours are and judged in the same episodes."""
