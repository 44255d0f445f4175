"""A Gymnasium environment as a task."""
