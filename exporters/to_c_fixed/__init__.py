"""Writes a controller as one C header in fixed point."""
