-- Eight queens, ten times.

local som = require("som")

local Queens = som.class(som.Benchmark)

function Queens.new()
    return setmetatable({}, Queens)
end

function Queens:benchmark()
    local result = true
    for _ = 1, 10 do
        result = result and self:queens()
    end
    return result
end

function Queens:verify_result(result)
    return result
end

function Queens:queens()
    self.free_rows = som.new_array(8, true)
    self.free_maxima = som.new_array(16, true)
    self.free_minima = som.new_array(16, true)
    self.queen_rows = som.new_array(8, -1)
    return self:place_queen(0)
end

function Queens:place_queen(column)
    for row = 0, 7 do
        if self:row_column(row, column) then
            self.queen_rows[row + 1] = column
            self:set_row_column(row, column, false)
            if column == 7 then
                return true
            end
            if self:place_queen(column + 1) then
                return true
            end
            self:set_row_column(row, column, true)
        end
    end
    return false
end

function Queens:row_column(row, column)
    return self.free_rows[row + 1] and self.free_maxima[column + row + 1] and self.free_minima[column - row + 8]
end

function Queens:set_row_column(row, column, value)
    self.free_rows[row + 1] = value
    self.free_maxima[column + row + 1] = value
    self.free_minima[column - row + 8] = value
end

return Queens
