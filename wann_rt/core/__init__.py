"""What a controller is, and exactly what it computes."""
