"""The evidence folder of one controller: from its file to its C, what was tried, and on what."""
