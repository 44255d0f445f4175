"""Laws of the ros2_control example, as far as they can be asked without ROS 2: manifests, a run with stand-ins."""

import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from helpers import needs

import wann_rt as wr
from wann_rt.core.reference import evaluate
from wann_rt.runtime_c import include_dir

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "examples" / "ros2_controller"
CHAMPION = ROOT / "examples" / "swingup.json"

pytestmark = pytest.mark.slow

STAND_IN = """
#pragma once
#include <cstdint>
#include <cstdio>
#include <map>
#include <memory>
#include <string>
#include <vector>
namespace rclcpp {
struct Time {};
struct Duration { double s; double seconds() const { return s; } };
}
namespace rclcpp_lifecycle { struct State {}; }
#define RCLCPP_ERROR(logger, ...) ((void)(logger), std::printf(__VA_ARGS__), std::printf("\\n"))
namespace controller_interface {
enum class CallbackReturn { SUCCESS, ERROR };
enum class return_type { OK };
enum class interface_configuration_type { INDIVIDUAL };
struct InterfaceConfiguration { interface_configuration_type type; std::vector<std::string> names; };
struct Parameter {
    std::vector<std::string> strings; std::vector<double> numbers;
    const std::vector<std::string> &as_string_array() const { return strings; }
    const std::vector<double> &as_double_array() const { return numbers; }
    double as_double() const { return numbers.at(0); }
};
struct Node {
    std::map<std::string, Parameter> parameters;
    Parameter get_parameter(const std::string &name) const { return parameters.at(name); }
    int get_logger() const { return 0; }
};
struct Interface { double x; double get_value() const { return x; } void set_value(double y) { x = y; } };
class ControllerInterface {
  public:
    virtual ~ControllerInterface() = default;
    virtual CallbackReturn on_init() = 0;
    virtual CallbackReturn on_configure(const rclcpp_lifecycle::State &) = 0;
    virtual CallbackReturn on_activate(const rclcpp_lifecycle::State &) = 0;
    virtual CallbackReturn on_deactivate(const rclcpp_lifecycle::State &) = 0;
    virtual InterfaceConfiguration command_interface_configuration() const = 0;
    virtual InterfaceConfiguration state_interface_configuration() const = 0;
    virtual return_type update(const rclcpp::Time &, const rclcpp::Duration &) = 0;
    template <class T> void auto_declare(const std::string &name, const T &) { declared.push_back(name); }
    std::shared_ptr<Node> get_node() { return node; }
    unsigned get_update_rate() const { return rate; }
    std::shared_ptr<Node> node = std::make_shared<Node>();
    unsigned rate = 100;
    std::vector<std::string> declared;
    std::vector<Interface> command_interfaces_, state_interfaces_;
};
}
"""

USER = """
#include "wann_controller.cpp"
int main() {
    wann_controller::WannController c;
    c.on_init();
    for (const auto &name : c.declared) { std::printf("declared %s\\n", name.c_str()); }
    auto &p = c.node->parameters;
    <parameters>
    c.rate = 50;
    if (c.on_configure({}) == controller_interface::CallbackReturn::SUCCESS) { return 1; }
    c.rate = 100;
    if (c.on_configure({}) != controller_interface::CallbackReturn::SUCCESS) { return 2; }
    for (const auto &name : c.state_interface_configuration().names) { std::printf("state %s\\n", name.c_str()); }
    c.command_interfaces_ = {{0.0}};
    c.on_activate({});
    c.state_interfaces_ = {{<states>}};
    c.update({}, {0.01});
    std::printf("action %.17g\\n", c.command_interfaces_[0].x);
    c.update({}, {0.05});
    std::printf("late %.17g\\n", c.command_interfaces_[0].x);
    c.update({}, {0.01});
    std::printf("latched %.17g\\n", c.command_interfaces_[0].x);
    c.on_activate({});
    c.state_interfaces_[0].x = 0.0 / 0.0;
    c.update({}, {0.01});
    std::printf("no number %.17g\\n", c.command_interfaces_[0].x);
    return 0;
}
"""


