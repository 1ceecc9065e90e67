-- A hundred balls in a box, for fifty frames: how often do they bounce?

local som = require("som")

local Ball = som.class()

function Ball.new(random)
    return setmetatable({
        x = random:next() % 500,
        y = random:next() % 500,
        x_velocity = random:next() % 300 - 150,
        y_velocity = random:next() % 300 - 150,
    }, Ball)
end

function Ball:bounce()
    local x_limit, y_limit, bounced = 500, 500, false
    self.x = self.x + self.x_velocity
    self.y = self.y + self.y_velocity
    if self.x > x_limit then
        self.x = x_limit
        self.x_velocity = 0 - math.abs(self.x_velocity)
        bounced = true
    end
    if self.x < 0 then
        self.x = 0
        self.x_velocity = math.abs(self.x_velocity)
        bounced = true
    end
    if self.y > y_limit then
        self.y = y_limit
        self.y_velocity = 0 - math.abs(self.y_velocity)
        bounced = true
    end
    if self.y < 0 then
        self.y = 0
        self.y_velocity = math.abs(self.y_velocity)
        bounced = true
    end
    return bounced
end

local Bounce = som.class(som.Benchmark)

function Bounce.new()
    return setmetatable({}, Bounce)
end

function Bounce:benchmark()
    local random = som.Random.new()
    local ball_count, bounces = 100, 0
    local balls = {}
    for i = 1, ball_count do
        balls[i] = Ball.new(random)
    end
    for _ = 1, 50 do
        for i = 1, ball_count do
            if balls[i]:bounce() then
                bounces = bounces + 1
            end
        end
    end
    return bounces
end

function Bounce:verify_result(result)
    return result == 1331
end

return Bounce
