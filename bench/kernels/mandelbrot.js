// How many points of n rows of n stay bounded for fifty steps.

"use strict";

exports.kernel = function (n) {
  let inside = 0;
  for (let y = 0; y < n; y++) {
    const ci = (2.0 * y) / n - 1.0;
    for (let x = 0; x < n; x++) {
      const cr = (2.0 * x) / n - 1.5;
      let zr = 0.0;
      let zi = 0.0;
      let step = 0;
      while (step < 50 && zr * zr + zi * zi <= 4.0) {
        const next = zr * zr - zi * zi + cr;
        zi = 2.0 * zr * zi + ci;
        zr = next;
        step = step + 1;
      }
      if (step === 50) {
        inside = inside + 1;
      }
    }
  }
  return inside;
};
