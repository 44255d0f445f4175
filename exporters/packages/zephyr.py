"""A Zephyr module, which also carries a sample."""

import json

from wann_rt.exporters.packages.example import example
from wann_rt.exporters.packages.readme import readme
from wann_rt.exporters.packages.subject import LICENCE, Subject

_MODULE = """\
name: <p>
build:
  cmake: zephyr
  kconfig: zephyr/Kconfig
samples:
  - samples
"""

_BUILD = """\
if(CONFIG_<symbol>)
  zephyr_library_named(<p>)
  zephyr_library_sources(../src/<p>.c)
  zephyr_library_compile_options(-Wno-error=cpp) # a compiler that was never tried is a warning
  zephyr_include_directories(../include)
endif()
"""

# Zephyr's own options have short names, such as NET or SPI: ours begin with WANN.
_OPTIONS = """\
config <symbol>
    bool <title>
    help
      <sentence>
"""

_SAMPLE = """\
cmake_minimum_required(VERSION 3.20.0)
list(APPEND EXTRA_ZEPHYR_MODULES "${CMAKE_CURRENT_SOURCE_DIR}/../..")
find_package(Zephyr REQUIRED HINTS $ENV{ZEPHYR_BASE})
project(<p>_steps)
target_sources(app PRIVATE src/main.c)
"""

_SETTINGS = """\
CONFIG_<symbol>=y
CONFIG_CBPRINTF_FP_SUPPORT=y
"""

_TESTS = """\
sample:
  name: <p>
common:
  harness: console
  harness_config:
    type: one_line
    regex:
      - "self-test passed"
tests:
  wann.<p>:
    integration_platforms:
      - native_sim
"""

_USE = """\
## Use

Name this folder in your application's `CMakeLists.txt`, before `find_package(Zephyr)`:

```cmake
list(APPEND EXTRA_ZEPHYR_MODULES /path/to/<p>)
```

(or push it to a repository of its own and name that in your `west.yml`), set `CONFIG_<symbol>=y` in `prj.conf`, and
`#include "<p>.h"`. `samples/steps` is an application: `west build -b native_sim samples/steps -t run`. On a processor
with a floating-point unit, set `CONFIG_FPU=y`, too, and `CONFIG_FPU_SHARING=y` if several threads use it.
"""


def files(made: Subject) -> dict[str, str]:
    """Returns the files of the module."""
    symbol = f"WANN_{made.names.P}"
    fills = {"symbol": symbol, "title": json.dumps(made.title), "sentence": made.sentence}
    return {
        "zephyr/module.yml": made.fill(_MODULE),
        "zephyr/CMakeLists.txt": made.fill(_BUILD, **fills),
        "zephyr/Kconfig": made.fill(_OPTIONS, **fills),
        **made.code("include/", "src/"),
        "samples/steps/CMakeLists.txt": made.fill(_SAMPLE),
        "samples/steps/prj.conf": made.fill(_SETTINGS, **fills),
        "samples/steps/sample.yaml": made.fill(_TESTS),
        "samples/steps/src/main.c": example(made),
        "README.md": readme(made, made.fill(_USE, **fills)),
        "LICENSE": LICENCE,
    }
