"""How chaotic are random networks? The study of docs/random_networks.md, written by ``make random-networks``."""
