"""A bill of materials in CycloneDX 1.5: the generated files, what they were made from, and what made them."""

import uuid
from typing import Any

from wann_rt.core.controller import Controller
from wann_rt.core.files import digest
from wann_rt.core.version import __version__

SCHEMA = "http://cyclonedx.org/schema/bom-1.5.schema.json"


def sbom(controller: Controller, files: dict[str, str], source: str) -> dict[str, Any]:
    """Returns the document; same controller and files, same document.

    Args:
        controller: what the files are of.
        files: SHA-256 by file name; none of them needs anything but a C compiler.
        source: the one of them from which the others were written.
    """
    of = digest(controller)
    top = f"wann_rt:{of}"
    parts = [_file(name, found) for name, found in sorted(files.items())]
    others = [part["bom-ref"] for part in parts if part["name"] != source]
    return {
        "$schema": SCHEMA,
        "bomFormat": "CycloneDX",
        "specVersion": "1.5",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, top)}",
        "version": 1,
        "metadata": {
            "tools": {"components": [{"type": "application", "name": "wann_rt", "version": __version__}]},
            "component": {
                "type": "machine-learning-model",
                "bom-ref": top,
                "name": controller.name or "controller",
                "version": of.partition(":")[2][:16],
                "hashes": [{"alg": "SHA-256", "content": of.partition(":")[2]}],
            },
        },
        "components": parts,
        "dependencies": [
            {"ref": top, "dependsOn": others},
            *({"ref": ref, "dependsOn": [f"file:{source}"]} for ref in others),
            {"ref": f"file:{source}"},
        ],
    }


def _file(name: str, found: str) -> dict[str, Any]:
    made = name.endswith((".h", ".c"))
    licence = {"licenses": [{"license": {"id": "0BSD"}}]} if made else {}
    hashes = [{"alg": "SHA-256", "content": found}]
    return {"type": "file", "bom-ref": f"file:{name}", "name": name, "hashes": hashes, **licence}
