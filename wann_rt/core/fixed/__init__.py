"""The same in fixed point: q12."""
