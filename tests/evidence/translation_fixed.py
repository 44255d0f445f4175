"""Translation validation in fixed point: a q12 step is proven equal to its oracle for all observations there are.

One formula over a whole network is too hard for the solvers, so the proof is cut at each node, and its parts add up:

1. *function*: of equal arguments an activation of the header and that of the oracle make equal values, within the
   range that the plan says: run for every argument there is, 2^20 or so, under the undefined-behaviour sanitizer;
2. *argument*: of equal sums, a node's function gives its activation the oracle's argument: ESBMC;
3. *sum*: in the step as it stands, each node's function is given the oracle's sum of the values before, whatever
   these are within their ranges; and the actions are the oracle's of the outputs, whatever these are: ESBMC;
4. *range*: sums fit 32 bits and arguments the ranges of 1: from intervals, computed again here in exact integers.
"""

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

from evidence import oracle_fixed_c as oracle
from evidence.prove import esbmc
from evidence.rung import Result, call, tool
from evidence.translation import DIFFERS, PROVEN
from wann_rt import zoo
from wann_rt.core.activations import BY_ID
from wann_rt.core.controller import Controller
from wann_rt.core.errors import ExportError
from wann_rt.core.fixed.activations import ONE
from wann_rt.core.fixed.nodes import Node
from wann_rt.core.fixed.plan import Plan
from wann_rt.core.fixed.reference import FixedController
from wann_rt.core.fixed.symbols import INT32
from wann_rt.exporters.to_c.names import Names
from wann_rt.exporters.to_c_fixed.functions import arguments, is_call
from wann_rt.exporters.to_c_fixed.header import to_c_fixed

SECONDS = 60  # of each solver
SOLVERS = ("--z3", "--boolector", "--bitwuzla")
OVERFLOW = "--overflow-check"
MOST_COPIES = 12  # of a fault, until one is found
PREFIX = "subject"
_EVERYWHERE = ["-O1", "-w", "-fsanitize=undefined", "-fno-sanitize-recover=all"]
_HEAD = """\
short any_short(void);
int any_int(void);
void __ESBMC_assert(_Bool holds, const char *what);
void __ESBMC_assume(_Bool holds);
static int within(int low, int high) {
    int x = any_int();
    __ESBMC_assume(x >= low && x <= high);
    return x;
}
"""
# A node's function, while the step is proven: it must be given the oracle's sum, and returns any value of its range.
_CUT = """\
static int cut_at = 0;
static int values[N_NODES + 1];
static const int lows[] = {<lows>};
static const int highs[] = {<highs>};
static int oracle_sum(int node);
static int cut(int sum) {
    int node = cut_at;
    __ESBMC_assert(node < N_NODES, "a call for each node");
    __ESBMC_assert(sum == oracle_sum(node), "the sum is the oracle's");
    values[node] = within(lows[node], highs[node]);
    cut_at = node + 1;
    return values[node];
}
"""


def run() -> Result:
    """Proves the q12 header of each champion of the zoo equal to its oracle, and copies with a fault not."""
    verdicts: dict[str, str] = {}
    controls: dict[str, str | None] = {}
    for name in zoo.names():
        controller = zoo.load(name).inner  # of one with a state its network
        verdicts[name] = verdict(controller)
        print(f"    {name}: {controller.network.n_connections} connections, {verdicts[name]}", flush=True)
        if verdicts[name] == PROVEN:
            for what, copies in faulty(to_c_fixed(controller, prefix=PREFIX)).items():
                is_found = any(verdict(controller, copy) == DIFFERS for copy in copies[:MOST_COPIES])
                controls[f"{name}: {what}"] = "a counterexample" if is_found else None
    undecided = [f"{name} ({said})" for name, said in verdicts.items() if said not in (PROVEN, DIFFERS)]
    figures: dict[str, int | float | str] = {
        "q12 steps": len(verdicts),
        "proven equal for all inputs": sum(said == PROVEN for said in verdicts.values()),
        "not decided": ", ".join(undecided) or "none",
    }
    problems = tuple(f"{name} differs from its oracle" for name, said in verdicts.items() if said == DIFFERS)
    return Result("translation_fixed", figures, controls, problems)


def faulty(header: str) -> dict[str, list[str]]:
    """Returns copies of a header by the fault in what its step computes: a number one greater, an operator, a shift.

    Several for a fault, because one may change nothing: a limit that no value of the step ever reaches.
    """
    begin = header.index('extern "C" {')
    end = header.index("\n}\n", header.index(f"static inline void {PREFIX}_step(const int16_t"))
    body = re.sub(r"/\*.*?\*/", lambda found: " " * len(found[0]), header[begin:end], flags=re.DOTALL)
    body = re.sub(r"table\[\d+\].*?};", lambda found: re.sub(r"\d", "_", found[0]), body, flags=re.DOTALL)
    kinds = {
        "a number": [(m.start(), m.end(), str(int(m[0]) + 1)) for m in re.finditer(r"(?<![\w.\[])\d{3,}\b", body)],
        "a shift": [(m.start(1), m.end(1), str(int(m[1]) + 1)) for m in re.finditer(r">> (\d+)", body)],
        "an operator": [
            (m.start(), m.end(), " + " if m[0] == " - " else " - ") for m in re.finditer(r" [-+] (?=[a-z(])", body)
        ],
    }
    return {
        what: [header[: begin + a] + new + header[begin + b :] for a, b, new in places]
        for what, places in kinds.items()
        if places
    }


