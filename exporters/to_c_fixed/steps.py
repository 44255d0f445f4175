"""The functions of a header in fixed point that compute actions: one line a node, in the task's names."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from wann_rt.core.activations import BY_ID
from wann_rt.core.fixed.activations import FIXED, Range
from wann_rt.core.fixed.nodes import Node, totals
from wann_rt.core.fixed.plan import INT16, Affine, Plan
from wann_rt.core.fixed.reference import FixedController, Integers, argument_of
from wann_rt.exporters.to_c.names import Names
from wann_rt.exporters.to_c.text import INDENT, assignment, signature, sum_assignment
from wann_rt.exporters.to_c_fixed import memory
from wann_rt.exporters.to_c_fixed.functions import arguments, function, is_call, value_limits
from wann_rt.exporters.to_c_fixed.syntax import c_type, is_narrow


def steps(fixed: FixedController, names: Names) -> list[str]:
    """Returns the text of the step functions, callees first."""
    if fixed.memory is None:
        return _network(fixed, names)
    return [*_network(fixed, names.network), *memory.functions(fixed.memory, names)]


def _network(fixed: FixedController, names: Names) -> list[str]:
    """Returns the text of the functions that compute actions from all that the network sees, callees first."""
    plan, met = fixed.plan, arguments(fixed)
    texts = []
    for k, (nodes, groups) in enumerate(zip(plan.members, groups_of(plan, names), strict=True), 1):
        step, note = names.step, "Computes the actions for one observation."
        if plan.mean:
            step = f"member{k}"
            note = f"Computes the actions under the weight {fixed.controller.weight.values[k - 1]:g}."
        texts += [group.function(names, met) for group in groups]
        texts.append(_step(plan, nodes, names, {group.key: group for group in groups}, step, note))
    return [*texts, *_ensemble_step(plan, names)] if plan.mean else texts


@dataclass(frozen=True)
class Group:
    """Nodes that do the same with their sums, and so share a function.

    Attributes:
        name: of the function.
        nodes: all of them.
        totals: least and greatest sum of theirs, before it is limited.
    """

    name: str
    nodes: tuple[Node, ...]
    totals: Range

    @property
    def key(self) -> tuple[int, int]:
        """Activation and shift."""
        return self.nodes[0].activation, self.nodes[0].shift

    @property
    def limit(self) -> int | None:
        """Of their sums, where one needs it."""
        return next((node.limit for node in self.nodes if node.limit is not None), None)

    @property
    def is_wide(self) -> bool:
        """Whether their sums need 32 bits; those of products always get them."""
        return self.nodes[0].weight is None or max(node.magnitude for node in self.nodes) > INT16[1]

    @property
    def range(self) -> Range:
        """Of their values."""
        return min(node.range[0] for node in self.nodes), max(node.range[1] for node in self.nodes)

    def function(self, names: Names, met: Mapping[int, Range]) -> str:
        """Returns the function's text."""
        node = self.nodes[0]
        text, is_wide, lines = "sum", self.is_wide, []
        if self.limit is not None:
            lines = assignment("const int32_t held", _clip(names, text, (-self.limit, self.limit)))
            text, is_wide = "held", True
        if node.weight is not None:
            text, is_wide = f"({text if is_wide else '(int32_t)sum'} * {node.weight})", True
        text = f"{text} >> {node.shift}" if node.shift else text
        value = _activated(node, self._argument, text, is_wide, self.range, names, met)
        kinds = ("int32_t" if self.is_wide else "int"), c_type(self.range)
        formula = re.sub(r"\bx\b", "s", BY_ID[node.activation].formula)
        note = f"{formula}, where s = {'sum' if node.weight is None else 'weight * sum'}"
        head = signature(f"static inline {kinds[1]}", self.name, [f"{kinds[0]} sum"])
        return function(note, head, lines, value)

    def evaluate(self, sums: Integers) -> Integers:
        """Returns what the function computes."""
        node = replace(self.nodes[0], limit=self.limit)
        return np.asarray(FIXED[node.activation].function(argument_of(node, sums)))

    @property
    def _argument(self) -> Range:
        return min(node.argument[0] for node in self.nodes), max(node.argument[1] for node in self.nodes)


