"""Translation validation: ESBMC proves that a generated step and the oracle agree in every bit, for all inputs."""

import re
import tempfile
from pathlib import Path

import numpy as np

from evidence.oracle_c import oracle_text
from evidence.prove import esbmc
from evidence.rung import Result, call
from wann_rt import zoo
from wann_rt.core.controller import Controller
from wann_rt.core.errors import ExportError
from wann_rt.exporters.to_c.header import to_c

MOST_CONNECTIONS = 7
SECONDS = 90
PROVERS = ("--z3", "--cvc5")  # either decides what the other does not
SEEKERS = ("--bitwuzla",)  # of counterexamples
PROVEN, DIFFERS = "proven", "differs"
_NUMBER = re.compile(r"(?<![\w.])\d+\.\d+(?:e[-+]?\d+)?f")
_HARNESS = """\
float any_float(void);
void __ESBMC_assert(_Bool holds, const char *what);
static unsigned bits_of(float value) {
    union { float value; unsigned bits; } both;
    both.value = value;
    return (both.bits & 0x7fffffffu) > 0x7f800000u ? 0x7fc00000u : both.bits;
}
int main(void) {
    float observation[N_INPUTS];
    float expected[N_OUTPUTS];
    float actions[N_OUTPUTS];
    int k;
    for (k = 0; k < N_INPUTS; k++) {
        observation[k] = any_float();
    }
    oracle(observation, expected);
    subject_step(observation, actions);
    for (k = 0; k < N_OUTPUTS; k++) {
        __ESBMC_assert(bits_of(actions[k]) == bits_of(expected[k]), "the step is the oracle");
    }
    return 0;
}
"""


def run() -> Result:
    """Proves the header of each small champion of the zoo equal to its oracle, and copies with a fault not."""
    verdicts = {name: verdict(controller) for name, controller in champions().items()}
    figures: dict[str, int | float | str] = {
        "steps": len(verdicts),
        "proven equal for all inputs": sum(said == PROVEN for said in verdicts.values()),
    }
    undecided = [f"{name} ({said})" for name, said in verdicts.items() if said not in (PROVEN, DIFFERS)]
    figures |= {"not decided": ", ".join(undecided) or "none"}
    controls: dict[str, str | None] = {}
    for name, controller in champions().items():
        if verdicts[name] == PROVEN:
            for what, headers in faulty(to_c(controller, prefix="subject")).items():
                is_found = any(verdict(controller, header, SEEKERS) == DIFFERS for header in headers)
                controls[f"{name}: {what}"] = "a counterexample" if is_found else None
    problems = tuple(f"{name} differs from its oracle" for name, said in verdicts.items() if said == DIFFERS)
    return Result("translation", figures, controls, problems)


def faulty(header: str) -> dict[str, list[str]]:
    """Returns copies of a header by the fault in its step: a number with another last bit, an operator.

    Several for a fault, because one may change nothing: a limit that no value of the step ever reaches.
    """
    begin = header.index("static inline void subject_step(const float obs")
    end = header.index("\n}\n", begin)
    body = header[begin:end]
    numbers, operators = [], []
    for found in _NUMBER.finditer(body):
        next_one = float(np.nextafter(np.float32(found[0][:-1]), np.float32(np.inf))).hex()
        numbers.append(f"{body[: found.start()]}{next_one}f{body[found.end() :]}")
    for found in re.finditer(r" [-+] ", body):
        other = " + " if found[0] == " - " else " - "
        operators.append(body[: found.start()] + other + body[found.end() :])
    copies = {"a last bit": numbers, "an operator": operators}
    return {
        what: [header[:begin] + copy + header[end:] for copy in bodies] for what, bodies in copies.items() if bodies
    }


def champions() -> dict[str, Controller]:
    """Returns the champions of the zoo that are small enough, by name; of one with a state its network."""
    loaded = {name: zoo.load(name).inner for name in zoo.names()}
    return {name: c for name, c in loaded.items() if c.network.n_connections <= MOST_CONNECTIONS}


def verdict(controller: Controller, header: str | None = None, solvers: tuple[str, ...] = PROVERS) -> str:
    """Returns PROVEN, DIFFERS, or why it could not be decided.

    Args:
        controller: whose oracle.
        header: its header, prefix ``subject``; by default the generated one.
        solvers: of ESBMC, one after the other until one decides.
    """
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, "equal.c")
        text = header if header is not None else to_c(controller, prefix="subject")
        path.write_text("\n".join([text, oracle_text(controller), _HARNESS]), encoding="utf-8")
        most = 2 + max(len(controller.observations), controller.network.n_nodes, controller.network.n_connections)
        options = ["--unwind", str(most), "--no-bounds-check", "--no-pointer-check", "--no-div-by-zero-check"]
        for solver in solvers:
            command: list[str | Path] = [esbmc(), path, *options, "--memlimit", "8g", solver, "--result-only"]
            try:
                done = call(command, SECONDS)
            except ExportError:
                continue
            printed = done.stdout + done.stderr
            if "VERIFICATION SUCCESSFUL" in printed:
                return PROVEN
            if "VERIFICATION FAILED" in printed:
                return DIFFERS
    return f"not within {SECONDS} s by any of {', '.join(solver.lstrip('-') for solver in solvers)}"
