"""Monitors: what they watch, how they are calibrated on machines that differ, and which faults they find."""