def verdict(controller: Controller, header: str | None = None) -> str:
    """Returns PROVEN, DIFFERS, or why it could not be decided.

    Args:
        controller: whose oracle.
        header: its header, prefix ``subject``; by default the generated one.
    """
    try:
        fixed = FixedController.of(controller)
    except ExportError as error:
        return f"has no form in fixed point: {error}"
    if fixed.memory is not None:
        return "keeps a state, which is not translated"
    plan = fixed.plan
    text = header if header is not None else to_c_fixed(controller, prefix=PREFIX)
    problem = out_of_range(plan)
    if problem is not None:
        return problem
    names = Names.of(controller, PREFIX)
    if not _holds_everywhere("\n".join([text, oracle.functions_text(), _functions(fixed, names)])):
        return DIFFERS
    proofs = [(_step(plan, text), ())] + [(proof, (OVERFLOW,)) for proof in _node_functions(plan, text, names)]
    undecided = None
    for proof, options in proofs:
        said = _decided("\n".join([text, oracle.functions_text(), _HEAD, proof]), options)
        if said == DIFFERS:
            return DIFFERS
        undecided = undecided or (None if said == PROVEN else said)
    return undecided or PROVEN


def out_of_range(plan: Plan) -> str | None:
    """Returns what leaves 32 bits or the range that the plan says, or None."""
    inputs = [(ONE, ONE), *(form.range for form in plan.observations)]
    for nodes in plan.members:
        ranges = [*inputs, *(node.range for node in nodes)]
        for k, node in enumerate(nodes):
            pairs = [(factor, ranges[source]) for source, factor in zip(node.sources, node.factors, strict=True)]
            ends = [sorted((factor * low, factor * high)) for factor, (low, high) in pairs]
            magnitude = sum(max(map(abs, end)) for end in ends) + abs(node.constant)
            total = sum(low for low, _ in ends) + node.constant, sum(high for _, high in ends) + node.constant
            met = sorted(_argument_of(node, end) for end in total)  # it is monotone in the sum
            if max(magnitude, node.magnitude) > INT32[1] or magnitude > node.magnitude:
                return f"the sum of node {k} leaves its range"
            if not node.argument[0] <= met[0] <= met[1] <= node.argument[1]:
                return f"the argument of node {k} leaves its range"
    return None


def _argument_of(node: Node, total: int) -> int:
    held = total if node.limit is None else max(-node.limit, min(node.limit, total))
    return (held if node.weight is None else held * node.weight) >> node.shift


def _functions(fixed: FixedController, names: Names) -> str:
    """Returns the C that runs every activation for every argument, and returns 1 where one differs from the oracle."""
    every = [node for nodes in fixed.plan.members for node in nodes]
    lines = ["int main(void) {", "    long x;", "    int y;"]
    for activation, (low, high) in arguments(fixed).items():
        lines += [f"    for (x = {low}; x <= {high}; x++) {{", f"        y = oracle_activation({activation}, (int)x);"]
        if is_call(activation):
            lines.append(f"        if ({names.function(BY_ID[activation])}((int)x) != y) {{ return 1; }}")
        for (first, last), (least, most) in sorted(
            {(n.argument, n.range) for n in every if n.activation == activation}
        ):
            lines.append(f"        if (x >= {first} && x <= {last} && (y < {least} || y > {most})) {{ return 1; }}")
        lines.append("    }")
    return "\n".join([*lines, "    return 0;", "}", ""])


def _holds_everywhere(program: str) -> bool:
    """Whether a program, which ends within seconds, returns 0 and does nothing undefined."""
    with tempfile.TemporaryDirectory() as name:
        source, image = Path(name, "every.c"), Path(name, "every")
        source.write_text(program, encoding="utf-8")
        built = call([tool("gcc"), *_EVERYWHERE, source, "-o", image])
        if built.returncode != 0:
            raise ExportError(f"the functions do not compile:\n{built.stderr[-2000:]}")
        return call([image], SECONDS).returncode == 0


def _node_functions(plan: Plan, header: str, names: Names) -> list[str]:
    """Returns a proof for each function of nodes: with the activation, a call, cut out, it gives the argument."""
    found = []
    for number, nodes in enumerate(plan.members, 1):
        suffix = f"_{number}" if plan.mean else ""
        groups: dict[str, list[Node]] = {}
        for node in nodes:
            groups.setdefault(f"{names.function(BY_ID[node.activation])}_w{node.shift}{suffix}", []).append(node)
        found += [_argument(name, group, header, names) for name, group in groups.items()]
    return found


