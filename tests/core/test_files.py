"""Laws of the controller file: it gives back what was saved, and whatever else comes is refused by name."""

import copy
import dataclasses
import hashlib
import json
import re
import sys
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from helpers import builders
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from wann_rt.core import files, reference
from wann_rt.core.activations import BY_ID
from wann_rt.core.controller import Channel, Controller, Vector, Weight
from wann_rt.core.errors import ControllerError, FileError
from wann_rt.core.network import Connection, Network

seeds = st.integers(0, 2**32 - 1).map(np.random.default_rng)
FORMAT_MD = Path(__file__).resolve().parents[2] / "FORMAT.md"


def small(kind: str = "shared") -> Controller:
    """Returns a controller with something in every key."""
    sign = 1 if kind == "connections" else -1
    connections = [Connection(0, 3), Connection(1, 3), Connection(2, 4, sign), Connection(3, 4)]
    network, _ = Network.build(2, {3: 9}, {4: 1}, connections)
    values = {"shared": (0.5,), "ensemble": (0.5, 1.1), "connections": (0.1, 0.2, 0.3, 0.4)}[kind]
    observations = (Channel("distance", "m", 0, 4, 2, 0.5, True), Channel("speed", "m/s"))
    vectors = (Vector((3, 0.1), (0.575,)),)
    weight = Weight(kind, values)  # type: ignore[arg-type]
    return Controller("small", network, weight, observations, (Channel("force", "N"),), 50, vectors, {"seed": 7})


def document(kind: str = "shared") -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(files.to_text(small(kind)))
    return parsed


def with_digest(content: dict[str, Any]) -> str:
    """Returns the text of a file with the digest that FORMAT.md asks for, computed here on its own."""
    rest = {key: value for key, value in content.items() if key != "digest"}
    canonical = json.dumps(rest, sort_keys=True, separators=(",", ":"))
    return json.dumps(rest | {"digest": "sha256:" + hashlib.sha256(canonical.encode("ascii")).hexdigest()})


# What comes back


@pytest.mark.slow
@given(seeds)
def test_a_saved_controller_comes_back_equal(rng: np.random.Generator) -> None:
    controller = builders.controller(rng)
    text = files.to_text(controller)
    again = files.from_text(text)
    assert again == controller
    assert files.to_text(again) == text


@pytest.mark.slow
@given(seeds)
def test_a_loaded_controller_acts_with_the_same_bits(rng: np.random.Generator) -> None:
    controller = builders.controller(rng)
    observations = builders.inputs(rng, len(controller.observations), 50).T
    again = files.from_text(files.to_text(controller))
    assert builders.same_bits(reference.evaluate(again, observations), reference.evaluate(controller, observations))


def digits(value: float) -> int:
    """Returns how many significant digits a number is written with."""
    return len(Decimal(json.dumps(value)).normalize().as_tuple().digits)


@given(st.floats(width=32, allow_nan=False, allow_infinity=False))
@example(999999995904.0)  # is written as 1000000000000.0: a character more, and 11 digits fewer
def test_each_float32_is_written_so_that_it_reads_back_with_the_same_bits(value: float) -> None:
    short = files.shortest(value)
    assert builders.same_bits(json.loads(json.dumps(short)), value)
    assert digits(short) <= digits(value)


def test_spaces_and_the_order_of_keys_do_not_matter() -> None:
    content = document()
    backwards = dict(reversed(content.items()))
    assert files.from_text(json.dumps(backwards, indent=7)) == small()


@pytest.mark.slow
@given(seeds)
def test_the_order_of_hidden_nodes_and_connections_does_not_matter(rng: np.random.Generator) -> None:
    hidden = {3: 9, 4: 8, 5: 5, 6: 4, 7: 3}  # distinct activations, so that canonical order is the only one
    pairs = [Connection(s, t) for t in range(3, 9) for s in range(t) if t == 8 or rng.random() < 0.7]
    network, _ = Network.build(2, hidden, {8: 1}, pairs)
    weight = Weight("connections", tuple(rng.normal(size=len(pairs)).tolist()))
    controller = Controller("c", network, weight, small().observations, small().actions)
    content = json.loads(files.to_text(controller))
    place = [0, 1, 2, *(3 + rng.permutation(5)).tolist(), 8]  # where each node goes
    shuffle = rng.permutation(len(pairs)).tolist()
    names, entries = content["network"]["hidden"], content["network"]["connections"]
    content["network"]["hidden"] = [names[place.index(k) - 3] for k in range(3, 8)]
    content["network"]["connections"] = [[place[node] for node in entries[k]] for k in shuffle]
    content["weight"]["values"] = [content["weight"]["values"][k] for k in shuffle]
    assert files.from_text(with_digest(content)) == controller


def test_the_digest_follows_the_format() -> None:
    assert files.from_text(with_digest(document())) == small()
    assert files.digest(small()) == document()["digest"]
    assert files.digest(small("ensemble")) != files.digest(small())


