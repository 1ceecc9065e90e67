// A chain of a multiplication, an addition and a remainder: no turn can be left out, or done beside another.

"use strict";

exports.kernel = function (n) {
  let sum = 0;
  for (let i = 0; i < n; i++) {
    sum = (sum * 31 + i) % 1000003;
  }
  return sum;
};
