// Runs a WebAssembly program of the harness under node: node wasm.js program.wasm
const fs = require("fs");

let text = "";
const imports = { env: { wann_put: (c) => (text += String.fromCharCode(c)) } };
const program = new WebAssembly.Module(fs.readFileSync(process.argv[2]));
new WebAssembly.Instance(program, imports).exports.run();
process.stdout.write(text);
