"""Builds the page of a controller."""

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.controller import Controller
from wann_rt.core.errors import ExportError
from wann_rt.core.files import to_text
from wann_rt.core.plain import in_html
from wann_rt.core.version import __version__
from wann_rt.display.formulas import formulas, node_names
from wann_rt.display.page.facts import c_lines, proof_rows, sizes, summary
from wann_rt.display.page.svg import curve_svg, network_svg
from wann_rt.evaluation.sweep import Sweep
from wann_rt.exporters import EXPORTERS, export
from wann_rt.exporters.to_js.controller import controller_data, controller_functions, embedded
from wann_rt.exporters.to_js.plant import plant_data, plant_functions
from wann_rt.tasks.task import Task

DISTURBANCES = (  # name in engine.js, label, greatest value, step
    ("noise", "sensor noise", 0.1, 0.005),
    ("gain", "sensor gain off by up to", 0.3, 0.01),
    ("offset", "sensor offset of up to", 0.2, 0.01),
    ("dropout", "share of lost readings", 0.5, 0.02),
    ("delay", "actuator delay, steps", 6, 1),
    ("actuator", "actuator weaker by", 0.5, 0.02),
    ("dead", "actuator dead zone", 0.3, 0.01),
    ("spread", "each param off by up to", 0.3, 0.01),
)
LISTED_NAMES, LISTED_CONNECTIONS = 12, 500  # in the legend of the traces; in the menu of single connections
USUAL_NOISE = 0.005  # of sensors, in sizes of the channels: exact ones repeat readings, as a stuck one does
LISTED_STATE, LISTED_ACTIONS = 60, 60  # of the numbers that are remembered; where members are apart
Episode = NDArray[np.float32]


def page(
    controller: Controller, task: Task | None = None, *, sweep: Sweep | None = None, episode: Episode | None = None
) -> str:
    """Returns a page that shows a controller, as one HTML file that makes no request; same arguments, same text.

    Args:
        controller: what to show.
        task: the compiled task that it plays; without one, ``episode`` is replayed.
        sweep: mean return over the shared weight.
        episode: recorded observations [steps, observations], for a controller without a compiled task.

    Raises:
        ExportError: the controller cannot be written as one of the files that the page offers.
    """
    files = {"controller.json": to_text(controller).encode()} | _exports(controller)
    plant = None if task is None else task.raw or task
    curve, placing = ("<p>No weight curve was computed.</p>", None) if sweep is None else curve_svg(sweep)
    data = {
        "controller": controller_data(controller),
        "facts": _facts(controller),
        "sizes": [] if plant is None else sizes(plant),
        "curve": placing,
        "rate": controller.rate_hz,
        "plant": None if plant is None else plant_data(plant),
        "episode": _replayed(controller, episode) if task is None else None,
        "begins": list(controller.resets) if episode is None else [],
        **(_watched(controller) if controller.monitor is not None else {}),
        **({"places": _places(controller, plant)} if plant is not None and plant is not task else {}),
        "files": [{"name": name, "base64": base64.b64encode(text).decode()} for name, text in files.items()],
    }
    functions = [controller_functions(controller), *([] if plant is None else [plant_functions(plant)])]
    return _filled(
        {
            "TITLE": in_html(controller.name),
            "SUMMARY": in_html(summary(controller, task)),
            "SCENE": _SCENE if task is not None else _REPLAY,
            "NETWORK": network_svg(controller, node_names(controller)),
            "CURVE": curve,
            "CONNECTIONS": _connections(controller),
            "OBSERVED": _legend([channel.name for channel in controller.observations]),
            "ACTED": _legend([channel.name for channel in controller.actions]),
            "MEMORY": _memory(controller),
            "MEMBERS": _members(controller),
            "MONITOR": _monitor(controller, task),
            "WRONG": "" if task is None else _WRONG.replace("@SLIDERS@", _sliders()),
            "PROOF": _rows(proof_rows(controller, {name: len(text) for name, text in files.items()})),
            "FILES": "".join(f'<button data-file="{k}">{in_html(name)}</button>' for k, name in enumerate(files)),
            "FORMULAS": _rows((f"{name} =", formula) for name, formula in formulas(controller).items()),
            "VERSION": __version__,
            "DATA": embedded(data),
            "STYLE": _read("page.css"),
            "ENGINE": "\n".join(["const f = Math.fround;", *functions, _read("engine.js")]),
            "WORKER": _read("worker.js"),
            "MAIN": "\n".join(map(_read, ("scenes.js", "network.js", "main.js"))),
        }
    )


