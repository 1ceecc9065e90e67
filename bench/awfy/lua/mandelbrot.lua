-- The Mandelbrot set, a bit a pixel, all bytes of the picture xored into one. The inner iterations are its size.

local som = require("som")
local bxor, lshift = som.bits.bxor, som.bits.lshift

local Mandelbrot = som.class(som.Benchmark)

local RESULTS = { [1] = 128, [500] = 191, [750] = 50 }

function Mandelbrot.new()
    return setmetatable({}, Mandelbrot)
end

function Mandelbrot:inner_benchmark_loop(inner_iterations)
    return self:mandelbrot(inner_iterations) == RESULTS[inner_iterations]
end

function Mandelbrot:mandelbrot(size)
    local sum, byte, bits = 0, 0, 0
    for y = 0, size - 1 do
        local ci = 2.0 * y / size - 1.0
        for x = 0, size - 1 do
            local zr_squared, zi, zi_squared = 0.0, 0.0, 0.0
            local cr = 2.0 * x / size - 1.5
            local z, not_done, escape = 0, true, 0
            while not_done and z < 50 do
                local zr = zr_squared - zi_squared + cr
                zi = 2.0 * zr * zi + ci
                zr_squared = zr * zr
                zi_squared = zi * zi
                if zr_squared + zi_squared > 4.0 then
                    not_done = false
                    escape = 1
                end
                z = z + 1
            end
            byte = lshift(byte, 1) + escape
            bits = bits + 1
            if bits == 8 then
                sum = bxor(sum, byte)
                byte = 0
                bits = 0
            elseif x == size - 1 then
                byte = lshift(byte, 8 - bits)
                sum = bxor(sum, byte)
                byte = 0
                bits = 0
            end
        end
    end
    return sum
end

return Mandelbrot
