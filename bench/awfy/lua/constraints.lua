-- What DeltaBlue solves: constraints of different strength between variables.

local som = require("som")
local Vector, IdentityDictionary = som.Vector, som.IdentityDictionary

-- A name, with the hash under which dictionaries find it.
local Symbol = som.class()

function Symbol.new(hash)
    return setmetatable({ custom_hash = hash }, Symbol)
end

local ABSOLUTE_STRONGEST = Symbol.new(0)
local REQUIRED = Symbol.new(1)
local STRONG_PREFERRED = Symbol.new(2)
local PREFERRED = Symbol.new(3)
local STRONG_DEFAULT = Symbol.new(4)
local DEFAULT = Symbol.new(5)
local WEAK_DEFAULT = Symbol.new(6)
local ABSOLUTE_WEAKEST = Symbol.new(7)

local function create_strength_values()
    local values = IdentityDictionary.new()
    values:at_put(ABSOLUTE_STRONGEST, -10000)
    values:at_put(REQUIRED, -800)
    values:at_put(STRONG_PREFERRED, -600)
    values:at_put(PREFERRED, -400)
    values:at_put(STRONG_DEFAULT, -200)
    values:at_put(DEFAULT, 0)
    values:at_put(WEAK_DEFAULT, 500)
    values:at_put(ABSOLUTE_WEAKEST, 10000)
    return values
end

local strength_values = create_strength_values()

-- How much a constraint matters; the smaller the value, the stronger.
local Strength = som.class()

function Strength.new(symbol)
    return setmetatable({ symbol = symbol, value = strength_values:at(symbol) }, Strength)
end

function Strength:same_as(other)
    return self.value == other.value
end

function Strength:stronger(other)
    return self.value < other.value
end

function Strength:weaker(other)
    return self.value > other.value
end

function Strength:weakest(other)
    return other:weaker(self) and other or self
end

local function create_strengths()
    local strengths = IdentityDictionary.new()
    strengths:at_put(ABSOLUTE_STRONGEST, Strength.new(ABSOLUTE_STRONGEST))
    strengths:at_put(REQUIRED, Strength.new(REQUIRED))
    strengths:at_put(STRONG_PREFERRED, Strength.new(STRONG_PREFERRED))
    strengths:at_put(PREFERRED, Strength.new(PREFERRED))
    strengths:at_put(STRONG_DEFAULT, Strength.new(STRONG_DEFAULT))
    strengths:at_put(DEFAULT, Strength.new(DEFAULT))
    strengths:at_put(WEAK_DEFAULT, Strength.new(WEAK_DEFAULT))
    strengths:at_put(ABSOLUTE_WEAKEST, Strength.new(ABSOLUTE_WEAKEST))
    return strengths
end

local strengths = create_strengths()
local absolute_weakest = strengths:at(ABSOLUTE_WEAKEST)
local required = strengths:at(REQUIRED)

-- A constrained variable.
local Variable = som.class()

function Variable.new(value)
    return setmetatable({
        value = value,
        constraints = Vector.new(2),
        determined_by = nil,
        walk_strength = absolute_weakest,
        stay = true,
        mark = 0,
    }, Variable)
end

function Variable:add_constraint(constraint)
    self.constraints:append(constraint)
end

function Variable:remove_constraint(constraint)
    self.constraints:remove(constraint)
    if self.determined_by == constraint then
        self.determined_by = nil
    end
end

-- What all constraints can do; the kinds say how to choose and run their methods.
local Constraint = som.class()

function Constraint:is_input()
    return false
end

function Constraint:add_constraint(planner)
    self:add_to_graph()
    planner:incremental_add(self)
end

function Constraint:destroy_constraint(planner)
    if self:is_satisfied() then
        planner:incremental_remove(self)
    end
    self:remove_from_graph()
end

function Constraint:inputs_known(mark)
    return not self:inputs_has_one(function(variable)
        return not (variable.mark == mark or variable.stay or variable.determined_by == nil)
    end)
end

-- Tries to satisfy the constraint; returns the constraint that had to give way, if any.
function Constraint:satisfy(mark, planner)
    local overridden = nil
    self:choose_method(mark)
    if self:is_satisfied() then
        -- The mark of the inputs shows cycles to `add_propagate`.
        self:inputs_do(function(variable)
            variable.mark = mark
        end)
        local output = self:get_output()
        overridden = output.determined_by
        if overridden ~= nil then
            overridden:mark_unsatisfied()
        end
        output.determined_by = self
        if not planner:add_propagate(self, mark) then
            error("a cycle of constraints")
        end
        output.mark = mark
    elseif self.strength:same_as(required) then
        error("a required constraint cannot be satisfied")
    end
    return overridden
end

-- A constraint on one variable.
local UnaryConstraint = som.class(Constraint)

function UnaryConstraint:initialize(variable, strength, planner)
    self.strength = strengths:at(strength)
    self.output = variable
    self.satisfied = false
    self:add_constraint(planner)
    return self
end

function UnaryConstraint:is_satisfied()
    return self.satisfied
end

function UnaryConstraint:add_to_graph()
    self.output:add_constraint(self)
    self.satisfied = false
end

function UnaryConstraint:remove_from_graph()
    if self.output ~= nil then
        self.output:remove_constraint(self)
    end
    self.satisfied = false
end

function UnaryConstraint:choose_method(mark)
    self.satisfied = self.output.mark ~= mark and self.strength:stronger(self.output.walk_strength)
end

function UnaryConstraint:inputs_do(_)
end

function UnaryConstraint:inputs_has_one(_)
    return false
end

function UnaryConstraint:mark_unsatisfied()
    self.satisfied = false
end

function UnaryConstraint:get_output()
    return self.output
end

