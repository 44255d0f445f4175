// The page: moves the plant, answers sliders and keys. After engine.js, scenes.js and network.js.

const P = DATA.plant;
const own = NET.weight;
const params = () => Object.fromEntries(P.params.map(([name], k) => [name, game.params[k]]));
let weight = { kind: own.kind, values: own.values.slice() };
// Who asks for less motion sees a still plant until they press Play.
let running = !matchMedia("(prefers-reduced-motion: reduce)").matches;
let pushing = 0;
let startIndex = 0;
let game = null;
let action = ACTION.map(() => 0);
let spread = []; // of an ensemble: how far its members' actions are apart
const watcher = new Watcher();
let memory = fresh(); // what the controller remembers: of the plant's episode, or of the recorded one
const HISTORY = 400;
const traces = { observations: [], actions: [] };
const wrong = { ...CALM };

function restart() {
  if (!P) return;
  const values = P.params.map((entry) => entry[1]);
  game = new Episode(P.starts[startIndex++ % P.starts.length], values, $("hard").checked ? HARD : wrong, startIndex);
  memory = game.memory;
  watcher.reset();
  action = ACTION.map(() => 0);
  traces.observations.length = traces.actions.length = 0;
}

const HARD = { ...CALM, noise: 0.03, gain: 0.1, delay: 2, spread: 0.2 };

/** One step of the controller, of the plant or of the recorded episode. */
function tick() {
  let observation;
  if (P) {
    if (game.over) restart();
    observation = fed(game.observe());
  } else {
    const at = startIndex++ % DATA.episode.length;
    if (at === 0 || DATA.begins.includes(at)) forget();
    observation = DATA.episode[at];
  }
  const alarm = watcher.judge(observation);
  const done = act(observation, weight, memory);
  action = alarm && P && $("heed").checked ? NET.monitor.safe.map(f) : done.actions;
  spread = done.spread;
  watcher.done = action;
  if (P) game.advance(action, pushing);
  light(done.values);
  traces.observations.push(Array.from(observation));
  traces.actions.push(Array.from(action));
  if (traces.actions.length > HISTORY) {
    traces.observations.shift();
    traces.actions.shift();
  }
}

let last = 0;
let owed = 0;
function frame(now) {
  const rate = (P ? P.rate : DATA.rate) || 50;
  const seconds = Math.min(0.1, (now - last) / 1000);
  last = now;
  if (running) {
    owed = Math.min(owed + seconds * rate * Number($("speed").value), 20);
    while (owed >= 1) {
      tick();
      owed -= 1;
    }
    draw();
  }
  requestAnimationFrame(frame);
}

function draw() {
  if (P) {
    drawScene();
    const turns = game.steps ? game.changes / (game.steps / P.rate) : 0;
    $("return").textContent = game.total.toFixed(P.steps > 300 && Math.abs(game.total) > 99 ? 0 : 1);
    $("step").textContent = `${game.steps} / ${P.steps}`;
    $("effort").textContent = (game.steps ? game.effort / game.steps : 0).toFixed(2);
    $("changes").textContent = turns.toFixed(1);
  }
  drawTraces();
  showMemory();
  showMembers();
  showAlarm();
}

/** Shows each action, and how far the members of an ensemble are apart in it. */
function showMembers() {
  for (const cell of document.querySelectorAll("[data-action]")) {
    cell.textContent = action[Number(cell.dataset.action)].toPrecision(4);
  }
  for (const cell of document.querySelectorAll("[data-spread]")) {
    const k = Number(cell.dataset.spread);
    cell.textContent = spread.length ? spread[k].toPrecision(4) : "one weight alone plays";
  }
}

function showAlarm() {
  if (!NET.monitor) return;
  const { alarm, worst } = watcher;
  const to_blame = DATA.observed.filter((_, k) => (alarm >> k) & 1).join(", ");
  $("alarm").textContent = alarm ? `Alarm: ${to_blame}` : "All is as usual.";
  $("alarm").className = alarm ? "broken" : "kept";
  $("worst").textContent = worst < 1000 ? worst.toFixed(2) : "beyond all measure";
}

