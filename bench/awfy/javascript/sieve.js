// The primes up to 5000.

"use strict";

const { newArray, Benchmark } = require("./som.js");

class Sieve extends Benchmark {
  benchmark() {
    return this.sieve(newArray(5000, true), 5000);
  }

  verifyResult(result) {
    return result === 669;
  }

  sieve(flags, size) {
    let primeCount = 0;
    for (let i = 2; i <= size; i++) {
      if (flags[i - 1]) {
        primeCount++;
        let k = i + i;
        while (k <= size) {
          flags[k - 1] = false;
          k += i;
        }
      }
    }
    return primeCount;
  }
}

module.exports = Sieve;
