"""Laws of a controller with a state in Rust: the oracle's bits step after step, and a self-test that notices faults."""

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from helpers import builders, needs, small_controllers
from helpers.packages import run

from wann_rt.core.controller import Channel, Controller, Weight
from wann_rt.core.reference import evaluate_sequence
from wann_rt.exporters.contract import test_vectors as vectors
from wann_rt.exporters.packages import package
from wann_rt.exporters.to_c.names import Names
from wann_rt.exporters.to_rust.controller import controller_module

STEPS = 300


def controllers() -> list[Controller]:
    """Returns both small controllers under every kind of weight; two of them with actions that no limit hides."""
    made = []
    plain = {"actions": (Channel("force", "N", scale=0.1),)}
    for make in (small_controllers.remembering, small_controllers.recurrent):
        sizes = tuple(0.1 * (-1) ** k * (k + 2) for k in range(make().network.n_connections))
        made += [make(Weight.shared(-0.4), **plain), make(Weight("ensemble", (-1.0, 0.5, 2.0)))]
        made.append(make(Weight("connections", sizes)))
    return made


def written(controller: Controller, name: str) -> str:
    return controller_module(controller, Names.of(controller, name))


RUN = """
fn run{k}(words: &[u32], resets: &[usize]) {{
    print!("{{:x}} ", c{k}::selftest());
    let mut state = c{k}::State::default();
    for (number, row) in words.chunks(c{k}::N_OBSERVATIONS).enumerate() {{
        if resets.contains(&number) {{ state.reset(); }}
        let mut obs = [0.0; c{k}::N_OBSERVATIONS];
        for (x, bits) in obs.iter_mut().zip(row) {{ *x = f32::from_bits(*bits); }}
        for action in c{k}::step(&mut state, &obs) {{ print!("{{:x}} ", action.to_bits()); }}
    }}
    println!();
}}
"""


@pytest.mark.slow
def test_sequences_with_resets_have_the_oracles_bits(tmp_path: Path) -> None:
    rustc, rng = needs.program("rustc"), np.random.default_rng(19)
    subjects, parts, calls, expected = controllers(), [], [], []
    for k, controller in enumerate(subjects):
        x = builders.inputs(rng, len(controller.observations), STEPS).T.copy()
        begins = rng.random(STEPS) < 0.03
        expected.append(evaluate_sequence(controller, x, begins))
        (tmp_path / f"c{k}.rs").write_text(written(controller, f"c{k}"))
        parts.append(f"#[allow(dead_code)]\nmod c{k};\n{RUN.format(k=k)}")
        words = ", ".join(map(str, x.view(np.uint32).ravel().tolist()))
        calls.append(f"run{k}(&[{words}], &{np.flatnonzero(begins).tolist()});")
    (tmp_path / "main.rs").write_text("\n".join([*parts, f"fn main() {{ {' '.join(calls)} }}"]))
    run(rustc, "--edition=2021", "-D", "warnings", "-o", "main", "main.rs", cwd=tmp_path)
    lines = run("./main", cwd=tmp_path).splitlines()
    for line, controller, actions in zip(lines, subjects, expected, strict=True):
        selftest, *bits = [int(word, 16) for word in line.split()]
        assert selftest == 0, controller
        assert builders.same_bits(np.array(bits, np.uint32).view(np.float32).reshape(STEPS, -1), actions)


DERIVE, RESET = "let seen = derive(state, obs);", "*self = Self::default();"
FAULTS: Mapping[str, tuple[str, str]] = {
    "a reset that is forgotten": (RESET, ""),
    "a state updated twice": (DERIVE, f"derive(state, obs);\n    {DERIVE}"),
    "a state read after it was written": ("    let m2 = state.", "    state.m_dx_0 = o_x;\n    let m2 = state."),
    "an action that is not kept": ("    state.m_last_force_0 = ", "    let _ = "),
    "a number that a reset leaves": (RESET, "*self = Self { m_began: self.m_began, ..Self::default() };"),
}


