"""From a controller to a better or smaller one."""
