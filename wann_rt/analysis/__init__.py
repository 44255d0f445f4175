"""How sharply does a controller react? Bounds that are proven, over all observations in a box."""
