"""A Rust crate without the standard library, without unsafe code; its tests run on the host."""

import json

from wann_rt.exporters.packages import rust_state
from wann_rt.exporters.packages.readme import readme
from wann_rt.exporters.packages.subject import LICENCE, Subject
from wann_rt.exporters.to_rust.controller import controller_module
from wann_rt.exporters.to_rust.syntax import literal
from wann_rt.exporters.to_rust.texts import LIBRARY

_MANIFEST = """\
[package]
name = "<p>"
version = "<version>"
edition = "2021"
rust-version = "1.66"
authors = [<author>]
description = <description>
license = "0BSD"
readme = "README.md"
<url>keywords = ["controller", "neural-network", "embedded", "no-std"]
categories = ["embedded", "no-std"]

[lib]
name = "<p>"
path = "src/lib.rs"
"""

_TEST = """\
//! The controller computes the bits of the search on this machine, and holds its actions in range.

#[test]
fn it_computes_the_bits_of_the_search() {
    assert_eq!(<p>::selftest(), 0);
}

#[test]
fn what_is_no_number_gives_the_fail_safe_actions() {
    let (actions, status) = <p>::step_checked(&[f32::NAN; <p>::N_OBSERVATIONS]);
    assert_eq!(actions.map(f32::to_bits), <p>::FAIL_SAFE.map(f32::to_bits));
    assert_eq!(status, <p>::STATUS_NOT_FINITE);
}
"""

_EXAMPLE = """\
//! Tests the controller on this machine, then steps it for a recorded observation.

fn main() {
    let faults = <p>::selftest();
    if faults != 0 {
        println!("refused: this build computes other bits, faults {faults}");
        std::process::exit(1);
    }
    println!("self-test passed");
    let mut obs = [0.0; <p>::N_OBSERVATIONS];
<sensors>
<step>    for (k, action) in actions.iter().enumerate() {
        println!("action {k}: {action:e}");
    }
}
"""

_CHECKED = """\
    let (actions, status) = <p>::step_checked(&obs);
    println!("status {status}");
"""

_USE_CHECKED = """\
let (actions, status) = <p>::step_checked(&obs);
```
"""

_USE = """\
## Use

```toml
[dependencies]
<p> = { path = "/path/to/<p>" }
```

```rust
if <p>::selftest() != 0 {
    // this build computes other bits: do not run it
}
<step>
It has no dependency, allocates nothing and does not panic. `cargo test` tests it on your machine, and
`cargo run --example steps` steps it once.
"""


def files(made: Subject) -> dict[str, str]:
    """Returns the files of the crate."""
    fills = {
        "author": json.dumps(made.author, ensure_ascii=False),
        "description": json.dumps(made.sentence),
        "url": f"homepage = {json.dumps(made.url)}\n" if made.url else "",
    }
    pairs = zip(made.names.observations, made.recorded().observation, strict=True)
    p, lead = made.names.p, f"{made.names.P}_"
    sensors = "\n".join(f"    obs[{p}::{name.removeprefix(lead)}] = {literal(value)};" for name, value in pairs)
    step, use = (rust_state.EXAMPLE, rust_state.USE) if made.has_state else (_CHECKED, _USE_CHECKED)
    about = f"//! {made.sentence} `README.md` has its contract: what goes in and what comes out.\n"
    return {
        "Cargo.toml": made.fill(_MANIFEST, **fills),
        "src/lib.rs": LIBRARY.replace("<title>", made.title).replace("<about>\n", about),
        "src/controller.rs": controller_module(made.controller, made.names),
        "tests/bits.rs": rust_state.test(made) if made.has_state else made.fill(_TEST),
        "examples/steps.rs": made.fill(_EXAMPLE.replace("<step>", step), sensors=sensors),
        "README.md": readme(made, made.fill(_USE.replace("<step>", use))),
        "LICENSE": LICENCE,
    }