def _filled(parts: Mapping[str, str]) -> str:
    """Returns the template with its parts and a policy that allows these very scripts and styles, and nothing else."""
    scripts = [_START, parts["ENGINE"], parts["MAIN"]]
    policy = (
        f"default-src 'none'; script-src {' '.join(map(_hash, scripts))} blob:; style-src {_hash(parts['STYLE'])}; "
        "worker-src blob:; base-uri 'none'; form-action 'none'"
    )
    values = {**parts, "POLICY": policy, "START": _START}
    return re.sub(r"@([A-Z]+)@", lambda match: values[match[1]], _read("page.html"))


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _read(name: str) -> str:
    return resources.files("wann_rt.display.page").joinpath(name).read_text(encoding="utf-8")


def _exports(controller: Controller) -> dict[str, bytes]:
    """Returns the files that the page offers; of a controller with a state or a monitor, those that can keep it."""
    made: dict[str, bytes] = {}
    for to in ("c", "onnx", "onnx-exact", "blob"):
        try:
            made[f"controller{EXPORTERS[to].suffix}"] = export(controller, to)
        except ExportError:
            if not controller.derived and controller.monitor is None:
                raise
    return made


def _facts(controller: Controller) -> list[dict[str, str]]:
    """Returns what the page says of each node: its name, its formula, its lines of C."""
    written, lines = formulas(controller), c_lines(controller)
    derived = {one.name: one.told for one in controller.derived}
    facts = []
    for node, name in enumerate(node_names(controller)):
        formula = written.get(name, "constant 1" if node == 0 else derived.get(name, "an observation"))
        facts.append({"name": name, "formula": formula, "c": lines.get(node, "")})
    return facts


def _replayed(controller: Controller, episode: Episode | None) -> list[list[float]]:
    """Returns what the network is shown where there is no plant: an episode, or the vectors of the file.

    An observation that is not finite is no number of JSON, and is left out.
    """
    kept: list[list[float]] = []
    if episode is not None:
        kept = [[float(value) for value in row] for row in episode if np.isfinite(row).all()]
    return kept or [list(vector.observation) for vector in controller.vectors] or [[0.0] * len(controller.observations)]


def _places(controller: Controller, plant: Task) -> list[int]:
    """Returns where what the controller is fed with stands among all that the plant observes."""
    names = [channel.name for channel in plant.observations]
    return [names.index(channel.name) for channel in controller.observations]


def _memory(controller: Controller) -> str:
    """Returns the section that shows what the controller remembers; nothing without a state."""
    if not controller.derived:
        return ""
    told = _rows((one.name, one.told) for one in controller.derived)
    cells = (f"<tr><td>{in_html(name)}</td>" for name in controller.memory.names[:LISTED_STATE])
    state = "".join(f'{cell}<td data-memory="{k}">0</td></tr>' for k, cell in enumerate(cells))
    return _MEMORY.replace("@DERIVED@", told).replace("@STATE@", state)


def _members(controller: Controller) -> str:
    """Returns the section that shows how far the members of an ensemble are apart; nothing of another weight."""
    if not controller.lowered.averages:
        return ""
    row = '<tr><td>{0}</td><td data-action="{1}">0</td><td data-spread="{1}">0</td></tr>'
    names = [one.name if one.unit in ("", "1") else f"{one.name}, {one.unit}" for one in controller.actions]
    rows = "".join(row.format(in_html(name), k) for k, name in enumerate(names[:LISTED_ACTIONS]))
    return _MEMBERS.replace("@COUNT@", str(len(controller.weight.values))).replace("@APART@", rows)


def _watched(controller: Controller) -> dict[str, Any]:
    """Returns the names of what is watched, and the noise of the sensors that a monitor was calibrated with."""
    return {"observed": [c.name for c in controller.observations], "noise": _noise(controller.provenance)}


def _noise(provenance: Mapping[str, Any]) -> float:
    """Returns the noise that a provenance tells of, as far as the page's slider goes; else the usual one."""
    told: Any = provenance
    for key in ("monitor", "spread", "observation_noise"):
        told = told.get(key) if isinstance(told, Mapping) else None
    most = next(most for name, _, most, _ in DISTURBANCES if name == "noise")
    is_number = isinstance(told, (int, float)) and not isinstance(told, bool)
    return float(min(told, most)) if is_number and told >= 0 else USUAL_NOISE


