// The Mandelbrot set, a bit a pixel, all bytes of the picture xored into one. The inner iterations are its size.

"use strict";

const { Benchmark } = require("./som.js");

const RESULTS = { 1: 128, 500: 191, 750: 50 };

class Mandelbrot extends Benchmark {
  innerBenchmarkLoop(innerIterations) {
    return this.mandelbrot(innerIterations) === RESULTS[innerIterations];
  }

  mandelbrot(size) {
    let sum = 0;
    let byte = 0;
    let bits = 0;
    for (let y = 0; y < size; y++) {
      const ci = (2.0 * y) / size - 1.0;
      for (let x = 0; x < size; x++) {
        let zrSquared = 0.0;
        let zi = 0.0;
        let ziSquared = 0.0;
        const cr = (2.0 * x) / size - 1.5;
        let z = 0;
        let notDone = true;
        let escape = 0;
        while (notDone && z < 50) {
          const zr = zrSquared - ziSquared + cr;
          zi = 2.0 * zr * zi + ci;
          zrSquared = zr * zr;
          ziSquared = zi * zi;
          if (zrSquared + ziSquared > 4.0) {
            notDone = false;
            escape = 1;
          }
          z++;
        }
        byte = (byte << 1) + escape;
        bits++;
        if (bits === 8) {
          sum ^= byte;
          byte = 0;
          bits = 0;
        } else if (x === size - 1) {
          byte <<= 8 - bits;
          sum ^= byte;
          byte = 0;
          bits = 0;
        }
      }
    }
    return sum;
  }
}

module.exports = Mandelbrot;
