-- Takeuchi's function on lists whose lengths are the numbers.

local som = require("som")

local Element = som.class()

function Element.new(value)
    return setmetatable({ value = value, next = nil }, Element)
end

function Element:length()
    if self.next == nil then
        return 1
    end
    return 1 + self.next:length()
end

local List = som.class(som.Benchmark)

function List.new()
    return setmetatable({}, List)
end

function List:benchmark()
    return self:tail(self:make_list(15), self:make_list(10), self:make_list(6)):length()
end

function List:verify_result(result)
    return result == 10
end

function List:make_list(length)
    if length == 0 then
        return nil
    end
    local element = Element.new(length)
    element.next = self:make_list(length - 1)
    return element
end

function List:is_shorter_than(x, y)
    local x_tail, y_tail = x, y
    while y_tail ~= nil do
        if x_tail == nil then
            return true
        end
        x_tail = x_tail.next
        y_tail = y_tail.next
    end
    return false
end

function List:tail(x, y, z)
    if self:is_shorter_than(y, x) then
        return self:tail(self:tail(x.next, y, z), self:tail(y.next, z, x), self:tail(z.next, x, y))
    end
    return z
end

return List