def groups_of(plan: Plan, names: Names) -> list[list[Group]]:
    """Returns the groups of each member's nodes, by activation and shift."""
    inputs = [observation.range for observation in plan.observations]
    found = []
    for k, nodes in enumerate(plan.members, 1):
        members: dict[tuple[int, int], list[tuple[Node, Range]]] = {}
        for node, total in zip(nodes, totals(nodes, inputs), strict=True):
            members.setdefault((node.activation, node.shift), []).append((node, total))
        suffix = f"_{k}" if plan.mean else ""
        found.append([_group(f"{names.function(BY_ID[key[0]])}_w{key[1]}{suffix}", of) for key, of in members.items()])
    return found


def _group(name: str, members: Sequence[tuple[Node, Range]]) -> Group:
    nodes, ranges = zip(*members, strict=True)
    return Group(name, nodes, (min(low for low, _ in ranges), max(high for _, high in ranges)))


def _activated(
    node: Node, argument: Range, text: str, is_wide: bool, value: Range, names: Names, met: Mapping[int, Range]
) -> str:
    """Returns the activation of an argument."""
    activation = BY_ID[node.activation]
    if is_wide and is_narrow(argument):
        text, is_wide = f"(int)({text})", False
    if is_call(node.activation):
        text, is_wide = f"{names.function(activation)}({text})", not is_narrow(value_limits(node.activation, met))
    elif activation.name == "inverse":
        widens = not is_wide and not is_narrow(value)
        text, is_wide = f"-{'(int32_t)' * widens}({text})", is_wide or widens
    return f"(int)({text})" if is_wide and is_narrow(value) else text


def _step(
    plan: Plan, nodes: Sequence[Node], names: Names, groups: Mapping[tuple[int, int], Group], name: str, note: str
) -> str:
    lines = _head(names, name, note)
    observations = _observations(plan, nodes, names)
    lines += [*observations, ""] if observations else []
    wide = {k for k, o in enumerate(plan.observations, 1) if not is_narrow(o.range)}
    for k, node in enumerate(nodes, len(names.nodes) - len(nodes)):
        group = groups[node.activation, node.shift]
        lines += _node(node, k, names, wide, group)
        wide |= set() if is_narrow(group.range) else {k}
    lines.append("")
    for k, (action, target) in enumerate(zip(plan.actions, names.actions, strict=True), -len(plan.actions)):
        y = names.nodes[k]
        if action.condition is not None and len(names.nodes) + k not in wide:
            y = f"(int32_t){y}"
        value = _clip(names, _affine(y, action.condition), action.limits)
        lines += assignment(f"actions[{target}]", value)
    unused = [] if observations else [f"{INDENT}(void)obs;"]
    return "\n".join([*lines, *unused, "}"])


def _head(names: Names, name: str, note: str) -> list[str]:
    """Returns a comment and the signature."""
    parameters = [f"const int16_t obs[{names.P}_{names.count}]", f"int32_t actions[{names.P}_{names.results}]"]
    return [f"/* {note} */", *signature("static inline void", f"{names.p}_{name}", parameters)]


def _observations(plan: Plan, nodes: Sequence[Node], names: Names) -> list[str]:
    """Returns a line for each observation that the network looks at."""
    used = {source for node in nodes for source in node.sources}
    lines = []
    for k, form in enumerate(plan.observations, 1):
        if k not in used:
            continue
        text, wide = f"obs[{names.observations[k - 1]}]", False
        if form.limits is not None:
            text, wide = _clip(names, text, form.limits), True
            if form.condition is not None:
                lines += assignment(f"const int32_t u{k}", text)
                text = f"u{k}"
        if form.condition is not None:
            text, wide = _affine(text if wide else f"(int32_t){text}", form.condition), True
        elif form.widen > 1:
            needs = not wide and not is_narrow(form.range)
            text, wide = f"{'(int32_t)' * needs}{text} * {form.widen}", wide or needs
        narrow = wide and is_narrow(form.range)
        if narrow:
            text = f"(int){text}" if text.startswith(names.p) else f"(int)({text})"
        lines += assignment(f"const {c_type(form.range)} {names.nodes[k]}", text)
    return lines


