// What DeltaBlue solves: constraints of different strength between variables.

"use strict";

const { Vector, IdentityDictionary } = require("./som.js");

// A name, with the hash under which dictionaries find it.
class Sym {
  constructor(hash) {
    this.customHash = hash;
  }
}

const ABSOLUTE_STRONGEST = new Sym(0);
const REQUIRED = new Sym(1);
const STRONG_PREFERRED = new Sym(2);
const PREFERRED = new Sym(3);
const STRONG_DEFAULT = new Sym(4);
const DEFAULT = new Sym(5);
const WEAK_DEFAULT = new Sym(6);
const ABSOLUTE_WEAKEST = new Sym(7);

function createStrengthValues() {
  const values = new IdentityDictionary();
  values.atPut(ABSOLUTE_STRONGEST, -10000);
  values.atPut(REQUIRED, -800);
  values.atPut(STRONG_PREFERRED, -600);
  values.atPut(PREFERRED, -400);
  values.atPut(STRONG_DEFAULT, -200);
  values.atPut(DEFAULT, 0);
  values.atPut(WEAK_DEFAULT, 500);
  values.atPut(ABSOLUTE_WEAKEST, 10000);
  return values;
}

const strengthValues = createStrengthValues();

// How much a constraint matters; the smaller the value, the stronger.
class Strength {
  constructor(symbol) {
    this.symbol = symbol;
    this.value = strengthValues.at(symbol);
  }

  sameAs(other) {
    return this.value === other.value;
  }

  stronger(other) {
    return this.value < other.value;
  }

  weaker(other) {
    return this.value > other.value;
  }

  weakest(other) {
    return other.weaker(this) ? other : this;
  }
}

function createStrengths() {
  const strengths = new IdentityDictionary();
  strengths.atPut(ABSOLUTE_STRONGEST, new Strength(ABSOLUTE_STRONGEST));
  strengths.atPut(REQUIRED, new Strength(REQUIRED));
  strengths.atPut(STRONG_PREFERRED, new Strength(STRONG_PREFERRED));
  strengths.atPut(PREFERRED, new Strength(PREFERRED));
  strengths.atPut(STRONG_DEFAULT, new Strength(STRONG_DEFAULT));
  strengths.atPut(DEFAULT, new Strength(DEFAULT));
  strengths.atPut(WEAK_DEFAULT, new Strength(WEAK_DEFAULT));
  strengths.atPut(ABSOLUTE_WEAKEST, new Strength(ABSOLUTE_WEAKEST));
  return strengths;
}

const strengths = createStrengths();
const absoluteWeakest = strengths.at(ABSOLUTE_WEAKEST);
const required = strengths.at(REQUIRED);

// A constrained variable.
class Variable {
  constructor(value) {
    this.value = value;
    this.constraints = new Vector(2);
    this.determinedBy = null;
    this.walkStrength = absoluteWeakest;
    this.stay = true;
    this.mark = 0;
  }

  addConstraint(constraint) {
    this.constraints.append(constraint);
  }

  removeConstraint(constraint) {
    this.constraints.remove(constraint);
    if (this.determinedBy === constraint) {
      this.determinedBy = null;
    }
  }
}

// What all constraints can do; the kinds say how to choose and run their methods.
class Constraint {
  constructor(strength) {
    this.strength = strengths.at(strength);
  }

  isInput() {
    return false;
  }

  addConstraint(planner) {
    this.addToGraph();
    planner.incrementalAdd(this);
  }

  destroyConstraint(planner) {
    if (this.isSatisfied()) {
      planner.incrementalRemove(this);
    }
    this.removeFromGraph();
  }

  inputsKnown(mark) {
    return !this.inputsHasOne(
      (variable) => !(variable.mark === mark || variable.stay || variable.determinedBy === null),
    );
  }

  // Tries to satisfy the constraint; returns the constraint that had to give way, if any.
  satisfy(mark, planner) {
    let overridden = null;
    this.chooseMethod(mark);
    if (this.isSatisfied()) {
      // The mark of the inputs shows cycles to `addPropagate`.
      this.inputsDo((variable) => {
        variable.mark = mark;
      });
      const output = this.getOutput();
      overridden = output.determinedBy;
      if (overridden !== null) {
        overridden.markUnsatisfied();
      }
      output.determinedBy = this;
      if (!planner.addPropagate(this, mark)) {
        throw new Error("a cycle of constraints");
      }
      output.mark = mark;
    } else if (this.strength.sameAs(required)) {
      throw new Error("a required constraint cannot be satisfied");
    }
    return overridden;
  }
}

// A constraint on one variable.
class UnaryConstraint extends Constraint {
  constructor(variable, strength, planner) {
    super(strength);
    this.output = variable;
    this.satisfied = false;
    this.addConstraint(planner);
  }

  isSatisfied() {
    return this.satisfied;
  }

  addToGraph() {
    this.output.addConstraint(this);
    this.satisfied = false;
  }

  removeFromGraph() {
    if (this.output !== null) {
      this.output.removeConstraint(this);
    }
    this.satisfied = false;
  }

  chooseMethod(mark) {
    this.satisfied = this.output.mark !== mark && this.strength.stronger(this.output.walkStrength);
  }

