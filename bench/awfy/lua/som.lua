-- What the benchmarks share: their own collections and random numbers, so that no language's library is measured.
-- Vectors and dictionaries know arrays only; indices begin at one here, as everywhere in Lua.

local som = {}

-- Bits are operators since Lua 5.3, which LuaJIT cannot even read, and a library there.
som.bits = rawget(_G, "jit") and require("bit") or load([[
    return {
        band = function(a, b) return a & b end,
        bxor = function(a, b) return a ~ b end,
        lshift = function(a, n) return a << n end,
    }
]])()

-- Makes a class: a table that is the metatable of its instances.
function som.class(superclass)
    local class = setmetatable({}, { __index = superclass })
    class.__index = class
    return class
end

function som.new_array(size, value)
    local array = {}
    for i = 1, size do
        array[i] = value
    end
    return array
end

local Benchmark = som.class()

-- Runs the benchmark so many times; returns whether every result was right.
function Benchmark:inner_benchmark_loop(inner_iterations)
    for _ = 1, inner_iterations do
        if not self:verify_result(self:benchmark()) then
            return false
        end
    end
    return true
end

local Random = som.class()

function Random.new()
    return setmetatable({ seed = 74755 }, Random)
end

function Random:next()
    self.seed = som.bits.band(self.seed * 1309 + 13849, 65535)
    return self.seed
end

-- A growing array from whose front elements can be taken.
local Vector = som.class()

function Vector.new(capacity)
    -- A Lua table has no capacity to give it; its end is kept all the same.
    return setmetatable({ storage = {}, capacity = capacity or 50, first_index = 1, last_index = 1 }, Vector)
end

function Vector.with(element)
    local vector = Vector.new(1)
    vector:append(element)
    return vector
end


function Vector:at(index)
    return self.storage[index]
end

function Vector:append(element)
    if self.last_index > self.capacity then
        self.capacity = 2 * self.capacity
    end
    self.storage[self.last_index] = element
    self.last_index = self.last_index + 1
end

function Vector:is_empty()
    return self.last_index == self.first_index
end

function Vector:size()
    return self.last_index - self.first_index
end

function Vector:for_each(action)
    for i = self.first_index, self.last_index - 1 do
        action(self.storage[i])
    end
end

function Vector:remove_first()
    if self:is_empty() then
        return nil
    end
    self.first_index = self.first_index + 1
    return self.storage[self.first_index - 1]
end

-- Copies all but the element; returns whether it was there.
function Vector:remove(element)
    local storage, last, found = {}, 1, false
    self:for_each(function(each)
        if each == element then
            found = true
        else
            storage[last] = each
            last = last + 1
        end
    end)
    self.storage, self.first_index, self.last_index = storage, 1, last
    return found
end

-- Sorts; `before(a, b)` says whether a comes before b.
function Vector:sort(before)
    if self:size() > 1 then
        self:sort_range(self.first_index, self.last_index - 1, before)
    end
end

-- Quicksort around the middle element.
function Vector:sort_range(low, high, before)
    local storage = self.storage
    local pivot = storage[math.floor((low + high) / 2)]
    local i, j = low, high
    while i <= j do
        while before(storage[i], pivot) do
            i = i + 1
        end
        while before(pivot, storage[j]) do
            j = j - 1
        end
        if i <= j then
            storage[i], storage[j] = storage[j], storage[i]
            i = i + 1
            j = j - 1
        end
    end
    if low < j then
        self:sort_range(low, j, before)
    end
    if i < high then
        self:sort_range(i, high, before)
    end
end

-- A hash table with chained entries; keys tell their `custom_hash` and are compared by identity.
local IdentityDictionary = som.class()

function IdentityDictionary.new()
    return setmetatable({ buckets = {}, capacity = 16, size = 0 }, IdentityDictionary)
end

function IdentityDictionary:bucket_index(hash)
    return som.bits.band(hash, self.capacity - 1) + 1
end

function IdentityDictionary:at(key)
    local entry = self.buckets[self:bucket_index(key.custom_hash)]
    while entry do
        if entry.key == key then
            return entry.value
        end
        entry = entry.next
    end
    return nil
end

function IdentityDictionary:at_put(key, value)
    local index = self:bucket_index(key.custom_hash)
    local entry = self.buckets[index]
    while entry do
        if entry.key == key then
            entry.value = value
            return
        end
        entry = entry.next
    end
    self.buckets[index] = { key = key, value = value, next = self.buckets[index] }
    self.size = self.size + 1
    if self.size > self.capacity then
        self:resize()
    end
end

function IdentityDictionary:resize()
    local old, old_capacity = self.buckets, self.capacity
    self.capacity = 2 * old_capacity
    self.buckets = {}
    for i = 1, old_capacity do
        local entry = old[i]
        while entry do
            local following = entry.next
            local index = self:bucket_index(entry.key.custom_hash)
            entry.next = self.buckets[index]
            self.buckets[index] = entry
            entry = following
        end
    end
end

som.Benchmark = Benchmark
som.Random = Random
som.Vector = Vector
som.IdentityDictionary = IdentityDictionary
return som
