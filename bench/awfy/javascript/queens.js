// Eight queens, ten times.

"use strict";

const { newArray, Benchmark } = require("./som.js");

class Queens extends Benchmark {
  benchmark() {
    let result = true;
    for (let i = 0; i < 10; i++) {
      result = result && this.queens();
    }
    return result;
  }

  verifyResult(result) {
    return result;
  }

  queens() {
    this.freeRows = newArray(8, true);
    this.freeMaxima = newArray(16, true);
    this.freeMinima = newArray(16, true);
    this.queenRows = newArray(8, -1);
    return this.placeQueen(0);
  }

  placeQueen(column) {
    for (let row = 0; row < 8; row++) {
      if (this.rowColumn(row, column)) {
        this.queenRows[row] = column;
        this.setRowColumn(row, column, false);
        if (column === 7) {
          return true;
        }
        if (this.placeQueen(column + 1)) {
          return true;
        }
        this.setRowColumn(row, column, true);
      }
    }
    return false;
  }

  rowColumn(row, column) {
    return this.freeRows[row] && this.freeMaxima[column + row] && this.freeMinima[column - row + 7];
  }

  setRowColumn(row, column, value) {
    this.freeRows[row] = value;
    this.freeMaxima[column + row] = value;
    this.freeMinima[column - row + 7] = value;
  }
}

module.exports = Queens;
