"""Runs JavaScript: in Node.js, or as a page in headless Chromium."""

import json
import re
import subprocess
from pathlib import Path
from typing import Any

QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"),
    "--disable-features=NetworkTimeServiceQuerying",  # the browser's own clock asks a server
    *("--disable-component-update", "--disable-sync", "--disable-quic", "--hide-scrollbars"),
)


def in_node(script: str) -> Any:
    """Runs a script in Node.js and returns the JSON value that it prints last."""
    done = subprocess.run(["node", "-"], input=script, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def engine(text: str) -> str:
    """Returns the scripts of a page that compute, without those that need a document."""
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', text, re.DOTALL)
    code = re.search(r'<script id="engine">(.*?)</script>', text, re.DOTALL)
    assert data is not None
    assert code is not None
    return f"const DATA = {data[1]};\n{code[1]}"


def in_chromium(page: Path, folder: Path, *options: str, milliseconds: int = 4000) -> str:
    """Opens a page in headless Chromium for that long, in the page's own time, and returns what stands in it then."""
    command = ["chromium", *QUIET, f"--user-data-dir={folder / 'profile'}", f"--virtual-time-budget={milliseconds}"]
    command += [*options, "--dump-dom", page.resolve().as_uri()]
    return subprocess.run(command, capture_output=True, text=True, timeout=120, check=True).stdout
