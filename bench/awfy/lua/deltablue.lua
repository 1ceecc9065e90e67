-- DeltaBlue, an incremental solver of constraints, on a chain and on projections. The inner iterations are their length.

local som = require("som")
local Vector = som.Vector

local constraints = require("constraints")
local REQUIRED, PREFERRED = constraints.REQUIRED, constraints.PREFERRED
local STRONG_DEFAULT, DEFAULT = constraints.STRONG_DEFAULT, constraints.DEFAULT
local absolute_weakest = constraints.absolute_weakest
local Variable = constraints.Variable
local EditConstraint, StayConstraint = constraints.EditConstraint, constraints.StayConstraint
local EqualityConstraint, ScaleConstraint = constraints.EqualityConstraint, constraints.ScaleConstraint

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
