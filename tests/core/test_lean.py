"""Laws of running a controller without the searcher: numpy alone is enough, and a compiled one is fast and the same."""

import subprocess
import sys
import threading
from pathlib import Path

import numpy as np
import pytest
from helpers import needs
from numpy.typing import NDArray

import wann_rt as wr
from wann_rt.core.errors import ControllerError, ExportError

ROOT = Path(__file__).parents[2]
CONTROLLER = wr.load(ROOT / "examples" / "swingup.json")
ABSENT = ("numba", "llvmlite", "gymnasium", "onnx", "onnxruntime", "click", "rich", "matplotlib")

LEAN = f"""
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {ABSENT!r}:
            raise ModuleNotFoundError(f"No module named {{name!r}}", name=name)
sys.meta_path.insert(0, Absent())
import wann_rt as wr
controller = wr.load({str(ROOT / "examples" / "swingup.json")!r})
observation = controller.vectors[0].observation
assert tuple(controller(observation).tolist()) == controller.vectors[0].action
assert tuple(controller.numpy()(observation).tolist()) == controller.vectors[0].action
assert controller.decide(observation).shape == (1,)
wr.save(controller, sys.argv[1])
assert wr.load(sys.argv[1]) == controller
assert b"{CONTROLLER.name.replace("-", "_")}_step" in wr.export(controller, "c", out=sys.argv[1] + ".h")
assert wr.load("zoo:pendulum").rate_hz == 20
assert not [name for name in {ABSENT!r} if name in sys.modules]
"""


def test_numpy_is_all_that_loading_running_and_the_c_export_need(tmp_path: Path) -> None:
    command = [sys.executable, "-c", LEAN, str(tmp_path / "copy.json")]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def observations(count: int) -> NDArray[np.float32]:
    return np.random.default_rng(3).normal(0, 3, (count, 5)).astype(np.float32)


def test_numpy_computes_the_same_bits() -> None:
    alone, rows = CONTROLLER.numpy(), observations(50)
    assert alone(rows).tobytes() == CONTROLLER(rows).tobytes()
    assert alone(x=0, x_dot=0, cos_theta=-1, sin_theta=0, theta_dot=0) == CONTROLLER([0, 0, -1, 0, 0])


@needs.c_compiler
def test_a_compiled_controller_computes_the_same_bits() -> None:
    compiled, rows = CONTROLLER.compiled(), observations(200)
    assert compiled(rows).tobytes() == CONTROLLER(rows).tobytes()
    for given in (rows[0], rows[0].tolist(), rows[0].astype(np.float64), rows[:1]):
        assert compiled(given).tobytes() == CONTROLLER(given).tobytes()
    assert compiled(x=0, x_dot=0, cos_theta=-1, sin_theta=0, theta_dot=0) == CONTROLLER([0, 0, -1, 0, 0])
    for wrong in (rows[0, :4], rows[0][:, None], "12345", ["1"] * 5, 3.0):
        with pytest.raises(ControllerError):
            compiled(wrong)


@needs.c_compiler
def test_a_compiled_controller_may_be_called_from_several_threads() -> None:
    compiled, rows = CONTROLLER.compiled(), observations(400)
    expected, wrong = CONTROLLER(rows), list[int]()

    def work(mine: int) -> None:
        for k in range(mine, len(rows), 4):
            if compiled(rows[k]).tobytes() != expected[k].tobytes():
                wrong.append(k)

    threads = [threading.Thread(target=work, args=(k,)) for k in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not wrong


def test_without_a_compiler_it_is_one_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CC", "no-such-compiler")
    with pytest.raises(ExportError, match="no-such-compiler"):
        CONTROLLER.compiled()


def test_an_ensemble_tells_its_members_and_how_much_they_disagree() -> None:
    both = CONTROLLER.with_weight(wr.Weight("ensemble", (0.5, 1.0)))
    rows = observations(7)
    members = both.members(rows)
    assert members.shape == (2, 7, 1)
    alone = [CONTROLLER.with_weight(w)(rows) for w in (0.5, 1.0)]
    assert members.tobytes() == np.stack(alone).tobytes()
    assert both.spread(rows).tobytes() == np.abs(alone[0] - alone[1]).tobytes()
    assert both.spread(rows[0]).shape == (1,)
    assert CONTROLLER.spread(rows[0]) == 0
