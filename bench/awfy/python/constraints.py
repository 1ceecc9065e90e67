# What DeltaBlue solves: constraints of different strength between variables.

from som import IdentityDictionary, Vector


# A name, with the hash under which dictionaries find it.
class Sym:
    def __init__(self, hash):
        self.custom_hash = hash


ABSOLUTE_STRONGEST = Sym(0)
REQUIRED = Sym(1)
STRONG_PREFERRED = Sym(2)
PREFERRED = Sym(3)
STRONG_DEFAULT = Sym(4)
DEFAULT = Sym(5)
WEAK_DEFAULT = Sym(6)
ABSOLUTE_WEAKEST = Sym(7)


def create_strength_values():
    values = IdentityDictionary()
    values.at_put(ABSOLUTE_STRONGEST, -10000)
    values.at_put(REQUIRED, -800)
    values.at_put(STRONG_PREFERRED, -600)
    values.at_put(PREFERRED, -400)
    values.at_put(STRONG_DEFAULT, -200)
    values.at_put(DEFAULT, 0)
    values.at_put(WEAK_DEFAULT, 500)
    values.at_put(ABSOLUTE_WEAKEST, 10000)
    return values


strength_values = create_strength_values()


# How much a constraint matters; the smaller the value, the stronger.
class Strength:
    def __init__(self, symbol):
        self.symbol = symbol
        self.value = strength_values.at(symbol)

    def same_as(self, other):
        return self.value == other.value

    def stronger(self, other):
        return self.value < other.value

    def weaker(self, other):
        return self.value > other.value

    def weakest(self, other):
        return other if other.weaker(self) else self


def create_strengths():
    strengths = IdentityDictionary()
    strengths.at_put(ABSOLUTE_STRONGEST, Strength(ABSOLUTE_STRONGEST))
    strengths.at_put(REQUIRED, Strength(REQUIRED))
    strengths.at_put(STRONG_PREFERRED, Strength(STRONG_PREFERRED))
    strengths.at_put(PREFERRED, Strength(PREFERRED))
    strengths.at_put(STRONG_DEFAULT, Strength(STRONG_DEFAULT))
    strengths.at_put(DEFAULT, Strength(DEFAULT))
    strengths.at_put(WEAK_DEFAULT, Strength(WEAK_DEFAULT))
    strengths.at_put(ABSOLUTE_WEAKEST, Strength(ABSOLUTE_WEAKEST))
    return strengths


strengths = create_strengths()
absolute_weakest = strengths.at(ABSOLUTE_WEAKEST)
required = strengths.at(REQUIRED)


# A constrained variable.
class Variable:
    def __init__(self, value):
        self.value = value
        self.constraints = Vector(2)
        self.determined_by = None
        self.walk_strength = absolute_weakest
        self.stay = True
        self.mark = 0

    def add_constraint(self, constraint):
        self.constraints.append(constraint)

    def remove_constraint(self, constraint):
        self.constraints.remove(constraint)
        if self.determined_by is constraint:
            self.determined_by = None


# What all constraints can do; the kinds say how to choose and run their methods.
class Constraint:
    def __init__(self, strength):
        self.strength = strengths.at(strength)

    def is_input(self):
        return False

    def add_constraint(self, planner):
        self.add_to_graph()
        planner.incremental_add(self)

    def destroy_constraint(self, planner):
        if self.is_satisfied():
            planner.incremental_remove(self)
        self.remove_from_graph()

    def inputs_known(self, mark):
        return not self.inputs_has_one(
            lambda variable: not (variable.mark == mark or variable.stay or variable.determined_by is None),
        )

    # Tries to satisfy the constraint; returns the constraint that had to give way, if any.
    def satisfy(self, mark, planner):
        overridden = None
        self.choose_method(mark)
        if self.is_satisfied():
            # The mark of the inputs shows cycles to `add_propagate`.
            def set_mark(variable):
                variable.mark = mark

            self.inputs_do(set_mark)
            output = self.get_output()
            overridden = output.determined_by
            if overridden is not None:
                overridden.mark_unsatisfied()
            output.determined_by = self
            if not planner.add_propagate(self, mark):
                raise RuntimeError("a cycle of constraints")
            output.mark = mark
        elif self.strength.same_as(required):
            raise RuntimeError("a required constraint cannot be satisfied")
        return overridden


