"""Runs generated code on every instruction set of the table, and every activation on every float."""
