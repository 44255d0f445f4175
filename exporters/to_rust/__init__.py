"""Writes a controller in Rust, without the standard library and without unsafe code, with the bits of the search."""
