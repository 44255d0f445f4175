"use strict";
// Computes what Python computes, bit for bit. Before this stand: `const f = Math.fround`, ACTIVATIONS, CONDITION, ACTION
// and LIMIT of the controller, of one with a state ADVANCE and REMEMBER, of one with a monitor WATCH, of an ensemble
// WIDEN, for a compiled task observe(s) and step(p, s, a), and `DATA`.

const NET = DATA.controller;
const FIRST = 1 + NET.inputs;
const N_NODES = FIRST + NET.nodes.length;

/**
 * Returns the values of all nodes: the bias, the inputs, the computed nodes. `factors` has one number for each connection,
 * in order; `multiplier` is the shared weight, or null. The rule is that of core/terms.py.
 */
function forward(inputs, factors, multiplier) {
  const values = new Float32Array(N_NODES);
  values[0] = 1;
  for (let k = 0; k < NET.inputs; k++) values[1 + k] = inputs[k];
  let c = 0;
  NET.nodes.forEach((node, k) => {
    let total = 0;
    node.sources.forEach((source, j) => {
      const term = f(values[source] * factors[c]);
      total = j === 0 ? term : f(total + term);
      c++;
    });
    if (multiplier !== null) total = f(total * multiplier);
    values[FIRST + k] = ACTIVATIONS[node.activation](total);
  });
  return values;
}

/** Returns the actions of one run of the network, conditioned. */
function actionsOf(values) {
  const last = N_NODES - NET.outputs;
  return ACTION.map((condition, k) => f(condition(values[last + k])));
}

/** Returns the state at the beginning: zeros, none of a controller without one. */
function fresh() {
  return new Float32Array(NET.memory ? NET.memory.names.length : 0);
}

/** What the monitor remembers, and what was done since the reading before: nothing yet. */
class Watcher {
  constructor() {
    this.reset();
  }

  reset() {
    this.state = new Float32Array(NET.monitor ? NET.monitor.size : 0);
    this.done = ACTION.map(() => 0);
  }

  /** Judges a reading; returns the alarm: 0, or the bits of the observations that raised it. */
  judge(observation) {
    if (NET.monitor) this.state.set(WATCH(this.state, Array.from(observation, f), this.done));
    return this.alarm;
  }

  get alarm() {
    return NET.monitor ? this.state[this.state.length - 1] : 0;
  }

  /** How far from usual the last reading was: from 1 on it is an alarm by itself. */
  get worst() {
    return this.state[this.state.length - 2] / NET.monitor.above;
  }
}

/** Returns of all that a plant observes what the controller is fed with. */
function fed(observation) {
  return DATA.places ? DATA.places.map((k) => observation[k]) : observation;
}

/**
 * Returns {values, actions, spread}: what the controller computes for an observation; `weight` is {kind, values}. Of an
 * ensemble `spread` is how far its members' actions are apart. The `state` is the caller's, and advances by a step.
 */
function act(observation, weight, state) {
  const read = Array.from(observation, f);
  if (!NET.memory) return network(read, weight);
  const advanced = ADVANCE(state, read);
  const { values, actions, spread } = network([...read, ...advanced.slice(0, NET.memory.derived)], weight);
  state.set(REMEMBER(advanced.slice(NET.memory.derived), actions));
  return { values, actions: actions.slice(0, NET.memory.actions), spread };
}

/** Returns of each action the greatest of the members' less the least; nothing of a weight that is no ensemble's. */
function apart(members, weight) {
  if (weight.kind !== "ensemble") return [];
  return members[0].slice(0, NET.memory ? NET.memory.actions : NET.outputs).map((first, k) => {
    let span = [first, first];
    for (let m = 1; m < members.length; m++) span = WIDEN(...span, members[m][k]);
    return f(span[1] - span[0]);
  });
}

/** Returns {values, actions, spread} of the network alone, for all that it sees. */
function network(seen, weight) {
  const inputs = CONDITION.map((condition, k) => condition(seen[k]));
  if (weight.kind === "connections") {
    const values = forward(inputs, weight.values, null);
    return { values, actions: actionsOf(values), spread: [] };
  }
  const runs = weight.values.map((w) => forward(inputs, NET.factors, f(w)));
  const members = runs.map(actionsOf);
  const spread = apart(members, weight);
  if (members.length === 1) return { values: runs[0], actions: members[0], spread };
  const share = f(1 / members.length);
  const actions = LIMIT.map((limit, k) => {
    let total = members[0][k];
    for (let m = 1; m < members.length; m++) total = f(total + members[m][k]);
    return f(limit(f(total * share)));
  });
  return { values: runs[0], actions, spread };
}

