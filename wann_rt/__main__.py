"""Lets ``python -m wann_rt`` stand for ``wann-rt``."""

from wann_rt.cli import main

main()