/** Resets what the controller and its monitor remember. */
function forget() {
  memory.fill(0);
  watcher.reset();
  showMemory();
}

function showMemory() {
  for (const cell of document.querySelectorAll("[data-memory]")) {
    cell.textContent = memory[Number(cell.dataset.memory)].toPrecision(4);
  }
}

function drawScene() {
  const scene = SCENES[P.name];
  if (!scene) return;
  const named = params();
  const pen = new Pen($("scene"), scene.metres(named), scene.up || 0);
  scene.draw(pen, game.state, action, named);
}

// ---- the weight -------------------------------------------------------------------------------------------------

function setWeight(value) {
  weight = { kind: "shared", values: [f(value)] };
  $("weight").value = value;
  moveDot(value);
  showWeight();
}

function moveDot(value) {
  const dot = $("dot");
  if (!dot || !DATA.curve) return;
  const { weights, means, x, y } = DATA.curve;
  let k = 0;
  weights.forEach((w, j) => {
    if (Math.abs(w - value) < Math.abs(weights[k] - value)) k = j;
  });
  dot.setAttribute("cx", x[0] + ((value - weights[0]) / (weights[weights.length - 1] - weights[0])) * (x[1] - x[0]));
  dot.setAttribute("cy", y[0] + ((means[k] - DATA.curve.low) / (DATA.curve.high - DATA.curve.low || 1)) * (y[1] - y[0]));
  $("dot-value").textContent = `weight ${value.toFixed(2)}: mean return ${means[k].toFixed(1)}`;
}

function showWeight() {
  const kinds = { shared: "one shared weight", ensemble: "an ensemble of shared weights", connections: "a weight per connection" };
  const text = weight.kind === "shared" ? ` (${weight.values[0].toFixed(3)})` : "";
  $("weight-kind").textContent = `Playing with ${kinds[weight.kind]}${text}.`;
  $("own").disabled = weight.kind === own.kind && weight.values.every((v, k) => v === own.values[k]);
  $("one").hidden = weight.kind !== "connections";
  if (weight.kind === "connections") showConnection();
}

function showConnection() {
  const k = Number($("which").value) || 0;
  const most = Math.max(4, 2 * Math.abs(own.kind === "connections" ? own.values[k] : 0));
  Object.assign($("fine"), { min: -most, max: most, step: most / 2000 });
  $("fine").value = weight.values[k];
  $("fine-value").textContent = weight.values[k].toPrecision(4);
}

function perConnection() {
  if (weight.kind === "connections") return;
  const w = weight.values[0];
  const values = NET.factors.map((factor) => f(factor * w));
  weight = { kind: "connections", values };
  showWeight();
}

// ---- traces -----------------------------------------------------------------------------------------------------

function drawTraces() {
  for (const side of ["observations", "actions"]) {
    const canvas = $(side);
    const ratio = window.devicePixelRatio || 1;
    const box = canvas.getBoundingClientRect();
    canvas.width = box.width * ratio;
    canvas.height = box.height * ratio;
    const g = canvas.getContext("2d");
    const rows = traces[side];
    if (!rows.length) continue;
    const most = Math.max(1e-9, ...rows.flat().filter(Number.isFinite).map(Math.abs));
    g.strokeStyle = style("--faint");
    g.beginPath();
    g.moveTo(0, canvas.height / 2);
    g.lineTo(canvas.width, canvas.height / 2);
    g.stroke();
    rows[0].forEach((_, k) => {
      g.strokeStyle = style(`--line${k % 6}`);
      g.lineWidth = 1.4 * ratio;
      g.beginPath();
      rows.forEach((row, t) => g.lineTo((t / HISTORY) * canvas.width, (0.5 - (0.46 * row[k]) / most) * canvas.height));
      g.stroke();
    });
    $(`${side}-scale`).textContent = `±${most.toPrecision(3)}`;
  }
}

// ---- disturbances, measured in a worker -------------------------------------------------------------------------

