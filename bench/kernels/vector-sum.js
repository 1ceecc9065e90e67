// A vector of ten thousand doubles, summed n times.

"use strict";

exports.prepare = function () {
  const all = new Array(10000).fill(0.0);
  for (let i = 0; i < all.length; i++) {
    all[i] = 0.5 * (i % 100);
  }
  return all;
};

exports.kernel = function (n, all) {
  let sum = 0.0;
  for (let turn = 0; turn < n; turn++) {
    for (let i = 0; i < all.length; i++) {
      sum = sum + all[i];
    }
  }
  return sum;
};
