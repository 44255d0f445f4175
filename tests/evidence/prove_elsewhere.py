"""The proofs for 32-bit and for big-endian machines; ESBMC's own is little-endian with 64-bit pointers."""

from dataclasses import replace

from evidence.prove import PROOFS, Proof, proved
from evidence.rung import Result

MACHINES = {"32 bits": ("--32",), "big-endian": ("--big-endian",)}
SEEDED = ("take", "an unchecked end")


def run() -> Result:
    """Runs all proofs on each further machine, and on each a copy with a fault."""
    everywhere = [elsewhere(proof, machine) for machine in MACHINES for proof in PROOFS]
    controls = [(proof, SEEDED[1]) for proof in everywhere if proof.name.startswith(f"{SEEDED[0]},")]
    return proved("prove_elsewhere", everywhere, controls)


def elsewhere(proof: Proof, machine: str) -> Proof:
    """Returns the same proof for another machine."""
    return replace(proof, name=f"{proof.name}, {machine}", options=(*proof.options, *MACHINES[machine]))