def _monitor(controller: Controller, task: Task | None) -> str:
    """Returns the section that shows the alarm; nothing without a monitor."""
    if controller.monitor is None:
        return ""
    watched = ", ".join(dict.fromkeys(feature.kind for feature in controller.monitor.features))
    text = _MONITOR.replace("@WATCHED@", in_html(watched)).replace("@RATE@", f"{controller.monitor.false_alarms:g}")
    return text.replace("@HEED@", "" if task is None else _HEED)


def _rows(rows: Iterable[Sequence[str]]) -> str:
    return "".join(f"<tr>{''.join(f'<td>{in_html(cell)}</td>' for cell in row)}</tr>" for row in rows)


def _legend(names: Sequence[str]) -> str:
    key = '<svg class="key" viewBox="0 0 1 1"><rect width="1" height="1" class="fill{}"/></svg>{} '
    listed = "".join(key.format(k % 6, in_html(name)) for k, name in enumerate(names[:LISTED_NAMES]))
    return listed + ("..." if len(names) > LISTED_NAMES else "")


def _connections(controller: Controller) -> str:
    names = node_names(controller)
    listed = controller.network.connections[:LISTED_CONNECTIONS]
    texts = (f"{names[c.source]} to {names[c.target]}" for c in listed)
    return "".join(f'<option value="{k}">{in_html(text)}</option>' for k, text in enumerate(texts))


def _sliders() -> str:
    row = (
        '<div class="slider"><label for="wrong-{0}">{1}</label>'
        '<input type="range" id="wrong-{0}" data-wrong="{0}" min="0" max="{2}" step="{3}" value="0">'
        '<output id="wrong-{0}-value">0</output></div>'
    )
    return "".join(row.format(*values) for values in DISTURBANCES)


_START = 'const DATA = JSON.parse(document.getElementById("data").textContent);'
_SCENE = """<section class="needs-js">
<h2>Plant</h2>
<canvas id="scene" role="img" aria-label="the plant"></canvas>
<div class="row"><button id="play">Pause</button><button id="restart">Another start</button>
<button id="left" aria-label="push left">&#8592; push</button>
<button id="right" aria-label="push right">push &#8594;</button>
<label><input type="checkbox" id="hard"> hard mode</label></div>
<label>Speed <input type="range" id="speed" min="0.1" max="4" step="0.1" value="1"></label>
<dl><div><dt>return</dt><dd id="return"></dd></div><div><dt>step</dt><dd id="step"></dd></div>
<div><dt>mean effort</dt><dd id="effort"></dd></div><div><dt>sign changes a second</dt><dd id="changes"></dd></div></dl>
<p class="soft">Keys: space pauses, r restarts, arrows push.
Hard mode: noise, wrong gains, a late actuator, another plant.</p>
</section>"""
_REPLAY = """<section class="needs-js">
<h2>Recorded observations</h2>
<div class="row"><button id="play">Pause</button></div>
<label>Speed <input type="range" id="speed" min="0.1" max="4" step="0.1" value="1"></label>
<p class="soft">What was observed in an episode, or is tested, again and again; the controller answers it here.
Key: space pauses.</p>
</section>"""
_MEMORY = """<section class="memory">
<h2>Memory</h2>
<p class="soft">What the controller derives from its readings, and below the numbers that it remembers from step to
step. They are reset where an episode starts.</p>
<table>@DERIVED@</table>
<table class="needs-js">@STATE@</table>
<div class="row needs-js"><button id="forget">Reset the memory</button></div>
</section>"""
_MEMBERS = """<section class="members needs-js">
<h2>Ensemble</h2>
<p class="soft">Each action is the mean of @COUNT@ members, one for each shared weight. Beside it: how far they are
apart, the greatest less the least.</p>
<table><tr><th>action</th><th>now</th><th>apart</th></tr>@APART@</table>
</section>"""
_MONITOR = """<section class="monitor needs-js">
<h2>Monitor</h2>
<p class="soft">It watches: @WATCHED@. An alarm stays until it is reset; @RATE@ false ones a step were stated. Sensors
here begin with noise: exact ones repeat their readings, as a stuck one does. Worst reading now, in units of
what is an alarm by itself: <span id="worst">0</span></p>
<p aria-live="polite"><b id="alarm">All is as usual.</b></p>
<div class="row"><button id="silence">Reset the alarm</button>@HEED@</div>
</section>"""
_HEED = '<label><input type="checkbox" id="heed"> fail-safe action after an alarm</label>'
_WRONG = """<section class="wrong needs-js">
<h2>Disturbances</h2>
@SLIDERS@
<p id="lost" class="soft">Move a slider: what it costs is measured here, over 16 episodes.</p>
</section>"""
