"""Runs generated code on other processors."""
