"""Every compiled loop: forward, lockstep rollout, expression, variation, ranking."""

from wann_rt.core.signals import uninterrupted

with uninterrupted():  # Ctrl-C in the seconds that this import takes comes out of it as some other error, or not at all
    import numba

assert numba
