"""From a task to a controller."""
