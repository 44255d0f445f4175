"""Every compiled loop: forward, lockstep rollout, expression, variation, ranking."""