function UnaryConstraint:recalculate()
    self.output.walk_strength = self.strength
    self.output.stay = not self:is_input()
    if self.output.stay then
        self:execute()
    end
end

-- A variable that is changed from outside.
local EditConstraint = som.class(UnaryConstraint)

function EditConstraint.new(variable, strength, planner)
    return setmetatable({}, EditConstraint):initialize(variable, strength, planner)
end

function EditConstraint:is_input()
    return true
end

function EditConstraint:execute()
end

-- A variable that should stay as it is.
local StayConstraint = som.class(UnaryConstraint)

function StayConstraint.new(variable, strength, planner)
    return setmetatable({}, StayConstraint):initialize(variable, strength, planner)
end

function StayConstraint:execute()
end

local FORWARD, BACKWARD = 1, 2

-- A constraint between two variables, either of which can be the output.
local BinaryConstraint = som.class(Constraint)

function BinaryConstraint:initialize(first, second, strength)
    self.strength = strengths:at(strength)
    self.first = first
    self.second = second
    self.direction = nil
    return self
end

function BinaryConstraint:is_satisfied()
    return self.direction ~= nil
end

function BinaryConstraint:add_to_graph()
    self.first:add_constraint(self)
    self.second:add_constraint(self)
    self.direction = nil
end

function BinaryConstraint:remove_from_graph()
    if self.first ~= nil then
        self.first:remove_constraint(self)
    end
    if self.second ~= nil then
        self.second:remove_constraint(self)
    end
    self.direction = nil
end

function BinaryConstraint:choose_method(mark)
    if self.first.mark == mark then
        if self.second.mark ~= mark and self.strength:stronger(self.second.walk_strength) then
            self.direction = FORWARD
        else
            self.direction = nil
        end
    elseif self.second.mark == mark then
        if self.first.mark ~= mark and self.strength:stronger(self.first.walk_strength) then
            self.direction = BACKWARD
        else
            self.direction = nil
        end
    elseif self.first.walk_strength:weaker(self.second.walk_strength) then
        if self.strength:stronger(self.first.walk_strength) then
            self.direction = BACKWARD
        else
            self.direction = nil
        end
    elseif self.strength:stronger(self.second.walk_strength) then
        self.direction = FORWARD
    else
        self.direction = nil
    end
end

function BinaryConstraint:inputs_do(action)
    if self.direction == FORWARD then
        action(self.first)
    else
        action(self.second)
    end
end

function BinaryConstraint:inputs_has_one(test)
    if self.direction == FORWARD then
        return test(self.first)
    end
    return test(self.second)
end

function BinaryConstraint:mark_unsatisfied()
    self.direction = nil
end

function BinaryConstraint:get_output()
    return self.direction == FORWARD and self.second or self.first
end

function BinaryConstraint:recalculate()
    local input, output
    if self.direction == FORWARD then
        input, output = self.first, self.second
    else
        input, output = self.second, self.first
    end
    output.walk_strength = self.strength:weakest(input.walk_strength)
    output.stay = input.stay
    if output.stay then
        self:execute()
    end
end

-- Both variables have the same value.
local EqualityConstraint = som.class(BinaryConstraint)

function EqualityConstraint.new(first, second, strength, planner)
    local constraint = setmetatable({}, EqualityConstraint):initialize(first, second, strength)
    constraint:add_constraint(planner)
    return constraint
end

function EqualityConstraint:execute()
    if self.direction == FORWARD then
        self.second.value = self.first.value
    else
        self.first.value = self.second.value
    end
end

-- The second variable is the first, scaled and moved by two others.
local ScaleConstraint = som.class(BinaryConstraint)

function ScaleConstraint.new(source, scale, offset, destination, strength, planner)
    local constraint = setmetatable({}, ScaleConstraint):initialize(source, destination, strength)
    constraint.scale = scale
    constraint.offset = offset
    constraint:add_constraint(planner)
    return constraint
end

function ScaleConstraint:add_to_graph()
    self.first:add_constraint(self)
    self.second:add_constraint(self)
    self.scale:add_constraint(self)
    self.offset:add_constraint(self)
    self.direction = nil
end

function ScaleConstraint:remove_from_graph()
    if self.first ~= nil then
        self.first:remove_constraint(self)
    end
    if self.second ~= nil then
        self.second:remove_constraint(self)
    end
    if self.scale ~= nil then
        self.scale:remove_constraint(self)
    end
    if self.offset ~= nil then
        self.offset:remove_constraint(self)
    end
    self.direction = nil
end

function ScaleConstraint:execute()
    if self.direction == FORWARD then
        self.second.value = self.first.value * self.scale.value + self.offset.value
    else
        self.first.value = (self.second.value - self.offset.value) / self.scale.value
    end
end

function ScaleConstraint:inputs_do(action)
    if self.direction == FORWARD then
        action(self.first)
    else
        action(self.second)
    end
    action(self.scale)
    action(self.offset)
end

function ScaleConstraint:recalculate()
    local input, output
    if self.direction == FORWARD then
        input, output = self.first, self.second
    else
        input, output = self.second, self.first
    end
    output.walk_strength = self.strength:weakest(input.walk_strength)
    output.stay = input.stay and self.scale.stay and self.offset.stay
    if output.stay then
        self:execute()
    end
end

return {
    REQUIRED = REQUIRED,
    PREFERRED = PREFERRED,
    STRONG_DEFAULT = STRONG_DEFAULT,
    DEFAULT = DEFAULT,
    absolute_weakest = absolute_weakest,
    Variable = Variable,
    EditConstraint = EditConstraint,
    StayConstraint = StayConstraint,
    EqualityConstraint = EqualityConstraint,
    ScaleConstraint = ScaleConstraint,
}
