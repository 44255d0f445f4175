"""Writes a controller as an ONNX graph."""