def test_the_worked_example_of_the_format_is_true() -> None:
    match = re.search(r"```json\n(.*?)```", FORMAT_MD.read_text(encoding="utf-8"), re.DOTALL)
    assert match
    example = files.from_text(match[1])
    assert files.to_text(example) == match[1]
    observations = np.array([v.observation for v in example.vectors], np.float32)
    assert builders.same_bits(reference.evaluate(example, observations), [v.action for v in example.vectors])


# What is refused


@pytest.mark.parametrize("kind", ["shared", "ensemble", "connections"])
def test_each_change_of_one_character_is_refused_or_changes_nothing(kind: str) -> None:
    text = files.to_text(small(kind))
    wanted = small(kind)
    for k in range(len(text)):
        for new in ("", chr(ord(text[k]) ^ 1), chr(ord(text[k]) ^ 16), "0" + text[k], " ", "\0"):
            try:
                assert files.from_text(text[:k] + new + text[k + 1 :]) == wanted, (k, new)
            except FileError:
                continue


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-3, 12)
    | st.sampled_from([10**12, -(10**30), 10**400, 1e39, -1e308, 1e-50, 0.5])
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "relu", "shared", "connections", "\ud800", "x" * 50])
    | st.text(max_size=5),
    lambda values: st.lists(values, max_size=4) | st.dictionaries(st.text(max_size=4), values, max_size=3),
    max_leaves=6,
)


def places(value: Any) -> list[tuple[Any, Any]]:
    """Returns every (container, key) below a JSON value."""
    keys = list(value) if isinstance(value, dict) else list(range(len(value))) if isinstance(value, list) else []
    return [(value, key) for key in keys] + [place for key in keys for place in places(value[key])]


@settings(max_examples=400, suppress_health_check=[HealthCheck.too_slow])
@given(st.data())
@pytest.mark.long
def test_mutated_files_are_refused_by_name_or_are_controllers(data: st.DataObject) -> None:
    content = document(data.draw(st.sampled_from(["shared", "ensemble", "connections"])))
    for _ in range(data.draw(st.integers(1, 3))):
        container, key = data.draw(st.sampled_from(places(content)))
        match data.draw(st.sampled_from(["replace", "delete", "repeat", "copy"])):
            case "replace":
                container[key] = data.draw(json_values)
            case "delete":
                del container[key]
            case "repeat" if isinstance(container, list):
                container.insert(key, copy.deepcopy(container[key]))
            case _:
                other, name = data.draw(st.sampled_from(places(content) or [(content, "name")]))
                container[key] = copy.deepcopy(other.get(name) if isinstance(other, dict) else other[name])
        if not places(content):
            break
    text = with_digest(content) if data.draw(st.booleans()) else json.dumps(content)
    try:
        controller = files.from_text(text, "broken.json")
    except FileError as error:
        assert str(error).startswith("broken.json: ")  # noqa: PT017  # either outcome is right
    else:
        assert files.from_text(files.to_text(controller)) == controller


@given(st.text() | st.binary().map(lambda data: data.decode("latin-1")) | json_values.map(json.dumps))
def test_any_other_text_is_refused_by_name(text: str) -> None:
    with pytest.raises(FileError, match=r"^any\.json: "):
        files.from_text(text, "any.json")


def changed(*path: Any, to: Any) -> str:
    """Returns the small file with one value replaced and a right digest."""
    content = document()
    inner: Any = content
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = to
    return with_digest(content)


@pytest.mark.parametrize("key", ["provenance", "weight"])
def test_nesting_of_any_depth_is_refused_by_name(key: str) -> None:
    limit = sys.getrecursionlimit()
    for depth in range(limit - 150, limit + 20):
        nested = '{"kind": ' + "[" * depth + "]" * depth + "}"
        text = json.dumps(document() | {key: "HERE"}).replace('"HERE"', nested)
        with pytest.raises(FileError, match=r"^deep\.json: "):
            files.from_text(text, "deep.json", check_digest=key == "provenance")