  inputsDo() {}

  inputsHasOne() {
    return false;
  }

  markUnsatisfied() {
    this.satisfied = false;
  }

  getOutput() {
    return this.output;
  }

  recalculate() {
    this.output.walkStrength = this.strength;
    this.output.stay = !this.isInput();
    if (this.output.stay) {
      this.execute();
    }
  }
}

// A variable that is changed from outside.
class EditConstraint extends UnaryConstraint {
  isInput() {
    return true;
  }

  execute() {}
}

// A variable that should stay as it is.
class StayConstraint extends UnaryConstraint {
  execute() {}
}

const FORWARD = 1;
const BACKWARD = 2;

// A constraint between two variables, either of which can be the output.
class BinaryConstraint extends Constraint {
  constructor(first, second, strength) {
    super(strength);
    this.first = first;
    this.second = second;
    this.direction = null;
  }

  isSatisfied() {
    return this.direction !== null;
  }

  addToGraph() {
    this.first.addConstraint(this);
    this.second.addConstraint(this);
    this.direction = null;
  }

  removeFromGraph() {
    if (this.first !== null) {
      this.first.removeConstraint(this);
    }
    if (this.second !== null) {
      this.second.removeConstraint(this);
    }
    this.direction = null;
  }

  chooseMethod(mark) {
    if (this.first.mark === mark) {
      if (this.second.mark !== mark && this.strength.stronger(this.second.walkStrength)) {
        this.direction = FORWARD;
      } else {
        this.direction = null;
      }
    } else if (this.second.mark === mark) {
      if (this.first.mark !== mark && this.strength.stronger(this.first.walkStrength)) {
        this.direction = BACKWARD;
      } else {
        this.direction = null;
      }
    } else if (this.first.walkStrength.weaker(this.second.walkStrength)) {
      if (this.strength.stronger(this.first.walkStrength)) {
        this.direction = BACKWARD;
      } else {
        this.direction = null;
      }
    } else if (this.strength.stronger(this.second.walkStrength)) {
      this.direction = FORWARD;
    } else {
      this.direction = null;
    }
  }

  inputsDo(action) {
    if (this.direction === FORWARD) {
      action(this.first);
    } else {
      action(this.second);
    }
  }

  inputsHasOne(test) {
    if (this.direction === FORWARD) {
      return test(this.first);
    }
    return test(this.second);
  }

  markUnsatisfied() {
    this.direction = null;
  }

  getOutput() {
    return this.direction === FORWARD ? this.second : this.first;
  }

  recalculate() {
    let input;
    let output;
    if (this.direction === FORWARD) {
      input = this.first;
      output = this.second;
    } else {
      input = this.second;
      output = this.first;
    }
    output.walkStrength = this.strength.weakest(input.walkStrength);
    output.stay = input.stay;
    if (output.stay) {
      this.execute();
    }
  }
}

// Both variables have the same value.
class EqualityConstraint extends BinaryConstraint {
  constructor(first, second, strength, planner) {
    super(first, second, strength);
    this.addConstraint(planner);
  }

  execute() {
    if (this.direction === FORWARD) {
      this.second.value = this.first.value;
    } else {
      this.first.value = this.second.value;
    }
  }
}

// The second variable is the first, scaled and moved by two others.
class ScaleConstraint extends BinaryConstraint {
  constructor(source, scale, offset, destination, strength, planner) {
    super(source, destination, strength);
    this.scale = scale;
    this.offset = offset;
    this.addConstraint(planner);
  }

  addToGraph() {
    this.first.addConstraint(this);
    this.second.addConstraint(this);
    this.scale.addConstraint(this);
    this.offset.addConstraint(this);
    this.direction = null;
  }

  removeFromGraph() {
    if (this.first !== null) {
      this.first.removeConstraint(this);
    }
    if (this.second !== null) {
      this.second.removeConstraint(this);
    }
    if (this.scale !== null) {
      this.scale.removeConstraint(this);
    }
    if (this.offset !== null) {
      this.offset.removeConstraint(this);
    }
    this.direction = null;
  }

  execute() {
    if (this.direction === FORWARD) {
      this.second.value = this.first.value * this.scale.value + this.offset.value;
    } else {
      this.first.value = (this.second.value - this.offset.value) / this.scale.value;
    }
  }

  inputsDo(action) {
    if (this.direction === FORWARD) {
      action(this.first);
    } else {
      action(this.second);
    }
    action(this.scale);
    action(this.offset);
  }

  recalculate() {
    let input;
    let output;
    if (this.direction === FORWARD) {
      input = this.first;
      output = this.second;
    } else {
      input = this.second;
      output = this.first;
    }
    output.walkStrength = this.strength.weakest(input.walkStrength);
    output.stay = input.stay && this.scale.stay && this.offset.stay;
    if (output.stay) {
      this.execute();
    }
  }
}

module.exports = {
  REQUIRED,
  PREFERRED,
  STRONG_DEFAULT,
  DEFAULT,
  absoluteWeakest,
  Variable,
  EditConstraint,
  StayConstraint,
  EqualityConstraint,
  ScaleConstraint,
};
