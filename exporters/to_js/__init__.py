"""Writes a controller, or a task, as JavaScript that computes the same bits (``Math.fround`` after each operation)."""
