"""An ESP-IDF component, as the component registry wants it."""

import json

from wann_rt.exporters.packages.example import example
from wann_rt.exporters.packages.readme import readme
from wann_rt.exporters.packages.subject import LICENCE, Subject

# Component managers refuse keys that came after them, that of ESP-IDF 4.4 `license` and `examples`; newer ones and the
# registry find both by themselves, in LICENSE and in the folder.
_MANIFEST = """\
version: "<version>"
description: <description>
<url>tags:
  - controller
  - neural-network
"""

_COMPONENT = """\
idf_component_register(SRCS "src/<p>.c" INCLUDE_DIRS "include")
# A compiler that was never tried is a warning, also where warnings are errors.
set_source_files_properties("src/<p>.c" PROPERTIES COMPILE_OPTIONS -Wno-error=cpp)
"""

_PROJECT = """\
cmake_minimum_required(VERSION 3.16)
include($ENV{IDF_PATH}/tools/cmake/project.cmake)
project(<p>_steps)
"""

_MAIN = """\
idf_component_register(SRCS "main.c" INCLUDE_DIRS "." REQUIRES <p>)
"""

# A path works before the component is in the registry, and there it is replaced by the version.
_DEPENDENCY = """\
dependencies:
  <p>:
    version: "*"
    override_path: "../../.."
"""

_USE = """\
## Use

Put this folder into your project as `components/<p>` - ESP-IDF calls a component as its folder is called - and name it
in the `REQUIRES` of what calls it:

```cmake
idf_component_register(SRCS "main.c" REQUIRES <p>)
```

`examples/steps` is a project: `idf.py set-target esp32 && idf.py build flash monitor`. For the component registry:
`compote component upload --name <p> --namespace YOURS`.
"""


def files(made: Subject) -> dict[str, str]:
    """Returns the files of the component."""
    url = f"url: {json.dumps(made.url)}\n" if made.url else ""
    return {
        "idf_component.yml": made.fill(_MANIFEST, description=json.dumps(made.sentence), url=url),
        "CMakeLists.txt": made.fill(_COMPONENT),
        **made.code("include/", "src/"),
        "examples/steps/CMakeLists.txt": made.fill(_PROJECT),
        "examples/steps/main/CMakeLists.txt": made.fill(_MAIN),
        "examples/steps/main/idf_component.yml": made.fill(_DEPENDENCY),
        "examples/steps/main/main.c": _main(made),
        "README.md": readme(made, made.fill(_USE)),
        "LICENSE": LICENCE,
    }


def _main(made: Subject) -> str:
    """Returns the example as ESP-IDF starts it."""
    text = example(made).replace("int main(void)", "void app_main(void)")
    return text.replace("return 1;", "return;").replace("    return 0;\n", "")