REFUSED = {
    "empty": ("", "is not valid JSON"),
    "cut off": (files.to_text(small())[:200], "is not valid JSON"),
    "deeply nested": ("[" * 100_000, "is nested too deeply"),
    "a list": ("[]", "expected an object, got []"),
    "another file": ('{"name": "x"}', 'is not a controller file: it has no "format": "wann_rt.controller"'),
    "newer": (changed("version", to=99), "has format version 99, and this wann_rt reads version"),
    "key twice": ('{"format": 1, "format": 2}', "key 'format' stands twice"),
    "unknown key": (changed("colour", to="red"), "unknown key 'colour'; known keys: format, version"),
    "missing key": (with_digest({k: v for k, v in document().items() if k != "weight"}), "key 'weight' is missing"),
    "edited by hand": (files.to_text(small()).replace("0.575", "0.6"), "the digest does not match the content"),
    "unknown activation": (changed("network", "hidden", 0, to="swish"), 'hidden[0]: unknown activation "swish"'),
    "cyclic": (changed("network", "connections", to=[[3, 3], [3, 4]]), "the network is cyclic: nodes [3]"),
    "dangling": (changed("network", "connections", 0, to=[9, 3]), "connection 9 -> 3 is dangling: there is no node 9"),
    "unused node": (changed("network", "connections", to=[[1, 4]]), "hidden node 3 reaches no output"),
    "NaN weight": (files.to_text(small()).replace("[0.5]", "[NaN]"), "NaN is not a JSON number"),
    "null weight": (changed("weight", "values", to=[None]), "weight: values[0]: expected an integer or a number"),
    "huge weight": (changed("weight", "values", to=[1e39]), "weight inf is not a finite number"),
    "endless weight": (changed("weight", "values", to=[10**400]), "too large a number"),
    "two shared weights": (changed("weight", "values", to=[1, 2]), "a shared weight is one value; 2 came"),
    "no members": (changed("weight", to={"kind": "ensemble", "values": []}), "needs at least one shared weight"),
    "few weights": (changed("weight", to={"kind": "connections", "values": [1]}), "1 connection weights came for 4"),
    "weight kind": (changed("weight", "kind", to="random"), "weight kind 'random' is unknown"),
    "sign and weights": (
        changed("weight", to={"kind": "connections", "values": [1, 1, 1, 1]}),
        "a network with weights per connection carries no signs",
    ),
    "sign": (changed("network", "connections", 0, to=[0, 3, 2]), "connection 0 -> 3 has sign 2"),
    "long connection": (changed("network", "connections", 0, to=[0, 3, 1, 1]), "expected [source, target] or"),
    "true as a node": (changed("network", "connections", 0, to=[True, 3]), "expected an integer, got true"),
    "inputs": (changed("network", "inputs", to=10**12), "inputs is 1000000000000, but there are 2 observations"),
    "bounds": (changed("observations", 0, "low", to=5), "channel 'distance': low 5.0 is not below high 4.0"),
    "bound beyond": (changed("observations", 1, "low", to=1e39), "channel 'speed': low inf is not below high inf"),
    "scale": (changed("observations", 0, "scale", to=1e39), "offset and scale must be finite"),
    "names": (changed("observations", 0, "name", to="speed"), "need distinct, non-empty names; repeated: ['speed']"),
    "rate": (changed("rate_hz", to=0), "rate_hz is 0.0; expected a positive number"),
    "vector": (changed("vectors", 0, to=[[1], [2]]), "test vector 0 does not have one value per channel"),
    "huge vector": (changed("vectors", 0, to=[[1, 1e39], [2]]), "test vector 0 holds a number that float32 cannot"),
    "no pair": (changed("vectors", 0, to=[1, 2, 3]), "vectors[0]: expected [[observation...], [action...]]"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_each_fault_has_its_message(case: str, tmp_path: Path) -> None:
    text, message = REFUSED[case]
    path = tmp_path / "faulty.json"
    path.write_text(text)
    with pytest.raises(FileError) as caught:
        files.load(path)
    assert str(caught.value).startswith(f"{path}: ")
    assert message in str(caught.value)


def test_a_file_says_the_oldest_version_that_has_its_activations(monkeypatch: pytest.MonkeyPatch) -> None:
    without = dataclasses.replace(small(), network=dataclasses.replace(small().network, activations=(8, 1)))
    old = files.to_text(small())
    monkeypatch.setitem(BY_ID, 9, dataclasses.replace(BY_ID[9], since=2))
    monkeypatch.setattr(files, "VERSION", 2)
    assert [json.loads(files.to_text(c))["version"] for c in (small(), without)] == [2, 1]
    assert files.from_text(files.to_text(small())) == small()
    assert files.from_text(files.to_text(without)) == without
    with pytest.raises(FileError, match="is of format version 1, which has no activation relu"):
        files.from_text(old)


def test_hand_edited_files_can_be_read_on_purpose() -> None:
    text = files.to_text(small()).replace("0.575", "0.6")
    assert files.from_text(text, check_digest=False).vectors[0].action == (float(np.float32(0.6)),)


def test_what_json_cannot_say_is_refused_before_anything_is_written(tmp_path: Path) -> None:
    for bad in (float("nan"), object(), {1, 2}):
        controller = dataclasses.replace(small(), provenance={"bad": bad})
        with pytest.raises(ControllerError, match="provenance must hold JSON values only"):
            files.save(controller, tmp_path / "x.json")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("rate", [50, 50.0, np.float32(50), np.int64(50)])
def test_a_controller_has_one_digest_however_its_rate_was_written(rate: Any) -> None:
    controller = dataclasses.replace(small(), rate_hz=rate)
    assert type(controller.rate_hz) is float
    assert files.digest(controller) == files.digest(files.from_text(files.to_text(controller)))
    with pytest.raises(ControllerError, match="rate_hz is 'fast'"):
        dataclasses.replace(controller, rate_hz="fast")  # type: ignore[arg-type]
