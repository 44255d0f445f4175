"""Who plays episodes: threads for compiled tasks, back ends for environments."""
