"""One HTML file for one or several runs: what was searched, what came of it, how to repeat it; no request is made."""
