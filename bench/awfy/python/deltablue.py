# DeltaBlue, an incremental solver of constraints, on a chain and on projections. The inner iterations are their length.

from constraints import (
    DEFAULT,
    PREFERRED,
    REQUIRED,
    STRONG_DEFAULT,
    EditConstraint,
    EqualityConstraint,
    ScaleConstraint,
    StayConstraint,
    Variable,
    absolute_weakest,
)
from som import Benchmark, Vector, new_array


# Constraints in the order in which they must run to resatisfy all that depends on some variables.
class Plan(Vector):
    def __init__(self):
        super().__init__(15)

    def execute(self):
        self.for_each(lambda constraint: constraint.execute())


class Planner:
    def __init__(self):
        self.current_mark = 1

    def new_mark(self):
        self.current_mark += 1
        return self.current_mark

    def incremental_add(self, constraint):
        mark = self.new_mark()
        overridden = constraint.satisfy(mark, self)
        while overridden is not None:
            overridden = overridden.satisfy(mark, self)

    def incremental_remove(self, constraint):
        output = constraint.get_output()
        constraint.mark_unsatisfied()
        constraint.remove_from_graph()
        unsatisfied = self.remove_propagate_from(output)
        unsatisfied.for_each(lambda each: self.incremental_add(each))

    def extract_plan_from_constraints(self, constraints):
        sources = Vector()

        def action(constraint):
            if constraint.is_input() and constraint.is_satisfied():
                sources.append(constraint)

        constraints.for_each(action)
        return self.make_plan(sources)

    def make_plan(self, sources):
        mark = self.new_mark()
        plan = Plan()
        todo = sources
        while not todo.is_empty():
            constraint = todo.remove_first()
            output = constraint.get_output()
            if output.mark != mark and constraint.inputs_known(mark):
                # Not in the plan already, and all inputs are known.
                plan.append(constraint)
                output.mark = mark
                self.add_constraints_consuming_to(output, todo)
        return plan

    def add_constraints_consuming_to(self, variable, constraints):
        determining = variable.determined_by

        def action(constraint):
            if constraint is not determining and constraint.is_satisfied():
                constraints.append(constraint)

        variable.constraints.for_each(action)

    # Recomputes all that the constraint determines; returns False, and takes it out, when that closes a cycle.
    def add_propagate(self, constraint, mark):
        todo = Vector.with_element(constraint)
        while not todo.is_empty():
            each = todo.remove_first()
            if each.get_output().mark == mark:
                self.incremental_remove(constraint)
                return False
            each.recalculate()
            self.add_constraints_consuming_to(each.get_output(), todo)
        return True

    def change(self, variable, value):
        edit = EditConstraint(variable, PREFERRED, self)
        plan = self.extract_plan_from_constraints(Vector.with_element(edit))
        for _ in range(10):
            variable.value = value
            plan.execute()
        edit.destroy_constraint(self)

    def constraints_consuming(self, variable, action):
        determining = variable.determined_by

        def act_if_consuming(constraint):
            if constraint is not determining and constraint.is_satisfied():
                action(constraint)

        variable.constraints.for_each(act_if_consuming)

    # Recomputes all that a variable determined that no longer is; returns the unsatisfied constraints, strongest first.
    def remove_propagate_from(self, output):
        unsatisfied = Vector()
        output.determined_by = None
        output.walk_strength = absolute_weakest
        output.stay = True
        todo = Vector.with_element(output)
        while not todo.is_empty():
            variable = todo.remove_first()

            def collect(constraint):
                if not constraint.is_satisfied():
                    unsatisfied.append(constraint)

            def propagate(constraint):
                constraint.recalculate()
                todo.append(constraint.get_output())

            variable.constraints.for_each(collect)
            self.constraints_consuming(variable, propagate)
        unsatisfied.sort(lambda a, b: a.strength.stronger(b.strength))
        return unsatisfied


# A chain of equalities, with a strong stay at its end and an edit at its beginning.
def chain_test(length):
    planner = Planner()
    variables = new_array(length + 1, None)
    for i in range(length + 1):
        variables[i] = Variable(0)
    for i in range(length):
        EqualityConstraint(variables[i], variables[i + 1], REQUIRED, planner)
    StayConstraint(variables[length], STRONG_DEFAULT, planner)
    edit = EditConstraint(variables[0], PREFERRED, planner)
    plan = planner.extract_plan_from_constraints(Vector.with_element(edit))
    for value in range(100):
        variables[0].value = value
        plan.execute()
        if variables[length].value != value:
            raise RuntimeError("the chain test failed")
    edit.destroy_constraint(planner)


# Variables that are mapped to others by a common scale and offset, each of which is changed.
def projection_test(length):
    planner = Planner()
    destinations = Vector()
    scale = Variable(10)
    offset = Variable(1000)
    source = None
    destination = None
    for i in range(1, length + 1):
        source = Variable(i)
        destination = Variable(i)
        destinations.append(destination)
        StayConstraint(source, DEFAULT, planner)
        ScaleConstraint(source, scale, offset, destination, REQUIRED, planner)

    def expect(condition):
        if not condition:
            raise RuntimeError("the projection test failed")

    planner.change(source, 17)
    expect(destination.value == 1170)
    planner.change(destination, 1050)
    expect(source.value == 5)
    planner.change(scale, 5)
    for i in range(length - 1):
        expect(destinations.at(i).value == (i + 1) * 5 + 1000)
    planner.change(offset, 2000)
    for i in range(length - 1):
        expect(destinations.at(i).value == (i + 1) * 5 + 2000)


class DeltaBlue(Benchmark):
    def inner_benchmark_loop(self, inner_iterations):
        chain_test(inner_iterations)
        projection_test(inner_iterations)
        return True


BENCHMARK = DeltaBlue
