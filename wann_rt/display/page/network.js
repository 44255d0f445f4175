// The drawn network: nodes light up with their values and explain themselves. After engine.js; before main.js.

const $ = (id) => document.getElementById(id);
const histogram = Array.from({ length: N_NODES }, () => []);
const nodes = new Map([...document.querySelectorAll("[data-node]")].map((e) => [Number(e.dataset.node), e]));
const wires = [...document.querySelectorAll("[data-wire]")];

/** Shows the nodes' values: fuller is greater; the colour says the sign. */
function light(values) {
  for (const [k, element] of nodes) {
    const value = values[k];
    const glow = element.querySelector(".glow");
    glow.setAttribute("opacity", Number.isFinite(value) ? Math.min(1, Math.abs(value)) : 1);
    glow.classList.toggle("minus", value < 0);
    if (histogram[k].length < 4000) histogram[k].push(value);
    else histogram[k][Math.floor(Math.random() * 4000)] = value;
  }
}

function bars(values) {
  const finite = values.filter(Number.isFinite);
  if (!finite.length) return "";
  const [low, high] = [Math.min(...finite), Math.max(...finite)];
  const counts = new Array(24).fill(0);
  finite.forEach((v) => counts[Math.min(23, Math.floor(((v - low) / (high - low || 1)) * 24))]++);
  const most = Math.max(...counts);
  const blocks = counts.map((n) => " ▁▂▃▄▅▆▇█"[n ? Math.max(1, Math.round((n / most) * 8)) : 0]).join("");
  return `${low.toPrecision(3)} ${blocks} ${high.toPrecision(3)}`;
}

function reach(node, forwardSide) {
  const found = new Set([node]);
  let grew = true;
  while (grew) {
    grew = false;
    for (const wire of wires) {
      const [a, b] = forwardSide ? ["from", "to"] : ["to", "from"];
      if (found.has(Number(wire.dataset[a])) && !found.has(Number(wire.dataset[b]))) {
        found.add(Number(wire.dataset[b]));
        grew = true;
      }
    }
  }
  return found;
}

function explain(node) {
  const fact = DATA.facts[node];
  const around = new Set([...reach(node, true), ...reach(node, false)]);
  const onward = reach(node, true);
  const back = reach(node, false);
  wires.forEach((wire) => {
    const [a, b] = [Number(wire.dataset.from), Number(wire.dataset.to)];
    wire.classList.toggle("dim", !((onward.has(a) && onward.has(b)) || (back.has(a) && back.has(b))));
  });
  nodes.forEach((element, k) => element.classList.toggle("dim", !around.has(k)));
  $("node-name").textContent = fact.name;
  $("node-formula").textContent = fact.formula;
  $("node-c").textContent = fact.c;
  $("node-bars").textContent = bars(histogram[node]);
}

function calm() {
  wires.forEach((wire) => wire.classList.remove("dim"));
  nodes.forEach((element) => element.classList.remove("dim"));
}

nodes.forEach((element, k) => {
  for (const event of ["mouseenter", "focus", "click"]) element.addEventListener(event, () => explain(k));
  for (const event of ["mouseleave", "blur"]) element.addEventListener(event, calm);
});