@pytest.mark.slow
def test_the_self_test_notices_a_fault_of_the_state(tmp_path: Path) -> None:
    rustc, controller = needs.program("rustc"), small_controllers.recurrent()
    text = written(controller, "c")
    for k, (good, bad) in enumerate([("", ""), *FAULTS.values()]):
        assert text.count(good) == 1 or not good, good
        (tmp_path / f"c{k}.rs").write_text(text.replace(good, bad) if good else text)
    modules = range(len(FAULTS) + 1)
    calls = " ".join(f'println!("{{}}", c{k}::selftest());' for k in modules)
    mods = "\n".join(f"#[allow(warnings)]\nmod c{k};" for k in modules)
    (tmp_path / "main.rs").write_text(f"{mods}\nfn main() {{ {calls} }}\n")
    run(rustc, "--edition=2021", "-o", "main", "main.rs", cwd=tmp_path)
    found = list(map(int, run("./main", cwd=tmp_path).split()))
    assert found[0] == 0
    assert all(found[1:]), dict(zip(FAULTS, found[1:], strict=True))


@pytest.mark.slow
def test_cargo_tests_a_crate_with_a_state_offline(tmp_path: Path) -> None:
    cargo, controller = needs.program("cargo"), replace(small_controllers.recurrent(), name="recalling")
    folder = package(controller, "rust", out=tmp_path / "made")
    quick = {"RUSTFLAGS": "-D warnings", "CARGO_PROFILE_DEV_DEBUG": "0"}  # without what a debugger wants
    printed = run(cargo, "test", "--offline", "--tests", "--examples", cwd=folder, **quick)
    assert "3 passed" in printed
    printed = run(cargo, "run", "--offline", "-q", "--example", "steps", cwd=folder, **quick)
    observation = np.array([vectors(controller)[0].observation], np.float32)
    action = evaluate_sequence(controller, observation, np.array([True]))[0, 0]
    found = re.search(r"self-test passed\naction 0: (\S+)", printed)
    assert found is not None
    assert np.float32(found[1]) == action
    module = folder / "src" / "controller.rs"
    module.write_text(module.read_text().replace(*FAULTS["a reset that is forgotten"]))
    command = [cargo, "test", "--offline", "--no-fail-fast", "--test", "bits"]
    done = subprocess.run(command, cwd=folder, env={**os.environ, **quick}, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "0 passed; 3 failed" in done.stdout


@pytest.mark.slow
def test_clippy_and_rustfmt_find_no_fault_in_a_crate_with_a_state(tmp_path: Path) -> None:
    cargo = needs.program("cargo")
    folder = package(small_controllers.recurrent(), "rust", out=tmp_path / "made")
    for tool, words in (("cargo-fmt", ["fmt", "--check"]), ("cargo-clippy", ["clippy", "--offline", "--all-targets"])):
        needs.program(tool)
        run(cargo, *words, *(["--", "-D", "warnings"] if tool == "cargo-clippy" else []), cwd=folder)


@pytest.mark.parametrize("make", [small_controllers.remembering, small_controllers.recurrent])
def test_all_of_the_old_state_is_read_before_the_new_one_is_written(make: object) -> None:
    controller: Controller = make()  # type: ignore[operator]
    text = written(controller, "c")
    for name in ("derive", "step"):
        body = re.search(rf"^(?:pub )?fn {name}\(.*?^}}", text, re.MULTILINE | re.DOTALL)
        assert body is not None
        reads = [m.start() for m in re.finditer(r"^    let m\d+ = state\.", body[0], re.MULTILINE)]
        writes = [m.start() for m in re.finditer(r"^    state\.\w+ = ", body[0], re.MULTILINE)]
        assert max(reads) < min(writes)
        assert body[0].count("state.") == len(reads) + len(writes)


def test_a_module_with_a_state_has_no_checked_step_and_hides_what_feeds_its_nodes() -> None:
    text = written(small_controllers.recurrent(), "c")
    assert set(re.findall(r"pub fn (\w+)", text)) == {"reset", "step", "selftest"}
    assert "has no checked step" in text
    assert "unsafe" not in text
    assert "mul_add" not in text
    assert not re.search(r"pub const (NEXT|DERIVED)_", text)
