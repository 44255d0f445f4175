"""One HTML file for a controller: the plant moving, the network lit, the proof recomputed; no request to anywhere."""
