"""The compiled tasks, one file each."""
