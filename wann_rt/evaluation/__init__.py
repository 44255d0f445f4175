"""How good a controller is."""
