-- DeltaBlue, an incremental solver of constraints, on a chain and on projections. The inner iterations are their length.

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

-- Constraints in the order in which they must run to resatisfy all that depends on some variables.
local Plan = som.class(Vector)

function Plan.new()
    return setmetatable(Vector.new(15), Plan)
end

function Plan:execute()
    self:for_each(function(constraint)
        constraint:execute()
    end)
end

local Planner = som.class()

function Planner.new()
    return setmetatable({ current_mark = 1 }, Planner)
end

function Planner:new_mark()
    self.current_mark = self.current_mark + 1
    return self.current_mark
end

function Planner:incremental_add(constraint)
    local mark = self:new_mark()
    local overridden = constraint:satisfy(mark, self)
    while overridden ~= nil do
        overridden = overridden:satisfy(mark, self)
    end
end

function Planner:incremental_remove(constraint)
    local output = constraint:get_output()
    constraint:mark_unsatisfied()
    constraint:remove_from_graph()
    local unsatisfied = self:remove_propagate_from(output)
    unsatisfied:for_each(function(each)
        self:incremental_add(each)
    end)
end

function Planner:extract_plan_from_constraints(constraints)
    local sources = Vector.new()
    constraints:for_each(function(constraint)
        if constraint:is_input() and constraint:is_satisfied() then
            sources:append(constraint)
        end
    end)
    return self:make_plan(sources)
end

function Planner:make_plan(sources)
    local mark = self:new_mark()
    local plan = Plan.new()
    local todo = sources
    while not todo:is_empty() do
        local constraint = todo:remove_first()
        local output = constraint:get_output()
        if output.mark ~= mark and constraint:inputs_known(mark) then
            -- Not in the plan already, and all inputs are known.
            plan:append(constraint)
            output.mark = mark
            self:add_constraints_consuming_to(output, todo)
        end
    end
    return plan
end

function Planner:add_constraints_consuming_to(variable, constraints)
    local determining = variable.determined_by
    variable.constraints:for_each(function(constraint)
        if constraint ~= determining and constraint:is_satisfied() then
            constraints:append(constraint)
        end
    end)
end

-- Recomputes all that the constraint determines; returns false, and takes it out, when that closes a cycle.
function Planner:add_propagate(constraint, mark)
    local todo = Vector.with(constraint)
    while not todo:is_empty() do
        local each = todo:remove_first()
        if each:get_output().mark == mark then
            self:incremental_remove(constraint)
            return false
        end
        each:recalculate()
        self:add_constraints_consuming_to(each:get_output(), todo)
    end
    return true
end

function Planner:change(variable, value)
    local edit = EditConstraint.new(variable, PREFERRED, self)
    local plan = self:extract_plan_from_constraints(Vector.with(edit))
    for _ = 1, 10 do
        variable.value = value
        plan:execute()
    end
    edit:destroy_constraint(self)
end

function Planner:constraints_consuming(variable, action)
    local determining = variable.determined_by
    variable.constraints:for_each(function(constraint)
        if constraint ~= determining and constraint:is_satisfied() then
            action(constraint)
        end
    end)
end

-- Recomputes all that a variable determined that no longer is; returns the unsatisfied constraints, strongest first.
function Planner:remove_propagate_from(output)
    local unsatisfied = Vector.new()
    output.determined_by = nil
    output.walk_strength = absolute_weakest
    output.stay = true
    local todo = Vector.with(output)
    while not todo:is_empty() do
        local variable = todo:remove_first()
        variable.constraints:for_each(function(constraint)
            if not constraint:is_satisfied() then
                unsatisfied:append(constraint)
            end
        end)
        self:constraints_consuming(variable, function(constraint)
            constraint:recalculate()
            todo:append(constraint:get_output())
        end)
    end
    unsatisfied:sort(function(a, b)
        return a.strength:stronger(b.strength)
    end)
    return unsatisfied
end

-- A chain of equalities, with a strong stay at its end and an edit at its beginning.
local function chain_test(length)
    local planner = Planner.new()
    local variables = {}
    for i = 1, length + 1 do
        variables[i] = Variable.new(0)
    end
    for i = 1, length do
        EqualityConstraint.new(variables[i], variables[i + 1], REQUIRED, planner)
    end
    StayConstraint.new(variables[length + 1], STRONG_DEFAULT, planner)
    local edit = EditConstraint.new(variables[1], PREFERRED, planner)
    local plan = planner:extract_plan_from_constraints(Vector.with(edit))
    for value = 0, 99 do
        variables[1].value = value
        plan:execute()
        if variables[length + 1].value ~= value then
            error("the chain test failed")
        end
    end
    edit:destroy_constraint(planner)
end

-- Variables that are mapped to others by a common scale and offset, each of which is changed.
local function projection_test(length)
    local planner = Planner.new()
    local destinations = Vector.new()
    local scale, offset = Variable.new(10), Variable.new(1000)
    local source, destination
    for i = 1, length do
        source = Variable.new(i)
        destination = Variable.new(i)
        destinations:append(destination)
        StayConstraint.new(source, DEFAULT, planner)
        ScaleConstraint.new(source, scale, offset, destination, REQUIRED, planner)
    end
    local function expect(condition)
        if not condition then
            error("the projection test failed")
        end
    end
    planner:change(source, 17)
    expect(destination.value == 1170)
    planner:change(destination, 1050)
    expect(source.value == 5)
    planner:change(scale, 5)
    for i = 1, length - 1 do
        expect(destinations:at(i).value == i * 5 + 1000)
    end
    planner:change(offset, 2000)
    for i = 1, length - 1 do
        expect(destinations:at(i).value == i * 5 + 2000)
    end
end

local DeltaBlue = som.class(som.Benchmark)

function DeltaBlue.new()
    return setmetatable({}, DeltaBlue)
end

function DeltaBlue:inner_benchmark_loop(inner_iterations)
    chain_test(inner_iterations)
    projection_test(inner_iterations)
    return true
end

return DeltaBlue
