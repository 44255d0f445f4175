"""Runs an exported ONNX form in onnxruntime's JavaScript packages: native code in Node, WebAssembly as in browsers."""

import contextlib
import shutil
import struct
import subprocess
import weakref

import numpy as np
from numpy.typing import NDArray

from wann_rt.core.errors import ExportError

# Packages are looked for where a script in the current folder would find them, and in NODE_PATH.
_FIND = """\
const paths = [process.cwd(), ...(process.env.NODE_PATH || '').split(require('path').delimiter)].filter(Boolean);
const found = require.resolve(process.argv[1], { paths });
"""

_VERSION = (
    _FIND
    + """\
let folder = require('path').dirname(found);
while (!require('fs').existsSync(folder + '/package.json')) folder = require('path').dirname(folder);
process.stdout.write(require(folder + '/package.json').version);
"""
)

# Reads the model's size and the model, then batches: rows, columns, observations. Writes the actions of each.
_SERVE = (
    _FIND
    + """\
const ort = require(found);
if (ort.env && ort.env.wasm) ort.env.wasm.numThreads = 1;
const waiting = [];
let left = Buffer.alloc(0);
let wanted = null;
const give = () => {
    if (!wanted || left.length < wanted.size) return;
    const { size, done } = wanted;
    wanted = null;
    const piece = Buffer.from(left.subarray(0, size));
    left = left.subarray(size);
    done(piece);
};
const take = (size) => new Promise((done) => { wanted = { size, done }; give(); });
process.stdin.on('data', (piece) => { left = Buffer.concat([left, piece]); give(); });
process.stdin.on('end', () => process.exit(0));
const bytes = (array) => Buffer.from(array.buffer, array.byteOffset, array.byteLength);
const write = (data) => new Promise((done) => process.stdout.write(data, done));
const serve = async () => {
    const model = await take((await take(4)).readUInt32LE(0));
    const session = await ort.InferenceSession.create(new Uint8Array(model), { logSeverityLevel: 3 });
    for (;;) {
        const head = await take(8);
        const [rows, columns] = [head.readUInt32LE(0), head.readUInt32LE(4)];
        const data = await take(4 * rows * columns);
        const values = new Float32Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength));
        const results = await session.run({ obs: new ort.Tensor('float32', values, [rows, columns]) });
        await write(bytes(results.actions.data));
    }
};
serve().catch((error) => { process.stderr.write(String(error.message || error)); process.exit(1); });
"""
)


def version(package: str) -> str | None:
    """Returns the version of an npm package that Node finds from the current folder, or None."""
    if shutil.which("node") is None:
        return None
    done = subprocess.run(["node", "-e", _VERSION, package], capture_output=True, text=True, check=False)
    return done.stdout if done.returncode == 0 else None


class JavaScriptEvaluator:
    """A model as one of the packages computes it, in a process of its own that ends with this object."""

    def __init__(self, package: str, model: bytes, n_actions: int) -> None:
        """Starts Node and loads the model.

        Args:
            package: of npm.
            model: the ONNX file.
            n_actions: columns of the result.
        """
        self._package = package
        self._n_actions = n_actions
        pipe = subprocess.PIPE
        self._process = subprocess.Popen(["node", "-e", _SERVE, package], stdin=pipe, stdout=pipe, stderr=pipe)
        self._close = weakref.finalize(self, _end, self._process)
        self._send(struct.pack("<I", len(model)) + model)

    def run(self, observations: NDArray[np.float32]) -> NDArray[np.float32]:
        """Returns the actions [batch, actions]."""
        rows = np.ascontiguousarray(observations, "<f4")
        self._send(struct.pack("<II", *rows.shape) + rows.tobytes())
        size = 4 * len(rows) * self._n_actions
        assert self._process.stdout is not None
        data = self._process.stdout.read(size)
        if len(data) < size:
            self._fail()
        return np.frombuffer(data, "<f4").reshape(len(rows), self._n_actions).astype(np.float32)

    def _send(self, data: bytes) -> None:
        assert self._process.stdin is not None
        try:
            self._process.stdin.write(data)
            self._process.stdin.flush()
        except BrokenPipeError:
            self._fail()

    def _fail(self) -> None:
        assert self._process.stderr is not None
        said = self._process.stderr.read().decode(errors="replace").strip()
        raise ExportError(f"{self._package} failed in Node:\n{said}")


def _end(process: "subprocess.Popen[bytes]") -> None:
    for stream in (process.stdin, process.stdout, process.stderr):
        if stream is not None:
            with contextlib.suppress(BrokenPipeError):
                stream.close()
    process.kill()
    process.wait()
