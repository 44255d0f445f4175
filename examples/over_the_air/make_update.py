"""Makes keys, updates and what a device has to know of them.

    python make_update.py key SECRET
    python make_update.py config CONTROLLER SECRET --out update_config.h
    python make_update.py sign CONTROLLER SECRET --counter 2 --out update.bin

SECRET stays with you; who has it can make updates. Signatures are Ed25519 (RFC 8032), by PyNaCl.
"""

import argparse
import os
import struct
import sys
from pathlib import Path

from nacl.signing import SigningKey

import wann_rt as wr
from wann_rt.core.files import digest
from wann_rt.exporters.contract import interface_hash

MAGIC = b"WANNUPD1"


def key_of(secret: Path) -> SigningKey:
    """Returns the key in a file of 32 bytes."""
    return SigningKey(secret.read_bytes())


def make_key(secret: Path) -> None:
    """Writes a new key that nobody else may read; an old one stays."""
    handle = os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(bytes(SigningKey.generate()))


def config(controller: wr.Controller, key: SigningKey) -> str:
    """Returns what the device is compiled with: the public key, and the interface of its controllers."""
    numbers = ", ".join(f"0x{byte:02x}" for byte in bytes(key.verify_key))
    values = {
        "UPDATE_KEY": f"{{{numbers}}}",
        "UPDATE_INTERFACE_HASH": f"0x{interface_hash(controller):08x}u",
        "UPDATE_OBSERVATIONS": len(controller.observations),
        "UPDATE_ACTIONS": len(controller.actions),
        "UPDATE_MOST_HIDDEN": 64,
    }
    return "".join(f"#define {name} {value}\n" for name, value in values.items())


def update(controller: wr.Controller, key: SigningKey, counter: int) -> bytes:
    """Returns an update: README.md says each byte."""
    blob = wr.export(controller, "blob")
    whole = bytes.fromhex(digest(controller).removeprefix("sha256:"))
    signed = MAGIC + struct.pack("<III", counter, interface_hash(controller), len(blob)) + whole + blob
    return signed + key.sign(signed).signature


def main(words: list[str]) -> None:
    """Does what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("key").add_argument("secret", type=Path)
    for name in ("config", "sign"):
        command = commands.add_parser(name)
        command.add_argument("controller")
        command.add_argument("secret", type=Path)
        command.add_argument("--out", type=Path, required=True)
        if name == "sign":
            command.add_argument("--counter", type=int, required=True, help="greater than that of each update before")
    said = parser.parse_args(words)
    if said.command == "key":
        make_key(said.secret)
    elif said.command == "config":
        said.out.write_text(config(wr.load(said.controller), key_of(said.secret)))
    else:
        said.out.write_bytes(update(wr.load(said.controller), key_of(said.secret), said.counter))


if __name__ == "__main__":
    main(sys.argv[1:])
