-- lua harness.lua NAME OUTER INNER: prints the milliseconds of processor time of each outer iteration.

package.path = (arg[0]:match("^(.*)[/\\]") or ".") .. "/?.lua"

local benchmark = require(arg[1]).new()
local outer_iterations, inner_iterations = tonumber(arg[2]), tonumber(arg[3])

for _ = 1, outer_iterations do
    local start = os.clock()
    if not benchmark:inner_benchmark_loop(inner_iterations) then
        error(arg[1] .. " gave a wrong result")
    end
    print(string.format("%.6f", (os.clock() - start) * 1e3))
end
