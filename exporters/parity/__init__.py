"""Proves that evaluators compute the same."""