def test_the_manifests_name_the_same_things() -> None:
    package = ET.parse(FOLDER / "package.xml").getroot()
    plugin = ET.parse(FOLDER / "wann_controller.xml").getroot()
    source = (FOLDER / "src" / "wann_controller.cpp").read_text()
    build = (FOLDER / "CMakeLists.txt").read_text()
    assert package.get("format") == "3"
    assert package.findtext("name") == plugin.get("path") == "wann_controller"
    assert f"project({package.findtext('name')} " in build
    for element in package.findall("depend"):
        assert f"find_package({element.text} REQUIRED)" in build
    cls = plugin.find("class")
    assert cls is not None
    assert f"PLUGINLIB_EXPORT_CLASS({cls.get('type')}, {cls.get('base_class_type')})" in source
    assert str(cls.get("name")) in (FOLDER / "config" / "controllers.yaml").read_text()


def test_it_runs_against_stand_ins_with_the_oracles_action(tmp_path: Path) -> None:
    yaml = needs.module("yaml")
    settings = yaml.safe_load((FOLDER / "config" / "controllers.yaml").read_text())["wann_controller"]
    parameters: dict[str, object] = settings["ros__parameters"]
    compiler = needs.compiler("g++")
    wr.package(wr.load(CHAMPION), "cmake", out=tmp_path / "policy", prefix="policy")
    for path in ("controller_interface/controller_interface.hpp", "pluginlib/class_list_macros.hpp"):
        (tmp_path / path).parent.mkdir()
        (tmp_path / path).write_text(STAND_IN if "interface" in path else "#define PLUGINLIB_EXPORT_CLASS(a, b)\n")
    shutil.copy(FOLDER / "src" / "wann_controller.cpp", tmp_path)
    lines = [f'p["{name}"] = {{{_strings(value)}, {_numbers(value)}}};' for name, value in parameters.items()]
    states = [0.25, -0.5, 2.75, 2.75, 1.5]  # the angle is observed by its cosine and its sine
    text = USER.replace("<parameters>", "\n    ".join(lines)).replace("<states>", "}, {".join(map(str, states)))
    (tmp_path / "user.cpp").write_text(text)
    include = [f"-I{tmp_path}", f"-I{tmp_path / 'policy' / 'include'}", f"-I{include_dir()}"]
    warnings = ["-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Werror", "-std=c++17", "-O1"]
    subprocess.run([needs.any_compiler(), "-O2", "-c", *include, "policy/src/policy.c"], cwd=tmp_path, check=True)
    subprocess.run([compiler, *warnings, *include, "user.cpp", "policy.o", "-o", "user"], cwd=tmp_path, check=True)
    printed = subprocess.run([tmp_path / "user"], capture_output=True, text=True, check=True).stdout
    observation = np.array([[*states[:2], np.cos(2.75), np.sin(2.75), states[4]]], np.float64).astype(np.float32)
    expected = float(evaluate(wr.load(CHAMPION), observation)[0, 0]) * 10.0
    assert re.findall(r"^action (\S+)", printed, re.MULTILINE) == [f"{expected:.17g}"]
    assert expected not in (0.0, 10.0, -10.0)
    assert set(re.findall(r"^declared (\S+)", printed, re.MULTILINE)) == set(parameters)
    assert re.findall(r"^state (\S+)", printed, re.MULTILINE)[2:4] == ["pole/position"] * 2
    for fault in ("late", "latched", "no number"):
        assert f"\n{fault} 0\n" in printed, fault
    assert "refused: the update rate" in printed


def _strings(value: object) -> str:
    texts = value if isinstance(value, list) and isinstance(value[0], str) else []
    return "{" + ", ".join(f'"{text}"' for text in texts) + "}"


def _numbers(value: object) -> str:
    numbers = [x for x in (value if isinstance(value, list) else [value]) if isinstance(x, float)]
    return "{" + ", ".join(map(repr, numbers)) + "}"
