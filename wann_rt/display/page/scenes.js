// What compiled tasks look like: name -> {metres: width of the world, draw(pen, state, action, params)}. Y points upwards.

const INK = () => style("--ink");
const style = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

/** Draws in metres on a canvas whose origin is its middle. */
class Pen {
  constructor(canvas, metres, up = 0) {
    const ratio = window.devicePixelRatio || 1;
    const box = canvas.getBoundingClientRect();
    canvas.width = Math.max(1, Math.round(box.width * ratio));
    canvas.height = Math.max(1, Math.round(box.height * ratio));
    this.g = canvas.getContext("2d");
    this.scale = canvas.width / metres;
    this.x0 = canvas.width / 2;
    this.y0 = canvas.height / 2 + up * this.scale;
    this.g.lineCap = "round";
  }
  at(x, y) {
    return [this.x0 + x * this.scale, this.y0 - y * this.scale];
  }
  line(a, b, width, colour) {
    this.path([a, b], width, colour);
  }
  path(points, width, colour) {
    this.g.strokeStyle = colour;
    this.g.lineWidth = width * this.scale;
    this.g.beginPath();
    points.forEach((point, k) => (k ? this.g.lineTo(...this.at(...point)) : this.g.moveTo(...this.at(...point))));
    this.g.stroke();
  }
  disc(centre, radius, colour) {
    this.g.fillStyle = colour;
    this.g.beginPath();
    this.g.arc(...this.at(...centre), radius * this.scale, 0, 7);
    this.g.fill();
  }
  box(x, y, width, height, colour) {
    const [left, top] = this.at(x - width / 2, y + height / 2);
    this.g.fillStyle = colour;
    this.g.beginPath();
    this.g.roundRect(left, top, width * this.scale, height * this.scale, 0.03 * this.scale);
    this.g.fill();
  }
  arrow(from, to, width, colour) {
    const length = Math.hypot(to[0] - from[0], to[1] - from[1]);
    if (length < width / 4) return;
    const [ux, uy] = [(to[0] - from[0]) / length, (to[1] - from[1]) / length];
    const head = Math.min(3 * width, length);
    const neck = [to[0] - ux * head, to[1] - uy * head];
    this.line(from, neck, width, colour);
    const wings = [[-uy, ux], [uy, -ux]].map(([x, y]) => [neck[0] + x * width * 1.5, neck[1] + y * width * 1.5]);
    this.g.fillStyle = colour;
    this.g.beginPath();
    [to, ...wings].forEach((point, k) => (k ? this.g.lineTo(...this.at(...point)) : this.g.moveTo(...this.at(...point))));
    this.g.fill();
  }
}

function cart(pen, x, theta, length, track, push) {
  const [floor, deck] = [-0.2, -0.02];
  pen.line([-track, floor], [track, floor], 0.02, style("--faint"));
  for (const post of [-track, track]) pen.line([post, floor], [post, floor + 0.16], 0.035, style("--faint"));
  const side = x + Math.sign(push) * 0.25;
  pen.arrow([side, deck - 0.05], [side + push / 2, deck - 0.05], 0.04, style("--act"));
  for (const wheel of [x - 0.13, x + 0.13]) pen.disc([wheel, floor + 0.05], 0.05, INK());
  pen.box(x, deck - 0.045, 0.44, 0.15, style("--body"));
  pen.line([x, deck], [x - length * Math.sin(theta), deck + length * Math.cos(theta)], 0.055, style("--pole"));
  pen.disc([x, deck], 0.04, INK());
}

const clamp = (value) => Math.max(-1, Math.min(1, value));

const twoLinks = {
  metres: (p) => 5.2 * (p.length_1 + p.length_2),
  draw: (pen, s, a, p) => {
    const whole = p.length_1 + p.length_2;
    const thick = 0.06 * whole;
    const joint = [p.length_1 * Math.sin(s[0]), p.length_1 * Math.cos(s[0])];
    const tip = [joint[0] + p.length_2 * Math.sin(s[0] + s[1]), joint[1] + p.length_2 * Math.cos(s[0] + s[1])];
    const driven = p.shoulder_torque > p.elbow_torque;
    pen.line([0, -whole], [0, whole], thick / 6, style("--faint"));
    pen.line([0, 0], joint, thick, style("--body"));
    pen.line(joint, tip, 0.8 * thick, style("--pole"));
    pen.disc([0, 0], thick * (driven ? 1.2 : 0.6), INK());
    pen.disc(joint, thick * (driven ? 0.6 : 1.2), INK());
    pen.arrow([0, -1.1 * whole], [clamp(a[0]) * 0.5 * whole, -1.1 * whole], 0.6 * thick, style("--act"));
  },
};

