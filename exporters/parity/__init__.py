"""Proves that back ends compute the same."""