/** Counter-based random numbers in [0, 1): the same for the same seed, whatever is drawn elsewhere. */
function random(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x9e3779b9) >>> 0;
    let z = state;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    return ((z ^ (z >>> 16)) >>> 0) / 4294967296;
  };
}

const CALM = { noise: 0, gain: 0, offset: 0, dropout: 0, delay: 0, actuator: 0, dead: 0, spread: 0 };

/** An episode: the plant, what disturbs it, and the books. `wrong` is like CALM; all zero is the plain task, bit for bit. */
class Episode {
  constructor(start, params, wrong, seed) {
    this.state = start.slice();
    this.draw = random(seed);
    this.wrong = wrong;
    this.params = params.map((value) => (wrong.spread ? f(value * (1 + wrong.spread * this.sym())) : value));
    this.memory = fresh();
    this.gains = DATA.sizes.map(() => 1 + wrong.gain * this.sym());
    this.offsets = DATA.sizes.map(() => wrong.offset * this.sym());
    this.waiting = [];
    this.seen = null;
    this.total = 0;
    this.steps = 0;
    this.effort = 0;
    this.changes = 0;
    this.earlier = ACTION.map(() => 0);
    this.over = false;
  }

  sym() {
    return 2 * this.draw() - 1;
  }

  /** Returns what the controller sees, as sensors report it. */
  observe() {
    const w = this.wrong;
    const clean = observe(this.state);
    if (w.dropout && this.seen && this.draw() < w.dropout) return this.seen;
    if (!(w.noise || w.gain || w.offset)) return (this.seen = clean);
    const size = DATA.sizes;
    this.seen = clean.map((o, k) => f(o * this.gains[k] + size[k] * (this.offsets[k] + w.noise * 1.732 * this.sym())));
    return this.seen;
  }

  /** Advances by one step with the actions; `push` is added to the first action (a hand on the plant). */
  advance(actions, push = 0) {
    const w = this.wrong;
    let applied = actions;
    if (w.actuator || w.dead) applied = applied.map((a) => (Math.abs(a) < w.dead ? 0 : f(a * (1 - w.actuator))));
    if (w.delay) {
      this.waiting.push(applied);
      applied = this.waiting.length > w.delay ? this.waiting.shift() : actions.map(() => 0);
    }
    if (push) applied = applied.map((a, k) => (k === 0 ? f(a + push) : a));
    const after = step(this.params, this.state, applied);
    const failed = after.pop();
    const reward = after.pop();
    this.state = after;
    this.total += reward;
    this.steps += 1;
    actions.forEach((a, k) => {
      this.effort += Math.abs(a);
      if (a * this.earlier[k] < 0) this.changes += 1;
      if (a !== 0) this.earlier[k] = a;
    });
    this.over = Boolean(failed) || this.steps >= DATA.plant.steps;
    return reward;
  }
}

/** Plays whole episodes and returns their mean return and mean sign changes a second. */
function score(weight, params, wrong, episodes) {
  let total = 0;
  let changes = 0;
  let seconds = 0;
  for (let k = 0; k < episodes; k++) {
    const episode = new Episode(DATA.plant.starts[k % DATA.plant.starts.length], params, wrong, 1000 + k);
    while (!episode.over) episode.advance(act(fed(episode.observe()), weight, episode.memory).actions);
    total += episode.total;
    changes += episode.changes;
    seconds += episode.steps / DATA.plant.rate;
  }
  return { mean: total / episodes, changes: changes / seconds };
}

/**
 * Returns how many of the controller file's test vectors come out with other bits, in an action or in how far members
 * are apart; with a state they are sequences.
 */
function differing() {
  const bits = (values) => Array.from(new Uint32Array(Float32Array.from(values).buffer));
  const same = (a, b) => (Number.isNaN(a) && Number.isNaN(b)) || bits([a])[0] === bits([b])[0];
  const state = fresh();
  return NET.vectors.filter(([observation, wanted], k) => {
    if (NET.memory && NET.memory.resets.includes(k)) state.fill(0);
    const { actions, spread } = act(observation.map(Number), NET.weight, state);
    const told = [...wanted, ...(NET.spreads ? NET.spreads[k] : [])];
    return !told.every((value, j) => same(Number(value), [...actions, ...spread][j]));
  }).length;
}
