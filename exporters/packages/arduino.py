"""An Arduino library, as the Library Manager and arduino-lint want it."""

from wann_rt.exporters.packages.example import sensors
from wann_rt.exporters.packages.readme import readme
from wann_rt.exporters.packages.subject import LICENCE, Subject

ABOUT_US = "https://weightagnostic.github.io/"  # an address is required: without one, the page of the method

_PROPERTIES = """\
name=<p>
version=<version>
author=<author>
maintainer=<author>
sentence=<sentence>
paragraph=<paragraph>
category=Device Control
url=<url>
architectures=*
includes=<p>.h
"""

_SKETCH = """\
/*
 * Tests the controller on this board, then steps it again and again. Put your sensors into sense()
 * and your motors into drive(); until then it steps for a recorded observation.
 */
#include <<p>.h>

<due><state>static void sense(<obs> obs[]) {
<sensors>
}

static void drive(const <act> actions[]) {
    Serial.println(actions[0]<digits>);
}

static void release() {} // leave the motors without force

void setup() {
    Serial.begin(115200);
    const int faults = <p>_selftest();
    if (faults != 0) {
        release();
        Serial.print(F("refused: this build computes other bits, faults "));
        Serial.println(faults);
        for (;;) {
        }
    }
    Serial.println(F("self-test passed"));<start>
}

void loop() {
    <obs> obs[<P>_N_OBSERVATIONS];
    <act> actions[<P>_N_ACTIONS];
<wait>
    sense(obs);
<step>    drive(actions);
}
"""
_DUE = "static unsigned long due; // when the next step is, in microseconds\n\n"
_WAIT = """
    const long late = (long)(micros() - due); // right across the overflow of micros(), too
    if (late < 0) {
        return;
    }
    due += <P>_DT_US;
    if (late >= (long)<P>_DT_US) {
        due = micros() + <P>_DT_US; // a period was missed: begin anew
<again>    }
"""
_STATE = "static <p>_state state; // what is remembered from step to step: each controller needs one of its own\n\n"
_CHECKED = """\
    if (<p>_step_checked(obs, actions) & <P>_STATUS_NOT_FINITE) {
        release(); // a sensor gave no number: the actions are the fail-safe ones
    }
"""


_STEPS = {
    (False, False): _CHECKED,
    (False, True): _CHECKED.replace("(obs,", "(&state, obs,"),
    (True, False): "    <p>_step(obs, actions);\n",
    (True, True): "    <p>_step(&state, obs, actions);\n",
}


def files(made: Subject) -> dict[str, str]:
    """Returns the files of the library."""
    properties = made.fill(
        _PROPERTIES,
        author=made.author,
        sentence=made.sentence,
        paragraph=made.paragraph,
        url=made.url or ABOUT_US,
    )
    return {
        "library.properties": properties,
        **made.code("src/", "src/"),
        "examples/Steps/Steps.ino": _sketch(made),
        "keywords.txt": _keywords(made),
        "README.md": readme(made, made.fill(_USE)),
        "LICENSE": LICENCE,
    }


_USE = """\
## Use

Put this folder into the `libraries` folder of your sketchbook, or take
`Sketch > Include Library > Add .ZIP Library...` with a ZIP of it; then open `File > Examples > <p> > Steps`.
For the Library Manager, push it to a repository of its own, with `library.properties` at the top, and tag `<version>`.
"""


def _sketch(made: Subject) -> str:
    rate = made.controller.rate_hz
    timed = rate is not None and 1e-3 <= rate <= 1e6
    return made.fill(
        _SKETCH.replace("<wait>", _WAIT if timed else ""),
        due=_DUE if timed else "",
        state=made.fill(_STATE) if made.has_state else "",
        again=made.fill("        <p>_reset(&state);\n") if made.has_state else "",
        start=(made.fill("\n    <p>_reset(&state);") if made.has_state else "")
        + ("\n    due = micros();" if timed else ""),
        obs="int16_t" if made.is_fixed else "float",
        act="int32_t" if made.is_fixed else "float",
        digits="" if made.is_fixed else ", 4",
        sensors="\n".join(f"    {line}" for line in sensors(made)),
        step=made.fill(_STEPS[made.is_fixed, made.has_state]),
    )


def _keywords(made: Subject) -> str:
    """Returns what the editor colours; the columns are divided by a tab, or they are ignored."""
    more = [*([] if made.is_fixed else ["step_checked"]), *(["reset"] if made.has_state else [])]
    if made.controller.monitor is not None:
        more += ["monitor_step", "monitor_reset", "fail_safe"]
    calls = ["step", "selftest", *more]
    names = (*made.names.observations, *made.names.actions)
    rows = [f"{made.names.p}_{call}\tKEYWORD2" for call in calls] + [f"{name}\tLITERAL1" for name in names]
    return "\n".join(rows) + "\n"
