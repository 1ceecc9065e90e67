// node harness.js NAME OUTER INNER: prints the milliseconds of processor time of each outer iteration.

"use strict";

// Milliseconds of processor time; those of the threads that compile and collect are among them.
function clock() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e3;
}

const name = process.argv[2];
const outerIterations = Number(process.argv[3]);
const innerIterations = Number(process.argv[4]);
const benchmark = new (require(`./${name}.js`))();

for (let i = 0; i < outerIterations; i++) {
  const start = clock();
  if (!benchmark.innerBenchmarkLoop(innerIterations)) {
    throw new Error(`${name} gave a wrong result`);
  }
  console.log((clock() - start).toFixed(6));
}
