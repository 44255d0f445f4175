"""A PlatformIO library; its example is a project for the host, so that ``pio run`` needs no board."""

import json

from wann_rt.exporters.packages.example import example
from wann_rt.exporters.packages.readme import readme
from wann_rt.exporters.packages.subject import LICENCE, Subject

_PROJECT = """\
; pio run -e native -t exec
[env:native]
platform = native
lib_deps = <p>=symlink://../..
"""

_USE = """\
## Use

In `platformio.ini`, with the path of this folder or of the archive that `pio pkg pack` makes of it:

```ini
lib_deps = <p>=symlink:///path/to/<p>
```

then `#include <<p>.h>`. It fits every platform and framework, `native` included: `examples/host` is a project that
tests the controller on your machine.
"""


def files(made: Subject) -> dict[str, str]:
    """Returns the files of the library."""
    return {
        "library.json": json.dumps(_manifest(made), indent=2, ensure_ascii=False) + "\n",
        **made.code("include/", "src/"),
        "examples/host/platformio.ini": made.fill(_PROJECT),
        "examples/host/src/main.c": example(made),
        "README.md": readme(made, made.fill(_USE)),
        "LICENSE": LICENCE,
    }


def _manifest(made: Subject) -> dict[str, object]:
    name, _, mail = made.author.rstrip(">").partition(" <")
    author = {"name": name, "email": mail} if "@" in mail else {"name": made.author}
    return {
        "name": made.names.p,
        "version": made.version,
        "description": made.sentence,
        "keywords": ["controller", "neural network", "wann"],
        "authors": [author | {"maintainer": True}],
        **({"homepage": made.url} if made.url else {}),
        "license": "0BSD",
        "frameworks": "*",
        "platforms": "*",
        "headers": f"{made.names.p}.h",
        "examples": [{"name": "host", "base": "examples/host", "files": ["platformio.ini", "src/main.c"]}],
    }
