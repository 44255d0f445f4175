"""Writes a controller, or a task, as one C header."""
