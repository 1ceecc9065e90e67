-- Microbenchmarks. Each has a function `run`, which is measured and gives a result that is verified, and may have a
-- function `prepare`, which makes what it works on. lua micro.lua NAME ROUNDS N prints the milliseconds and the result
-- of each round.

local benchmarks = {}

local function class()
    local made = {}
    made.__index = made
    return made
end

-- Calls.

local function fib(n)
    if n < 2 then
        return n
    end
    return fib(n - 1) + fib(n - 2)
end

benchmarks["call"] = {
    run = function(n)
        return fib(n)
    end,
}

benchmarks["closure"] = {
    prepare = function()
        local step = 3
        return function(a)
            return a + step
        end
    end,
    run = function(n, add)
        local sum = 0
        for _ = 1, n do
            sum = add(sum)
        end
        return sum
    end,
}

-- Methods: sixteen objects of one class, of four, and of sixteen.

local Shape0 = class()
function Shape0:kind()
    return 0
end

local Shape1 = class()
function Shape1:kind()
    return 1
end

local Shape2 = class()
function Shape2:kind()
    return 2
end

local Shape3 = class()
function Shape3:kind()
    return 3
end

local Shape4 = class()
function Shape4:kind()
    return 4
end

local Shape5 = class()
function Shape5:kind()
    return 5
end

local Shape6 = class()
function Shape6:kind()
    return 6
end

local Shape7 = class()
function Shape7:kind()
    return 7
end

local Shape8 = class()
function Shape8:kind()
    return 8
end

local Shape9 = class()
function Shape9:kind()
    return 9
end

local Shape10 = class()
function Shape10:kind()
    return 10
end

local Shape11 = class()
function Shape11:kind()
    return 11
end

local Shape12 = class()
function Shape12:kind()
    return 12
end

local Shape13 = class()
function Shape13:kind()
    return 13
end

local Shape14 = class()
function Shape14:kind()
    return 14
end

local Shape15 = class()
function Shape15:kind()
    return 15
end

local classes = {
    Shape0, Shape1, Shape2, Shape3, Shape4, Shape5, Shape6, Shape7,
    Shape8, Shape9, Shape10, Shape11, Shape12, Shape13, Shape14, Shape15,
}

local function sixteen(choose)
    local shapes = {}
    for i = 1, 16 do
        shapes[i] = setmetatable({}, choose(i - 1))
    end
    return shapes
end

benchmarks["methods-1"] = {
    prepare = function()
        return sixteen(function()
            return Shape1
        end)
    end,
    run = function(n, shapes)
        local sum = 0
        for i = 0, n - 1 do
            sum = sum + shapes[i % 16 + 1]:kind()
        end
        return sum
    end,
}

benchmarks["methods-4"] = {
    prepare = function()
        return sixteen(function(i)
            return classes[i % 4 + 1]
        end)
    end,
    run = function(n, shapes)
        local sum = 0
        for i = 0, n - 1 do
            sum = sum + shapes[i % 16 + 1]:kind()
        end
        return sum
    end,
}

benchmarks["methods-16"] = {
    prepare = function()
        return sixteen(function(i)
            return classes[i + 1]
        end)
    end,
    run = function(n, shapes)
        local sum = 0
        for i = 0, n - 1 do
            sum = sum + shapes[i % 16 + 1]:kind()
        end
        return sum
    end,
}

-- Attributes: four a round.

local function point()
    return { x = 1, y = 2 }
end

benchmarks["attribute-get"] = {
    prepare = point,
    run = function(n, p)
        local sum = 0
        for _ = 1, n do
            sum = sum + p.x + p.y + p.x + p.y
        end
        return sum
    end,
}

benchmarks["attribute-put"] = {
    prepare = point,
    run = function(n, p)
        for i = 0, n - 1 do
            p.x = i
            p.y = i
            p.x = i
            p.y = i
        end
        return p.x + p.y
    end,
}

-- Loops.

benchmarks["integer-loop"] = {
    run = function(n)
        local sum, i = 0, 0
        while i < n do
            sum = sum + i
            i = i + 1
        end
        return sum
    end,
}

benchmarks["double-loop"] = {
    run = function(n)
        local x = 0.0
        for _ = 1, n do
            x = x * 0.5 + 1.0
        end
        return x
    end,
}

-- Strings and dictionaries; keys are looked up in an order that caches do not like.

local STRIDE = 611953

benchmarks["string-building"] = {
    run = function(n)
        local pieces = {}
        for i = 0, n - 1 do
            pieces[i + 1] = "item " .. i
        end
        return #table.concat(pieces, " ")
    end,
}

local function make_keys(n)
    local keys = {}
    for i = 0, n - 1 do
        keys[i + 1] = "key " .. i
    end
    return keys
end

local function make_numbers(n, keys)
    local numbers = {}
    for i = 1, n do
        numbers[keys[i]] = i - 1
    end
    return numbers
end

benchmarks["dictionary-insert"] = {
    prepare = make_keys,
    run = function(n, keys)
        local numbers = {}
        for i = 1, n do
            numbers[keys[i]] = i - 1
        end
        -- A table does not know how many it has.
        return numbers[keys[n]] + 1
    end,
}

benchmarks["dictionary-get"] = {
    prepare = function(n)
        local keys = make_keys(n)
        return { keys = keys, numbers = make_numbers(n, keys) }
    end,
    run = function(n, state)
        local keys, numbers = state.keys, state.numbers
        local sum = 0
        for i = 0, n - 1 do
            sum = sum + numbers[keys[i * STRIDE % n + 1]]
        end
        return sum
    end,
}

-- Exceptions and allocation.

local function risky(i)
    -- Level 0: a number stays a number in Lua 5.1 too.
    error(i, 0)
end

benchmarks["raise-and-catch"] = {
    run = function(n)
        local sum = 0
        for i = 0, n - 1 do
            local ok, caught = pcall(risky, i)
            if not ok then
                sum = sum + caught
            end
        end
        return sum
    end,
}

local Node = class()

function Node:node_count()
    if self.left == nil then
        return 1
    end
    return 1 + self.left:node_count() + self.right:node_count()
end

local function make_tree(depth)
    if depth == 0 then
        return setmetatable({ left = nil, right = nil }, Node)
    end
    return setmetatable({ left = make_tree(depth - 1), right = make_tree(depth - 1) }, Node)
end

benchmarks["tree"] = {
    run = function(n)
        return make_tree(n):node_count()
    end,
}

local chosen, rounds, n = benchmarks[arg[1]], tonumber(arg[2]), tonumber(arg[3])
local state = chosen.prepare and chosen.prepare(n)
for _ = 1, rounds do
    local start = os.clock()
    local result = chosen.run(n, state)
    print(string.format("%.6f %.17g", (os.clock() - start) * 1e3, result))
end
