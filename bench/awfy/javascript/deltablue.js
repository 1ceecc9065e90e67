// DeltaBlue, an incremental solver of constraints, on a chain and on projections. The inner iterations are their length.

"use strict";

const { newArray, Benchmark, Vector, IdentityDictionary } = require("./som.js");

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

// Constraints in the order in which they must run to resatisfy all that depends on some variables.
class Plan extends Vector {
  constructor() {
    super(15);
  }

  execute() {
    this.forEach((constraint) => constraint.execute());
  }
}

class Planner {
  constructor() {
    this.currentMark = 1;
  }

  newMark() {
    this.currentMark++;
    return this.currentMark;
  }

  incrementalAdd(constraint) {
    const mark = this.newMark();
    let overridden = constraint.satisfy(mark, this);
    while (overridden !== null) {
      overridden = overridden.satisfy(mark, this);
    }
  }

  incrementalRemove(constraint) {
    const output = constraint.getOutput();
    constraint.markUnsatisfied();
    constraint.removeFromGraph();
    const unsatisfied = this.removePropagateFrom(output);
    unsatisfied.forEach((each) => this.incrementalAdd(each));
  }

  extractPlanFromConstraints(constraints) {
    const sources = new Vector();
    constraints.forEach((constraint) => {
      if (constraint.isInput() && constraint.isSatisfied()) {
        sources.append(constraint);
      }
    });
    return this.makePlan(sources);
  }

  makePlan(sources) {
    const mark = this.newMark();
    const plan = new Plan();
    const todo = sources;
    while (!todo.isEmpty()) {
      const constraint = todo.removeFirst();
      const output = constraint.getOutput();
      if (output.mark !== mark && constraint.inputsKnown(mark)) {
        // Not in the plan already, and all inputs are known.
        plan.append(constraint);
        output.mark = mark;
        this.addConstraintsConsumingTo(output, todo);
      }
    }
    return plan;
  }

  addConstraintsConsumingTo(variable, constraints) {
    const determining = variable.determinedBy;
    variable.constraints.forEach((constraint) => {
      if (constraint !== determining && constraint.isSatisfied()) {
        constraints.append(constraint);
      }
    });
  }

  // Recomputes all that the constraint determines; returns false, and takes it out, when that closes a cycle.
  addPropagate(constraint, mark) {
    const todo = Vector.with(constraint);
    while (!todo.isEmpty()) {
      const each = todo.removeFirst();
      if (each.getOutput().mark === mark) {
        this.incrementalRemove(constraint);
        return false;
      }
      each.recalculate();
      this.addConstraintsConsumingTo(each.getOutput(), todo);
    }
    return true;
  }

  change(variable, value) {
    const edit = new EditConstraint(variable, PREFERRED, this);
    const plan = this.extractPlanFromConstraints(Vector.with(edit));
    for (let i = 0; i < 10; i++) {
      variable.value = value;
      plan.execute();
    }
    edit.destroyConstraint(this);
  }

  constraintsConsuming(variable, action) {
    const determining = variable.determinedBy;
    variable.constraints.forEach((constraint) => {
      if (constraint !== determining && constraint.isSatisfied()) {
        action(constraint);
      }
    });
  }

  // Recomputes all that a variable determined that no longer is; returns the unsatisfied constraints, strongest first.
  removePropagateFrom(output) {
    const unsatisfied = new Vector();
    output.determinedBy = null;
    output.walkStrength = absoluteWeakest;
    output.stay = true;
    const todo = Vector.with(output);
    while (!todo.isEmpty()) {
      const variable = todo.removeFirst();
      variable.constraints.forEach((constraint) => {
        if (!constraint.isSatisfied()) {
          unsatisfied.append(constraint);
        }
      });
      this.constraintsConsuming(variable, (constraint) => {
        constraint.recalculate();
        todo.append(constraint.getOutput());
      });
    }
    unsatisfied.sort((a, b) => a.strength.stronger(b.strength));
    return unsatisfied;
  }
}

// A chain of equalities, with a strong stay at its end and an edit at its beginning.
function chainTest(length) {
  const planner = new Planner();
  const variables = newArray(length + 1, null);
  for (let i = 0; i < length + 1; i++) {
    variables[i] = new Variable(0);
  }
  for (let i = 0; i < length; i++) {
    new EqualityConstraint(variables[i], variables[i + 1], REQUIRED, planner);
  }
  new StayConstraint(variables[length], STRONG_DEFAULT, planner);
  const edit = new EditConstraint(variables[0], PREFERRED, planner);
  const plan = planner.extractPlanFromConstraints(Vector.with(edit));
  for (let value = 0; value < 100; value++) {
    variables[0].value = value;
    plan.execute();
    if (variables[length].value !== value) {
      throw new Error("the chain test failed");
    }
  }
  edit.destroyConstraint(planner);
}

// Variables that are mapped to others by a common scale and offset, each of which is changed.
function projectionTest(length) {
  const planner = new Planner();
  const destinations = new Vector();
  const scale = new Variable(10);
  const offset = new Variable(1000);
  let source = null;
  let destination = null;
  for (let i = 1; i <= length; i++) {
    source = new Variable(i);
    destination = new Variable(i);
    destinations.append(destination);
    new StayConstraint(source, DEFAULT, planner);
    new ScaleConstraint(source, scale, offset, destination, REQUIRED, planner);
  }
  const expect = (condition) => {
    if (!condition) {
      throw new Error("the projection test failed");
    }
  };
  planner.change(source, 17);
  expect(destination.value === 1170);
  planner.change(destination, 1050);
  expect(source.value === 5);
  planner.change(scale, 5);
  for (let i = 0; i < length - 1; i++) {
    expect(destinations.at(i).value === (i + 1) * 5 + 1000);
  }
  planner.change(offset, 2000);
  for (let i = 0; i < length - 1; i++) {
    expect(destinations.at(i).value === (i + 1) * 5 + 2000);
  }
}

class DeltaBlue extends Benchmark {
  innerBenchmarkLoop(innerIterations) {
    chainTest(innerIterations);
    projectionTest(innerIterations);
    return true;
  }
}

module.exports = DeltaBlue;
