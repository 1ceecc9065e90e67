// Takeuchi's function on lists whose lengths are the numbers.

"use strict";

const { Benchmark } = require("./som.js");

class Element {
  constructor(value) {
    this.value = value;
    this.next = null;
  }

  length() {
    if (this.next === null) {
      return 1;
    }
    return 1 + this.next.length();
  }
}

class List extends Benchmark {
  benchmark() {
    return this.tail(this.makeList(15), this.makeList(10), this.makeList(6)).length();
  }

  verifyResult(result) {
    return result === 10;
  }

  makeList(length) {
    if (length === 0) {
      return null;
    }
    const element = new Element(length);
    element.next = this.makeList(length - 1);
    return element;
  }

  isShorterThan(x, y) {
    let xTail = x;
    let yTail = y;
    while (yTail !== null) {
      if (xTail === null) {
        return true;
      }
      xTail = xTail.next;
      yTail = yTail.next;
    }
    return false;
  }

  tail(x, y, z) {
    if (this.isShorterThan(y, x)) {
      return this.tail(this.tail(x.next, y, z), this.tail(y.next, z, x), this.tail(z.next, x, y));
    }
    return z;
  }
}

module.exports = List;
