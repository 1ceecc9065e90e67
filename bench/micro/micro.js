// Microbenchmarks. Each has a function `run`, which is measured and gives a result that is verified, and may have a
// function `prepare`, which makes what it works on. node micro.js NAME ROUNDS N prints the milliseconds and the result
// of each round.

"use strict";

const benchmarks = {};

// Calls.

function fib(n) {
  return n < 2 ? n : fib(n - 1) + fib(n - 2);
}

benchmarks["call"] = {
  run(n) {
    return fib(n);
  },
};

benchmarks["closure"] = {
  prepare() {
    const step = 3;
    return (a) => a + step;
  },
  run(n, add) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      sum = add(sum);
    }
    return sum;
  },
};

// Methods: sixteen objects of one class, of four, and of sixteen.

class Shape0 {
  kind() {
    return 0;
  }
}

class Shape1 {
  kind() {
    return 1;
  }
}

class Shape2 {
  kind() {
    return 2;
  }
}

class Shape3 {
  kind() {
    return 3;
  }
}

class Shape4 {
  kind() {
    return 4;
  }
}

class Shape5 {
  kind() {
    return 5;
  }
}

class Shape6 {
  kind() {
    return 6;
  }
}

class Shape7 {
  kind() {
    return 7;
  }
}

class Shape8 {
  kind() {
    return 8;
  }
}

class Shape9 {
  kind() {
    return 9;
  }
}

class Shape10 {
  kind() {
    return 10;
  }
}

class Shape11 {
  kind() {
    return 11;
  }
}

class Shape12 {
  kind() {
    return 12;
  }
}

class Shape13 {
  kind() {
    return 13;
  }
}

class Shape14 {
  kind() {
    return 14;
  }
}

class Shape15 {
  kind() {
    return 15;
  }
}

const classes = [
  Shape0, Shape1, Shape2, Shape3, Shape4, Shape5, Shape6, Shape7,
  Shape8, Shape9, Shape10, Shape11, Shape12, Shape13, Shape14, Shape15,
];

function sixteen(choose) {
  const shapes = [];
  for (let i = 0; i < 16; i++) {
    shapes.push(new (choose(i))());
  }
  return shapes;
}

benchmarks["methods-1"] = {
  prepare() {
    return sixteen(() => Shape1);
  },
  run(n, shapes) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      sum += shapes[i & 15].kind();
    }
    return sum;
  },
};

benchmarks["methods-4"] = {
  prepare() {
    return sixteen((i) => classes[i % 4]);
  },
  run(n, shapes) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      sum += shapes[i & 15].kind();
    }
    return sum;
  },
};

benchmarks["methods-16"] = {
  prepare() {
    return sixteen((i) => classes[i]);
  },
  run(n, shapes) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      sum += shapes[i & 15].kind();
    }
    return sum;
  },
};

// Attributes: four a round.

class Point {
  constructor() {
    this.x = 1;
    this.y = 2;
  }
}

benchmarks["attribute-get"] = {
  prepare() {
    return new Point();
  },
  run(n, p) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      sum = sum + p.x + p.y + p.x + p.y;
    }
    return sum;
  },
};

benchmarks["attribute-put"] = {
  prepare() {
    return new Point();
  },
  run(n, p) {
    for (let i = 0; i < n; i++) {
      p.x = i;
      p.y = i;
      p.x = i;
      p.y = i;
    }
    return p.x + p.y;
  },
};

// Loops.

benchmarks["integer-loop"] = {
  run(n) {
    let sum = 0;
    let i = 0;
    while (i < n) {
      sum = sum + i;
      i = i + 1;
    }
    return sum;
  },
};

benchmarks["double-loop"] = {
  run(n) {
    let x = 0.0;
    for (let i = 0; i < n; i++) {
      x = x * 0.5 + 1.0;
    }
    return x;
  },
};

// Strings and dictionaries; keys are looked up in an order that caches do not like.

const STRIDE = 611953;

benchmarks["string-building"] = {
  run(n) {
    const pieces = [];
    for (let i = 0; i < n; i++) {
      pieces.push(`item ${i}`);
    }
    return pieces.join(" ").length;
  },
};

function makeKeys(n) {
  const keys = [];
  for (let i = 0; i < n; i++) {
    keys.push(`key ${i}`);
  }
  return keys;
}

function makeNumbers(n, keys) {
  const numbers = new Map();
  for (let i = 0; i < n; i++) {
    numbers.set(keys[i], i);
  }
  return numbers;
}

benchmarks["dictionary-insert"] = {
  prepare: makeKeys,
  run(n, keys) {
    return makeNumbers(n, keys).size;
  },
};

benchmarks["dictionary-get"] = {
  prepare(n) {
    const keys = makeKeys(n);
    return { keys, numbers: makeNumbers(n, keys) };
  },
  run(n, { keys, numbers }) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      sum += numbers.get(keys[(i * STRIDE) % n]);
    }
    return sum;
  },
};

// Exceptions and allocation.

function risky(i) {
  throw i;
}

benchmarks["raise-and-catch"] = {
  run(n) {
    let sum = 0;
    for (let i = 0; i < n; i++) {
      try {
        risky(i);
      } catch (e) {
        sum += e;
      }
    }
    return sum;
  },
};

class Node {
  constructor(left, right) {
    this.left = left;
    this.right = right;
  }

  nodeCount() {
    return this.left === null ? 1 : 1 + this.left.nodeCount() + this.right.nodeCount();
  }
}

function makeTree(depth) {
  return depth === 0 ? new Node(null, null) : new Node(makeTree(depth - 1), makeTree(depth - 1));
}

benchmarks["tree"] = {
  run(n) {
    return makeTree(n).nodeCount();
  },
};

// Milliseconds of processor time; those of the threads that compile and collect are among them.
function clock() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e3;
}

const chosen = benchmarks[process.argv[2]];
const rounds = Number(process.argv[3]);
const n = Number(process.argv[4]);
const state = chosen.prepare ? chosen.prepare(n) : null;
for (let round = 0; round < rounds; round++) {
  const start = clock();
  const result = chosen.run(n, state);
  console.log((clock() - start).toFixed(6), result);
}
