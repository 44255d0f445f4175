"""Runtimes of other people that run our ONNX forms: rows for ``verify``, as far as they are installed.

None of them is needed for anything else. A new one is one more row of ``RUNTIMES``.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed

from wann_rt.core.controller import Controller
from wann_rt.core.errors import ExportError
from wann_rt.core.guess import near
from wann_rt.exporters.parity.report import Promise
from wann_rt.exporters.parity.verify import Evaluator, EvaluatorRow
from wann_rt.exporters.to_onnx.model import to_onnx


@dataclass(frozen=True)
class Runtime:
    """One runtime, or one compiler from ONNX to C.

    Attributes:
        key: on the command line.
        title: for people.
        install: how to get it.
        version: returns the installed version, or None.
        make: loads a model for a controller.
        exact: what the exact form promises in it; the standard form promises its bound everywhere.
        compat: the dialect that it wants, see ``to_onnx``.
        timed_rows: see ``EvaluatorRow``.
    """

    key: str
    title: str
    install: str
    version: Callable[[], str | None]
    make: Callable[[Controller, bytes], Evaluator]
    exact: Promise = "0 ulp"
    compat: str | None = None
    timed_rows: int = 1

    def missing(self) -> str | None:
        """Returns why it cannot run here, or None."""
        if self.version() is None:
            return f"{self.title} is not installed: {self.install}"
        return None

    def rows(self) -> list[EvaluatorRow]:
        """Returns a row of ``verify`` for each form."""
        version = self.version()
        name = f"{self.title} {version}" if version else self.title
        forms: list[tuple[str, bool, Promise]] = [("exact", True, self.exact), ("standard", False, "bound")]
        return [
            EvaluatorRow(
                f"{self.key}/{form}", f"{name}, {form}", promise, self._make(exact), self.missing, self.timed_rows
            )
            for form, exact, promise in forms
        ]

    def _make(self, exact: bool) -> Callable[[Controller], Evaluator]:
        return lambda controller: self.make(controller, to_onnx(controller, exact=exact, compat=self.compat))


def named(names: Sequence[str]) -> list[Runtime]:
    """Returns the runtimes of these names; "all" stands for every one that is installed.

    Raises:
        ExportError: an unknown name, or one that is not installed, with what to do.
    """
    found: list[Runtime] = []
    for name in names:
        if name == "all":
            found += [runtime for runtime in RUNTIMES if runtime.missing() is None]
            continue
        if name not in BY_KEY:
            raise ExportError(f"there is no runtime {name!r}; runtimes: all, {', '.join(BY_KEY)}{near(name, BY_KEY)}")
        if reason := BY_KEY[name].missing():
            raise ExportError(reason)
        found.append(BY_KEY[name])
    return list({runtime.key: runtime for runtime in found}.values())


def _package(name: str) -> Callable[[], str | None]:
    def version() -> str | None:
        try:
            return installed(name)
        except PackageNotFoundError:
            return None

    return version


def _npm(name: str) -> Callable[[], str | None]:
    def version() -> str | None:
        from wann_rt.exporters.parity.run_javascript import version

        return version(name)

    return version


def _onnxruntime(controller: Controller, model: bytes) -> Evaluator:
    from wann_rt.exporters.parity.run_onnx import ModelEvaluator

    return ModelEvaluator(model)


def _reference(controller: Controller, model: bytes) -> Evaluator:
    from wann_rt.exporters.parity.run_onnx import OnnxReferenceEvaluator

    return OnnxReferenceEvaluator(model)


def _openvino(controller: Controller, model: bytes) -> Evaluator:
    from wann_rt.exporters.parity.run_openvino import OpenVinoEvaluator

    return OpenVinoEvaluator(model)


def _javascript(package: str, controller: Controller, model: bytes) -> Evaluator:
    from wann_rt.exporters.parity.run_javascript import JavaScriptEvaluator

    return JavaScriptEvaluator(package, model, len(controller.actions))


def _emx(controller: Controller, model: bytes) -> Evaluator:
    from wann_rt.exporters.parity.run_onnx_c import emx_evaluator

    return emx_evaluator(controller, model)


def _onnx2c(controller: Controller, model: bytes) -> Evaluator:
    from wann_rt.exporters.parity.run_onnx_c import onnx2c_evaluator

    return onnx2c_evaluator(controller, model)


def _onnx2c_version() -> str | None:
    from wann_rt.exporters.parity.run_onnx_c import onnx2c_version

    return onnx2c_version()


def _npm_row(name: str) -> Runtime:
    install = f"npm install --ignore-scripts {name}  in the current folder, or name its node_modules in NODE_PATH"
    return Runtime(name, name, install, _npm(name), partial(_javascript, name), timed_rows=0)


RUNTIMES: tuple[Runtime, ...] = (
    Runtime("onnxruntime", "onnxruntime", "pip install onnxruntime", _package("onnxruntime"), _onnxruntime),
    _npm_row("onnxruntime-node"),
    _npm_row("onnxruntime-web"),
    Runtime("onnx-reference", "onnx.reference", "pip install onnx", _package("onnx"), _reference),
    # It computes a / b as a times 1 / b, whatever the graph says: tanh and sigmoid end an ulp or so apart.
    Runtime("openvino", "OpenVINO", "pip install openvino", _package("openvino"), _openvino, "bound"),
    Runtime("emx", "emx-onnx-cgen", "pip install emx-onnx-cgen", _package("emx-onnx-cgen"), _emx, timed_rows=1000),
    Runtime(
        "onnx2c", "onnx2c", "build it from https://github.com/kraiskil/onnx2c and name it in ONNX2C",
        _onnx2c_version, _onnx2c, compat="onnx2c", timed_rows=1000,
    ),
)  # fmt: skip
BY_KEY = {runtime.key: runtime for runtime in RUNTIMES}