const SCENES = {
  "cartpole-swingup": {
    metres: (p) => 2 * p.track + 0.8,
    draw: (pen, s, a, p) => cart(pen, s[0], s[2], p.pole_length, p.track, clamp(a[0])),
  },
  cartpole: {
    metres: (p) => 2 * p.track + 0.8,
    draw: (pen, s, a, p) => cart(pen, s[0], -s[2], 2 * p.half_length, p.track, a[1] > a[0] ? 0.6 : -0.6),
  },
  pendulum: {
    metres: () => 3.4,
    draw: (pen, s, a) => {
      const tip = [Math.sin(-s[0]), Math.cos(s[0])];
      pen.line([0, 0], tip, 0.13, style("--pole"));
      pen.disc([0, 0], 0.06, INK());
      pen.disc(tip, 0.09, INK());
      const torque = Math.max(-2, Math.min(2, a[0]));
      pen.arrow([0, -0.35], [-torque * 0.4, -0.35], 0.05, style("--act"));
    },
  },
  "mountain-car-continuous": {
    metres: () => 2.2,
    up: 0.35,
    draw: (pen, s, a, p) => {
      const at = (x) => [x + 0.3, 0.45 * Math.sin(3 * x) * 0.6 + 0.1];
      pen.path(Array.from({ length: 61 }, (_, k) => at(-1.2 + k * 0.03)), 0.012, style("--faint"));
      const goal = at(p.goal);
      pen.line(goal, [goal[0], goal[1] + 0.25], 0.01, INK());
      pen.box(goal[0] + 0.05, goal[1] + 0.22, 0.1, 0.06, style("--act"));
      const here = at(s[0]);
      pen.disc([here[0], here[1] + 0.05], 0.05, style("--body"));
      pen.arrow([here[0], here[1] + 0.16], [here[0] + clamp(a[0]) * 0.2, here[1] + 0.16], 0.02, style("--act"));
    },
  },
  "double-pole": {
    metres: (p) => 2 * p.track + 0.8,
    draw: (pen, s, a, p) => {
      cart(pen, s[0], -s[2], 2 * p.long_half, p.track, clamp(a[0]));
      const tip = [s[0] + 2 * p.short_half * Math.sin(s[4]), -0.02 + 2 * p.short_half * Math.cos(s[4])];
      pen.line([s[0], -0.02], tip, 0.05, style("--act"));
    },
  },
  pendubot: twoLinks,
  "acrobot-torque": twoLinks,
  furuta: {
    metres: (p) => 5.2 * p.rod_length,
    draw: (pen, s, a, p) => {
      const [l, r] = [p.rod_length, p.arm_length];
      const [left, right] = [[-1.3 * l, 0], [l, 0]];
      const end = [left[0] + r * Math.cos(s[0]), r * Math.sin(s[0])];
      const across = l * Math.sin(s[2]);
      pen.disc(left, 1.15 * r, style("--faint"));
      pen.line([left[0] + 1.2 * r, 0], [left[0] + 1.4 * r, 0], 0.02 * l, INK());
      pen.line(left, end, 0.07 * l, style("--body"));
      pen.line(end, [end[0] - across * Math.sin(s[0]), end[1] + across * Math.cos(s[0])], 0.056 * l, style("--pole"));
      pen.disc(left, 0.07 * l, INK());
      pen.line([l, -l], [l, l], 0.01 * l, style("--faint"));
      pen.line(right, [l + l * Math.sin(s[2]), l * Math.cos(s[2])], 0.07 * l, style("--pole"));
      pen.disc(right, 0.07 * l, style("--body"));
      pen.arrow([l, -1.12 * l], [l + clamp(a[0]) * 0.5 * l, -1.12 * l], 0.05 * l, style("--act"));
    },
  },
  quadrotor: {
    metres: () => 6,
    draw: (pen, s, a, p) => {
      const [qw, qx, qy, qz] = s.slice(3, 7);
      const arm = 4 * p.arm;
      const forward = [1 - 2 * (qy * qy + qz * qz), 2 * (qx * qy + qw * qz), 2 * (qx * qz - qw * qy)];
      const left = [2 * (qx * qy - qw * qz), 1 - 2 * (qx * qx + qz * qz), 2 * (qy * qz + qw * qx)];
      const up = [2 * (qx * qz + qw * qy), 2 * (qy * qz - qw * qx), 1 - 2 * (qx * qx + qy * qy)];
      for (const [middle, across, sign] of [[-1.5, 0, 1], [1.5, 1, -1]]) {
        const here = [middle + sign * s[across], s[2]];
        pen.line([middle - 0.1, 0], [middle + 0.1, 0], 0.01, style("--faint"));
        pen.line([middle, -0.1], [middle, 0.1], 0.01, style("--faint"));
        [[1, -1], [-1, -1], [-1, 1], [1, 1]].forEach(([ahead, aside], k) => {
          const reach = forward.map((f, j) => arm * (ahead * f + aside * left[j]));
          const rotor = [here[0] + sign * reach[across], here[1] + reach[2]];
          const thrust = 0.5 * s[13 + k] * s[13 + k];
          pen.line(here, rotor, 0.02, ahead > 0 ? style("--body") : INK());
          pen.line(rotor, [rotor[0] + sign * thrust * up[across], rotor[1] + thrust * up[2]], 0.02, style("--act"));
        });
        pen.disc(here, 0.03, style("--pole"));
      }
    },
  },
  "balancing-robot": {
    metres: () => 2.4,
    draw: (pen, s, a, p) => {
      const [radius, tall, floor] = [2 * p.wheel_radius, 4 * p.body_centre, -0.25];
      pen.line([-1.15, floor], [1.15, floor], 0.01, style("--faint"));
      pen.line([0, floor - 0.02], [0, floor - 0.06], 0.01, INK());
      const axle = [s[0], floor + radius];
      pen.line(axle, [axle[0] + tall * Math.sin(s[2]), axle[1] + tall * Math.cos(s[2])], 0.07, style("--body"));
      pen.disc(axle, radius, INK());
      pen.disc(axle, radius / 3, style("--faint"));
      pen.arrow([axle[0], floor - 0.1], [axle[0] + clamp(a[0]) / 4, floor - 0.1], 0.02, style("--act"));
    },
  },
  "dc-motor": {
    metres: () => 4.6,
    draw: (pen, s, a, p) => {
      const towards = (share) => [Math.sin(0.75 * Math.PI * clamp(share)), Math.cos(0.75 * Math.PI * clamp(share))];
      const dials = [[-1.1, s[1] / 125, style("--body")], [1.1, s[0] / p.most_current, style("--pole")]];
      for (const [middle, share, colour] of dials) {
        const [x, y] = towards(share);
        pen.disc([middle, 0], 0.8, style("--faint"));
        pen.line([middle, 0], [middle + 0.7 * x, 0.7 * y], 0.05, colour);
        pen.disc([middle, 0], 0.07, INK());
      }
      const [x, y] = towards(s[2] / 125);
      pen.line([-1.1 + 0.75 * x, 0.75 * y], [-1.1 + 0.85 * x, 0.85 * y], 0.05, INK());
      pen.arrow([0, -0.92], [clamp(a[0]), -0.92], 0.05, style("--act"));
    },
  },
  acrobot: {
    metres: () => 6.4,
    draw: (pen, s) => {
      const elbow = [Math.sin(s[0]), -Math.cos(s[0])];
      const tip = [elbow[0] + Math.sin(s[0] + s[1]), elbow[1] - Math.cos(s[0] + s[1])];
      pen.line([-3, 1], [3, 1], 0.02, style("--faint"));
      pen.line([0, 0], elbow, 0.16, style("--body"));
      pen.line(elbow, tip, 0.16, style("--pole"));
      for (const joint of [[0, 0], elbow]) pen.disc(joint, 0.09, INK());
    },
  },
};
