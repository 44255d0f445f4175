"""The ladder of evidence under the C: each rung tries to break it, and must fail on a copy that is broken."""