let worker = null;
let asked = 0;
function measure() {
  if (!P) return;
  if (!worker) {
    const code = ["engine", "worker"].map((id) => $(id).textContent).join("\n");
    const text = `const DATA = ${JSON.stringify(DATA)};\n${code}`;
    worker = new Worker(URL.createObjectURL(new Blob([text], { type: "text/javascript" })));
    worker.onmessage = ({ data }) => {
      if (data.id !== asked) return;
      const lost = data.plain.mean - data.wrong.mean;
      $("lost").textContent =
        `plain ${data.plain.mean.toFixed(1)}, disturbed ${data.wrong.mean.toFixed(1)}: ` +
        `${lost.toFixed(1)} lost; sign changes a second ${data.wrong.changes.toFixed(1)}`;
    };
  }
  asked += 1;
  $("lost").textContent = "playing 16 episodes...";
  worker.postMessage({ id: asked, weight, params: P.params.map((e) => e[1]), wrong, episodes: 16 });
}

// ---- controls ---------------------------------------------------------------------------------------------------

function on(id, event, handler) {
  if ($(id)) $(id).addEventListener(event, handler);
}

function toggle() {
  running = !running;
  showRunning();
}

function showRunning() {
  $("play").textContent = running ? "Pause" : "Play";
}

function push(side) {
  pushing = side;
}

on("play", "click", toggle);
on("restart", "click", restart);
on("forget", "click", forget);
on("silence", "click", () => {
  watcher.reset();
  showAlarm();
});
on("hard", "change", restart);
for (const [id, side] of [["left", -1], ["right", 1]]) {
  on(id, "pointerdown", () => push(side));
  for (const event of ["pointerup", "pointerleave"]) on(id, event, () => push(0));
}
on("scene", "pointerdown", (event) => {
  const box = $("scene").getBoundingClientRect();
  push(event.clientX < box.left + box.width / 2 ? 1 : -1);
});
for (const event of ["pointerup", "pointerleave"]) on("scene", event, () => push(0));
on("weight", "input", () => setWeight(Number($("weight").value)));
on("own", "click", () => {
  weight = { kind: own.kind, values: own.values.slice() };
  if (own.kind === "shared") moveDot(own.values[0]);
  showWeight();
});
on("each", "click", perConnection);
on("which", "input", showConnection);
on("fine", "input", () => {
  weight.values[Number($("which").value) || 0] = f(Number($("fine").value));
  showConnection();
});
for (const input of document.querySelectorAll("[data-wrong]")) {
  input.addEventListener("input", () => {
    wrong[input.dataset.wrong] = Number(input.value);
    $(`${input.id}-value`).textContent = input.value;
  });
  input.addEventListener("change", () => {
    measure();
    restart();
  });
}
if (P && NET.monitor) {
  wrong.noise = DATA.noise;
  $("wrong-noise").value = DATA.noise;
  $("wrong-noise-value").textContent = DATA.noise;
}
document.addEventListener("keydown", (event) => {
  if (["INPUT", "SELECT", "BUTTON"].includes(document.activeElement.tagName)) return;
  if (event.key === " ") toggle();
  else if (event.key === "r") restart();
  else if (event.key === "ArrowLeft") push(-1);
  else if (event.key === "ArrowRight") push(1);
  else return;
  event.preventDefault();
});
document.addEventListener("keyup", () => push(0));
for (const button of document.querySelectorAll("[data-file]")) {
  button.addEventListener("click", () => {
    const { name, base64 } = DATA.files[Number(button.dataset.file)];
    const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([bytes]));
    link.download = name;
    link.click();
  });
}

const wrongBits = differing();
const total = NET.vectors.length;
$("proof").textContent = !total
  ? "This controller has no test vectors: nothing was compared."
  : wrongBits
    ? `${wrongBits} of ${total} test vectors come out with other bits in this browser.`
    : `All ${total} test vectors of the controller file were computed again in this browser: every bit is equal.`;
$("proof").classList.add(total ? (wrongBits ? "broken" : "kept") : "unknown");
if (weight.kind === "shared") {
  $("weight").value = weight.values[0];
  moveDot(weight.values[0]);
}
document.documentElement.classList.add("live");
showWeight();
restart();
showRunning();
tick();
draw();
requestAnimationFrame(frame);
