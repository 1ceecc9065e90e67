// DeltaBlue, an incremental solver of constraints, on a chain and on projections. The inner iterations are their length.

"use strict";

const { newArray, Benchmark, Vector } = require("./som.js");
const {
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
} = require("./constraints.js");

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
