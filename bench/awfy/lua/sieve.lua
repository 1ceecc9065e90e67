-- The primes up to 5000.

local som = require("som")

local Sieve = som.class(som.Benchmark)

function Sieve.new()
    return setmetatable({}, Sieve)
end

function Sieve:benchmark()
    return self:sieve(som.new_array(5000, true), 5000)
end

function Sieve:verify_result(result)
    return result == 669
end

function Sieve:sieve(flags, size)
    local prime_count = 0
    for i = 2, size do
        if flags[i] then
            prime_count = prime_count + 1
            local k = i + i
            while k <= size do
                flags[k] = false
                k = k + i
            end
        end
    end
    return prime_count
end

return Sieve
