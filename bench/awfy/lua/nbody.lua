-- The sun and its four big planets. The inner iterations are steps of a hundredth of a year.

local som = require("som")

local PI = 3.141592653589793
local SOLAR_MASS = 4.0 * PI * PI
local DAYS_PER_YEAR = 365.24
local RESULTS = { [1] = -0.16907495402506745, [50000] = -0.16907807065934344, [250000] = -0.1690859889909308 }

local Body = som.class()

function Body.new(x, y, z, vx, vy, vz, mass)
    return setmetatable({
        x = x,
        y = y,
        z = z,
        vx = vx * DAYS_PER_YEAR,
        vy = vy * DAYS_PER_YEAR,
        vz = vz * DAYS_PER_YEAR,
        mass = mass * SOLAR_MASS,
    }, Body)
end

function Body:offset_momentum(px, py, pz)
    self.vx = 0.0 - px / SOLAR_MASS
    self.vy = 0.0 - py / SOLAR_MASS
    self.vz = 0.0 - pz / SOLAR_MASS
end

local function sun()
    return Body.new(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 1.0)
end

local function jupiter()
    return Body.new(
        4.84143144246472090e+00, -1.16032004402742839e+00, -1.03622044471123109e-01,
        1.66007664274403694e-03, 7.69901118419740425e-03, -6.90460016972063023e-05,
        9.54791938424326609e-04
    )
end

local function saturn()
    return Body.new(
        8.34336671824457987e+00, 4.12479856412430479e+00, -4.03523417114321381e-01,
        -2.76742510726862411e-03, 4.99852801234917238e-03, 2.30417297573763929e-05,
        2.85885980666130812e-04
    )
end

local function uranus()
    return Body.new(
        1.28943695621391310e+01, -1.51111514016986312e+01, -2.23307578892655734e-01,
        2.96460137564761618e-03, 2.37847173959480950e-03, -2.96589568540237556e-05,
        4.36624404335156298e-05
    )
end

local function neptune()
    return Body.new(
        1.53796971148509165e+01, -2.59193146099879641e+01, 1.79258772950371181e-01,
        2.68067772490389322e-03, 1.62824170038242295e-03, -9.51592254519715870e-05,
        5.15138902046611451e-05
    )
end

local System = som.class()

function System.new()
    local bodies = { sun(), jupiter(), saturn(), uranus(), neptune() }
    local px, py, pz = 0.0, 0.0, 0.0
    for i = 1, #bodies do
        local body = bodies[i]
        px = px + body.vx * body.mass
        py = py + body.vy * body.mass
        pz = pz + body.vz * body.mass
    end
    bodies[1]:offset_momentum(px, py, pz)
    return setmetatable({ bodies = bodies }, System)
end

function System:advance(dt)
    local bodies = self.bodies
    for i = 1, #bodies do
        local a = bodies[i]
        for j = i + 1, #bodies do
            local b = bodies[j]
            local dx, dy, dz = a.x - b.x, a.y - b.y, a.z - b.z
            local squared = dx * dx + dy * dy + dz * dz
            local distance = math.sqrt(squared)
            local magnitude = dt / (squared * distance)
            a.vx = a.vx - dx * b.mass * magnitude
            a.vy = a.vy - dy * b.mass * magnitude
            a.vz = a.vz - dz * b.mass * magnitude
            b.vx = b.vx + dx * a.mass * magnitude
            b.vy = b.vy + dy * a.mass * magnitude
            b.vz = b.vz + dz * a.mass * magnitude
        end
    end
    for i = 1, #bodies do
        local body = bodies[i]
        body.x = body.x + dt * body.vx
        body.y = body.y + dt * body.vy
        body.z = body.z + dt * body.vz
    end
end

function System:energy()
    local bodies, energy = self.bodies, 0.0
    for i = 1, #bodies do
        local a = bodies[i]
        energy = energy + 0.5 * a.mass * (a.vx * a.vx + a.vy * a.vy + a.vz * a.vz)
        for j = i + 1, #bodies do
            local b = bodies[j]
            local dx, dy, dz = a.x - b.x, a.y - b.y, a.z - b.z
            energy = energy - a.mass * b.mass / math.sqrt(dx * dx + dy * dy + dz * dz)
        end
    end
    return energy
end

local NBody = som.class(som.Benchmark)

function NBody.new()
    return setmetatable({}, NBody)
end

function NBody:inner_benchmark_loop(inner_iterations)
    local system = System.new()
    for _ = 1, inner_iterations do
        system:advance(0.01)
    end
    return system:energy() == RESULTS[inner_iterations]
end

return NBody
