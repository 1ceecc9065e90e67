// What the benchmarks share: their own collections and random numbers, so that no language's library is measured.
// Vectors and dictionaries know arrays only.

"use strict";

function newArray(size, value) {
  const array = new Array(size);
  for (let i = 0; i < size; i++) {
    array[i] = value;
  }
  return array;
}

class Benchmark {
  // Runs the benchmark so many times; returns whether every result was right.
  innerBenchmarkLoop(innerIterations) {
    for (let i = 0; i < innerIterations; i++) {
      if (!this.verifyResult(this.benchmark())) {
        return false;
      }
    }
    return true;
  }
}

class Random {
  constructor() {
    this.seed = 74755;
  }

  next() {
    this.seed = (this.seed * 1309 + 13849) & 65535;
    return this.seed;
  }
}

// A growing array from whose front elements can be taken.
class Vector {
  constructor(capacity = 50) {
    this.storage = newArray(capacity, null);
    this.firstIndex = 0;
    this.lastIndex = 0;
  }

  static with(element) {
    const vector = new Vector(1);
    vector.append(element);
    return vector;
  }

  at(index) {
    return index < this.storage.length ? this.storage[index] : null;
  }

  append(element) {
    if (this.lastIndex >= this.storage.length) {
      const storage = newArray(2 * this.storage.length, null);
      for (let i = 0; i < this.lastIndex; i++) {
        storage[i] = this.storage[i];
      }
      this.storage = storage;
    }
    this.storage[this.lastIndex] = element;
    this.lastIndex++;
  }

  isEmpty() {
    return this.lastIndex === this.firstIndex;
  }

  size() {
    return this.lastIndex - this.firstIndex;
  }

  forEach(action) {
    for (let i = this.firstIndex; i < this.lastIndex; i++) {
      action(this.storage[i]);
    }
  }

  removeFirst() {
    if (this.isEmpty()) {
      return null;
    }
    this.firstIndex++;
    return this.storage[this.firstIndex - 1];
  }

  // Copies all but the element; returns whether it was there.
  remove(element) {
    const storage = newArray(this.storage.length, null);
    let last = 0;
    let found = false;
    this.forEach((each) => {
      if (each === element) {
        found = true;
      } else {
        storage[last] = each;
        last++;
      }
    });
    this.storage = storage;
    this.firstIndex = 0;
    this.lastIndex = last;
    return found;
  }

  // Sorts; `before(a, b)` says whether a comes before b.
  sort(before) {
    if (this.size() > 1) {
      this.sortRange(this.firstIndex, this.lastIndex - 1, before);
    }
  }

  // Quicksort around the middle element.
  sortRange(low, high, before) {
    const storage = this.storage;
    const pivot = storage[(low + high) >> 1];
    let i = low;
    let j = high;
    while (i <= j) {
      while (before(storage[i], pivot)) {
        i++;
      }
      while (before(pivot, storage[j])) {
        j--;
      }
      if (i <= j) {
        const swapped = storage[i];
        storage[i] = storage[j];
        storage[j] = swapped;
        i++;
        j--;
      }
    }
    if (low < j) {
      this.sortRange(low, j, before);
    }
    if (i < high) {
      this.sortRange(i, high, before);
    }
  }
}

class Entry {
  constructor(key, value, next) {
    this.key = key;
    this.value = value;
    this.next = next;
  }
}

// A hash table with chained entries; keys tell their `customHash` and are compared by identity.
class IdentityDictionary {
  constructor() {
    this.buckets = newArray(16, null);
    this.size = 0;
  }

  bucketIndex(hash) {
    return hash & (this.buckets.length - 1);
  }

  at(key) {
    let entry = this.buckets[this.bucketIndex(key.customHash)];
    while (entry !== null) {
      if (entry.key === key) {
        return entry.value;
      }
      entry = entry.next;
    }
    return null;
  }

  atPut(key, value) {
    const index = this.bucketIndex(key.customHash);
    let entry = this.buckets[index];
    while (entry !== null) {
      if (entry.key === key) {
        entry.value = value;
        return;
      }
      entry = entry.next;
    }
    this.buckets[index] = new Entry(key, value, this.buckets[index]);
    this.size++;
    if (this.size > this.buckets.length) {
      this.resize();
    }
  }

  resize() {
    const old = this.buckets;
    this.buckets = newArray(2 * old.length, null);
    for (let i = 0; i < old.length; i++) {
      let entry = old[i];
      while (entry !== null) {
        const following = entry.next;
        const index = this.bucketIndex(entry.key.customHash);
        entry.next = this.buckets[index];
        this.buckets[index] = entry;
        entry = following;
      }
    }
  }
}

module.exports = { newArray, Benchmark, Random, Vector, IdentityDictionary };
