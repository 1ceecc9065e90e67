// A hundred balls in a box, for fifty frames: how often do they bounce?

"use strict";

const { newArray, Benchmark, Random } = require("./som.js");

class Ball {
  constructor(random) {
    this.x = random.next() % 500;
    this.y = random.next() % 500;
    this.xVelocity = (random.next() % 300) - 150;
    this.yVelocity = (random.next() % 300) - 150;
  }

  bounce() {
    const xLimit = 500;
    const yLimit = 500;
    let bounced = false;
    this.x += this.xVelocity;
    this.y += this.yVelocity;
    if (this.x > xLimit) {
      this.x = xLimit;
      this.xVelocity = 0 - Math.abs(this.xVelocity);
      bounced = true;
    }
    if (this.x < 0) {
      this.x = 0;
      this.xVelocity = Math.abs(this.xVelocity);
      bounced = true;
    }
    if (this.y > yLimit) {
      this.y = yLimit;
      this.yVelocity = 0 - Math.abs(this.yVelocity);
      bounced = true;
    }
    if (this.y < 0) {
      this.y = 0;
      this.yVelocity = Math.abs(this.yVelocity);
      bounced = true;
    }
    return bounced;
  }
}

class Bounce extends Benchmark {
  benchmark() {
    const random = new Random();
    const ballCount = 100;
    let bounces = 0;
    const balls = newArray(ballCount, null);
    for (let i = 0; i < ballCount; i++) {
      balls[i] = new Ball(random);
    }
    for (let frame = 0; frame < 50; frame++) {
      for (let i = 0; i < ballCount; i++) {
        if (balls[i].bounce()) {
          bounces++;
        }
      }
    }
    return bounces;
  }

  verifyResult(result) {
    return result === 1331;
  }
}

module.exports = Bounce;