# A constraint on one variable.
class UnaryConstraint(Constraint):
    def __init__(self, variable, strength, planner):
        super().__init__(strength)
        self.output = variable
        self.satisfied = False
        self.add_constraint(planner)

    def is_satisfied(self):
        return self.satisfied

    def add_to_graph(self):
        self.output.add_constraint(self)
        self.satisfied = False

    def remove_from_graph(self):
        if self.output is not None:
            self.output.remove_constraint(self)
        self.satisfied = False

    def choose_method(self, mark):
        self.satisfied = self.output.mark != mark and self.strength.stronger(self.output.walk_strength)

    def inputs_do(self, action):
        pass

    def inputs_has_one(self, test):
        return False

    def mark_unsatisfied(self):
        self.satisfied = False

    def get_output(self):
        return self.output

    def recalculate(self):
        self.output.walk_strength = self.strength
        self.output.stay = not self.is_input()
        if self.output.stay:
            self.execute()


# A variable that is changed from outside.
class EditConstraint(UnaryConstraint):
    def is_input(self):
        return True

    def execute(self):
        pass


# A variable that should stay as it is.
class StayConstraint(UnaryConstraint):
    def execute(self):
        pass


FORWARD = 1
BACKWARD = 2


# A constraint between two variables, either of which can be the output.
class BinaryConstraint(Constraint):
    def __init__(self, first, second, strength):
        super().__init__(strength)
        self.first = first
        self.second = second
        self.direction = None

    def is_satisfied(self):
        return self.direction is not None

    def add_to_graph(self):
        self.first.add_constraint(self)
        self.second.add_constraint(self)
        self.direction = None

    def remove_from_graph(self):
        if self.first is not None:
            self.first.remove_constraint(self)
        if self.second is not None:
            self.second.remove_constraint(self)
        self.direction = None

    def choose_method(self, mark):
        if self.first.mark == mark:
            if self.second.mark != mark and self.strength.stronger(self.second.walk_strength):
                self.direction = FORWARD
            else:
                self.direction = None
        elif self.second.mark == mark:
            if self.first.mark != mark and self.strength.stronger(self.first.walk_strength):
                self.direction = BACKWARD
            else:
                self.direction = None
        elif self.first.walk_strength.weaker(self.second.walk_strength):
            if self.strength.stronger(self.first.walk_strength):
                self.direction = BACKWARD
            else:
                self.direction = None
        elif self.strength.stronger(self.second.walk_strength):
            self.direction = FORWARD
        else:
            self.direction = None

    def inputs_do(self, action):
        if self.direction == FORWARD:
            action(self.first)
        else:
            action(self.second)

    def inputs_has_one(self, test):
        if self.direction == FORWARD:
            return test(self.first)
        return test(self.second)

    def mark_unsatisfied(self):
        self.direction = None

    def get_output(self):
        return self.second if self.direction == FORWARD else self.first

    def recalculate(self):
        if self.direction == FORWARD:
            input = self.first
            output = self.second
        else:
            input = self.second
            output = self.first
        output.walk_strength = self.strength.weakest(input.walk_strength)
        output.stay = input.stay
        if output.stay:
            self.execute()


# Both variables have the same value.
class EqualityConstraint(BinaryConstraint):
    def __init__(self, first, second, strength, planner):
        super().__init__(first, second, strength)
        self.add_constraint(planner)

    def execute(self):
        if self.direction == FORWARD:
            self.second.value = self.first.value
        else:
            self.first.value = self.second.value


# The second variable is the first, scaled and moved by two others.
class ScaleConstraint(BinaryConstraint):
    def __init__(self, source, scale, offset, destination, strength, planner):
        super().__init__(source, destination, strength)
        self.scale = scale
        self.offset = offset
        self.add_constraint(planner)

    def add_to_graph(self):
        self.first.add_constraint(self)
        self.second.add_constraint(self)
        self.scale.add_constraint(self)
        self.offset.add_constraint(self)
        self.direction = None

    def remove_from_graph(self):
        if self.first is not None:
            self.first.remove_constraint(self)
        if self.second is not None:
            self.second.remove_constraint(self)
        if self.scale is not None:
            self.scale.remove_constraint(self)
        if self.offset is not None:
            self.offset.remove_constraint(self)
        self.direction = None

    def execute(self):
        if self.direction == FORWARD:
            self.second.value = self.first.value * self.scale.value + self.offset.value
        else:
            self.first.value = (self.second.value - self.offset.value) / self.scale.value

    def inputs_do(self, action):
        if self.direction == FORWARD:
            action(self.first)
        else:
            action(self.second)
        action(self.scale)
        action(self.offset)

    def recalculate(self):
        if self.direction == FORWARD:
            input = self.first
            output = self.second
        else:
            input = self.second
            output = self.first
        output.walk_strength = self.strength.weakest(input.walk_strength)
        output.stay = input.stay and self.scale.stay and self.offset.stay
        if output.stay:
            self.execute()