def _affine(text: str, form: Affine | None) -> str:
    """Returns what an affine form makes of an int32_t."""
    if form is None:
        return text
    total = _plus(f"{text} * {form.factor}", form.constant)
    if form.shift == 0:
        return _plus(total, form.after)
    shifted = f"({total}) >> {form.shift}"
    return _plus(f"({shifted})", form.after) if form.after else shifted


def _plus(text: str, constant: int) -> str:
    return f"{text} {'-' if constant < 0 else '+'} {abs(constant)}" if constant else text


def _clip(names: Names, text: str, limits: Range | None) -> str:
    return text if limits is None else f"{names.p}_clip({text}, {limits[0]}, {limits[1]})"


def _node(node: Node, number: int, names: Names, wide: set[int], group: Group) -> list[str]:
    """Returns the lines of one node: its formula, or first its sum where that is too long."""
    is_wide = group.is_wide or any(source in wide for source in node.sources)
    narrows = is_wide and not group.is_wide
    terms = _terms(node, names, wide, is_wide)
    text = " ".join(terms)
    target = f"const {c_type(group.range)} {names.nodes[number]}"
    whole = assignment(target, f"{group.name}({f'(int)({text})' if narrows else text})")
    if len(whole) == 1:
        return whole
    total = f"const {'int32_t' if is_wide else 'int'} s{number}"
    return [*sum_assignment(total, terms), *assignment(target, f"{group.name}({'(int)' * narrows}s{number})")]


def _terms(node: Node, names: Names, wide: set[int], is_wide: bool) -> list[str]:
    """Returns the terms of a sum with their operators, the bias last; the first decides the type of the sum."""
    terms: list[str] = []
    for source, factor in zip(node.sources, node.factors, strict=True):
        text = names.nodes[source]
        if is_wide and source not in wide and (not terms or node.weight is None):
            text = f"(int32_t){text}"
        if node.weight is None:
            text = f"{text} * {abs(factor)}"
        terms.append(_signed(text, factor < 0, first=not terms))
    if node.constant or not terms:
        terms.append(_signed(str(abs(node.constant)), node.constant < 0, first=not terms))
    return terms


def _signed(text: str, negative: bool, *, first: bool) -> str:
    if first:
        return f"-{text}" if negative else text
    return f"{'-' if negative else '+'} {text}"


def _ensemble_step(plan: Plan, names: Names) -> list[str]:
    """Returns the limited mean over the members, and what adds the actions of one of them."""
    head = signature("static inline void", f"{names.p}_add", ["int32_t *sum", "const int32_t *more"])
    add = ["/* Adds the actions of one more member. */", *head]
    add += [f"{INDENT}sum[{k}] = sum[{k}] + more[{k}];" for k in range(len(names.actions))]
    lines = _head(names, names.step, "Computes the mean of the actions under each member's weight.")
    is_single = len(plan.members) == 1
    lines += [names.fill(f"{INDENT}int32_t {name}[<P>_{names.results}];") for name in ("sum", "more")[: 2 - is_single]]
    lines.append(f"{INDENT}{names.p}_member1(obs, sum);")
    for k in range(2, len(plan.members) + 1):
        lines += [f"{INDENT}{names.p}_member{k}(obs, more);", f"{INDENT}{names.p}_add(sum, more);"]
    for k, (action, mean) in enumerate(zip(plan.actions, plan.mean, strict=True)):
        value = _clip(names, _affine(f"sum[{k}]", mean), action.limits)
        lines += assignment(f"actions[{names.actions[k]}]", value)
    return ["\n".join([*text, "}"]) for text in ((lines,) if is_single else (add, lines))]
