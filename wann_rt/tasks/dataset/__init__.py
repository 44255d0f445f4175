"""Data sets: tasks of one step whose episodes are samples."""
