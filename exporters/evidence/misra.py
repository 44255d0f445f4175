"""What cppcheck's MISRA C:2012 addon finds in one generated header."""

import re
import shutil
import subprocess
from collections import Counter

from wann_rt.core.disk import temporary_folder

SECONDS = 300
# Why a finding of a rule stays; the same reasons as tests/evidence/misra.toml has for the golden header.
REASONS = {
    "2.3": "a typedef is a static assertion, which C99 lacks",
    "2.4": "enumerations without a tag are integer constants that a debugger knows",
    "2.5": "macros for the includer: counts, rate, digest, contract, faults of the self-test",
    "10.4": "the self-test counts vectors and channels unsigned against small literals",
    "10.8": "the self-test makes small whole floats of a difference of small integers",
    "12.1": "a * b + c needs no parentheses; -Wparentheses asks for them elsewhere",
    "15.5": "a check returns at the first fault",
    "15.7": "nothing is to be done in the else that is not there",
    "17.8": "the mixer of the self-test works on its argument",
    "19.2": "a union shows the bits of a float; memcpy would need a library",
    "20.1": "the header may come after any declaration of its includer",
    "20.5": "a macro of the header's own is taken away at its end",
}


def misra(header: str) -> tuple[Counter[str], str | None]:
    """Returns how often which rule is reported, and why it was not run, or None."""
    if shutil.which("cppcheck") is None:
        return Counter(), "cppcheck is not installed (Debian: apt install cppcheck)"
    with temporary_folder() as folder:
        (folder / "step.h").write_text(header, encoding="utf-8")
        (folder / "unit.c").write_text('#include "step.h"\n', encoding="utf-8")
        options = ["--addon=misra", "--std=c99", "--enable=style", "--quiet", "--template=at {id}"]
        try:
            done = subprocess.run(
                ["cppcheck", *options, "unit.c"],
                cwd=folder,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
                timeout=SECONDS,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            return Counter(), f"cppcheck did not run: {error}"
    found = Counter(re.findall(r"^at misra-c2012-(\S+)$", done.stderr, re.MULTILINE))
    if done.returncode != 0 or not found:
        return Counter(), f"cppcheck's MISRA addon does not work: {done.stderr.strip()[-200:]}"
    return found, None


def version() -> str:
    """Returns what cppcheck calls itself."""
    done = subprocess.run(["cppcheck", "--version"], capture_output=True, text=True, check=False)
    return done.stdout.strip()