def _argument(name: str, nodes: Sequence[Node], header: str, names: Names) -> str:
    activation = nodes[0].activation
    text = re.search(rf"^static inline \w+ {name}\([^\n]*}}$", header, re.MULTILINE)
    text = text or re.search(rf"^static inline \w+ {name}\(.*?^}}$", header, re.MULTILINE | re.DOTALL)
    if text is None:
        raise ExportError(f"the header has no function {name}")
    cut = f"#define {names.function(BY_ID[activation])}(x) (x)\n" if is_call(activation) else ""
    expected = oracle.argument(next((n for n in nodes if n.limit is not None), nodes[0]), "sum")
    expected = expected if is_call(activation) else f"oracle_activation({activation}, {expected})"
    most = max(node.magnitude for node in nodes)
    is_right = f'__ESBMC_assert(cut_function(sum) == {expected}, "the argument is the oracle\'s");'
    return (
        cut + text[0].replace(name, "cut_function", 1) + "\n" + _main(f"int sum = within({-most}, {most});", is_right)
    )


def _step(plan: Plan, header: str) -> str:
    """Returns the proof of the step: all sums, and the actions."""
    nodes = [node for member in plan.members for node in member]
    pattern = rf"^static inline void {PREFIX}_(?:member\d+|add|step)\(.*?^}}$"
    texts = re.findall(pattern, header, re.MULTILINE | re.DOTALL)
    calls = sorted({found for text in texts for found in re.findall(rf"{PREFIX}_\w+_w\d+(?:_\d+)?(?=\()", text)})
    lows, highs = (", ".join(str(node.range[side]) for node in nodes) for side in (0, 1))
    lines = [f"observation[{k}] = any_short();" for k in range(len(plan.observations))]
    lines += ["cut_step(observation, actions);", '__ESBMC_assert(cut_at == N_NODES, "a call for each node");']
    for k, expected in enumerate(_actions(plan)):
        lines.append(f'__ESBMC_assert(actions[{k}] == {expected}, "the action is the oracle\'s");')
    parts = [
        f"#define N_NODES {len(nodes)}\nstatic short observation[{len(plan.observations)}];",
        f"static int actions[{len(plan.actions)}];",
        _CUT.replace("<lows>", lows).replace("<highs>", highs),
        *(f"#define {name}(sum) cut(sum)" for name in calls),
        *(re.sub(rf"\b{PREFIX}_(member\d+|add|step)\(", r"cut_\1(", text) for text in texts),
        _sums(plan),
        _main(*lines),
    ]
    return "\n".join(parts)


def _sums(plan: Plan) -> str:
    """Returns the C of ``oracle_sum``, of the values that were cut before."""
    inputs = ["4096", *(oracle.observed(form, f"observation[{k}]") for k, form in enumerate(plan.observations))]
    lines, number = ["static int oracle_sum(int node) {", "    switch (node) {"], 0
    for nodes in plan.members:
        names = [*inputs, *(f"values[{number + k}]" for k in range(len(nodes)))]
        for node in nodes:
            lines.append(f"    case {number}: return {oracle.total(node, names)};")
            number += 1
    return "\n".join([*lines, "    default: return 0;", "    }", "}"])


def _actions(plan: Plan) -> list[str]:
    """Returns the oracle's actions of the values that were cut."""
    ends = [sum(len(nodes) for nodes in plan.members[: k + 1]) for k in range(len(plan.members))]
    found = []
    for k, action in enumerate(plan.actions):
        of = [oracle.acted(action, f"values[{end - len(plan.actions) + k}]") for end in ends]
        if plan.mean:
            of = [oracle.limited(oracle.affine(f"({' + '.join(of)})", plan.mean[k]), action.limits)]
        found.append(of[0])
    return found


def _main(*lines: str) -> str:
    return "\n".join(["int main(void) {", *(f"    {line}" for line in lines), "    return 0;", "}", ""])


def _decided(program: str, options: Sequence[str]) -> str:
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, "equal.c")
        path.write_text(program, encoding="utf-8")
        for solver in SOLVERS:
            command: list[str | Path] = [esbmc(), path, *options, "--memlimit", "6g", solver, "--result-only"]
            try:
                done = call(command, SECONDS)
            except ExportError:
                continue
            printed = done.stdout + done.stderr
            if "PARSING ERROR" in printed or "CONVERSION ERROR" in printed:
                raise ExportError(f"ESBMC does not read the program:\n{printed[-2000:]}")
            if "VERIFICATION SUCCESSFUL" in printed:
                return PROVEN
            if "VERIFICATION FAILED" in printed:
                return DIFFERS
    return f"not within {SECONDS} s by any of {', '.join(solver.lstrip('-') for solver in SOLVERS)}"
