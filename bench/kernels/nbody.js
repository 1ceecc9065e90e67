// The sun and its four big planets, n steps of a hundredth of a year from the same beginning each time; the energy then.

"use strict";

const solarMass = 4.0 * 3.141592653589793 * 3.141592653589793;
const daysPerYear = 365.24;

class Body {
  constructor(x, y, z, vx, vy, vz, mass) {
    this.x = x;
    this.y = y;
    this.z = z;
    this.vx = vx;
    this.vy = vy;
    this.vz = vz;
    this.mass = mass;
  }
}

function planets() {
  return [
    new Body(
      0.0,
      0.0,
      0.0,
      0.0 * daysPerYear,
      0.0 * daysPerYear,
      0.0 * daysPerYear,
      1.0 * solarMass,
    ),
    new Body(
      4.84143144246472090e+00,
      -1.16032004402742839e+00,
      -1.03622044471123109e-01,
      1.66007664274403694e-03 * daysPerYear,
      7.69901118419740425e-03 * daysPerYear,
      -6.90460016972063023e-05 * daysPerYear,
      9.54791938424326609e-04 * solarMass,
    ),
    new Body(
      8.34336671824457987e+00,
      4.12479856412430479e+00,
      -4.03523417114321381e-01,
      -2.76742510726862411e-03 * daysPerYear,
      4.99852801234917238e-03 * daysPerYear,
      2.30417297573763929e-05 * daysPerYear,
      2.85885980666130812e-04 * solarMass,
    ),
    new Body(
      1.28943695621391310e+01,
      -1.51111514016986312e+01,
      -2.23307578892655734e-01,
      2.96460137564761618e-03 * daysPerYear,
      2.37847173959480950e-03 * daysPerYear,
      -2.96589568540237556e-05 * daysPerYear,
      4.36624404335156298e-05 * solarMass,
    ),
    new Body(
      1.53796971148509165e+01,
      -2.59193146099879641e+01,
      1.79258772950371181e-01,
      2.68067772490389322e-03 * daysPerYear,
      1.62824170038242295e-03 * daysPerYear,
      -9.51592254519715870e-05 * daysPerYear,
      5.15138902046611451e-05 * solarMass,
    ),
  ];
}

function advance(bodies, dt) {
  for (let i = 0; i < bodies.length; i++) {
    const a = bodies[i];
    for (let j = i + 1; j < bodies.length; j++) {
      const b = bodies[j];
      const dx = a.x - b.x;
      const dy = a.y - b.y;
      const dz = a.z - b.z;
      const squared = dx * dx + dy * dy + dz * dz;
      const magnitude = dt / (squared * Math.sqrt(squared));
      a.vx = a.vx - dx * b.mass * magnitude;
      a.vy = a.vy - dy * b.mass * magnitude;
      a.vz = a.vz - dz * b.mass * magnitude;
      b.vx = b.vx + dx * a.mass * magnitude;
      b.vy = b.vy + dy * a.mass * magnitude;
      b.vz = b.vz + dz * a.mass * magnitude;
    }
  }
  for (let i = 0; i < bodies.length; i++) {
    const body = bodies[i];
    body.x = body.x + dt * body.vx;
    body.y = body.y + dt * body.vy;
    body.z = body.z + dt * body.vz;
  }
}

function energyOf(bodies) {
  let energy = 0.0;
  for (let i = 0; i < bodies.length; i++) {
    const a = bodies[i];
    energy = energy + 0.5 * a.mass * (a.vx * a.vx + a.vy * a.vy + a.vz * a.vz);
    for (let j = i + 1; j < bodies.length; j++) {
      const b = bodies[j];
      const dx = a.x - b.x;
      const dy = a.y - b.y;
      const dz = a.z - b.z;
      energy = energy - (a.mass * b.mass) / Math.sqrt(dx * dx + dy * dy + dz * dz);
    }
  }
  return energy;
}

exports.kernel = function (n) {
  const bodies = planets();
  for (let i = 0; i < n; i++) {
    advance(bodies, 0.01);
  }
  return energyOf(bodies);
};
