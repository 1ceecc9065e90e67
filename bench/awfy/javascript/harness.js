// node harness.js NAME OUTER INNER: prints the milliseconds of each outer iteration.

"use strict";

const name = process.argv[2];
const outerIterations = Number(process.argv[3]);
const innerIterations = Number(process.argv[4]);
const benchmark = new (require(`./${name}.js`))();

for (let i = 0; i < outerIterations; i++) {
  const start = performance.now();
  if (!benchmark.innerBenchmarkLoop(innerIterations)) {
    throw new Error(`${name} gave a wrong result`);
  }
  console.log((performance.now() - start).toFixed(6));
}
