// node harness.js NAME ROUNDS N: prints the milliseconds of processor time and the result of each round.

"use strict";

// Milliseconds of processor time; those of the threads that compile and collect are among them.
function clock() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e3;
}

const { prepare, kernel } = require(`./${process.argv[2]}.js`);
const rounds = Number(process.argv[3]);
const n = Number(process.argv[4]);
const state = prepare ? prepare(n) : undefined;

for (let i = 0; i < rounds; i++) {
  const start = clock();
  const result = kernel(n, state);
  console.log(`${(clock() - start).toFixed(6)} ${result}`);
}
