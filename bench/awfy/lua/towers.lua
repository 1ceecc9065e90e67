-- The towers of Hanoi with 13 disks.

local som = require("som")

local Disk = som.class()

function Disk.new(size)
    return setmetatable({ size = size, next = nil }, Disk)
end

local Towers = som.class(som.Benchmark)

function Towers.new()
    return setmetatable({}, Towers)
end

function Towers:benchmark()
    self.piles = {}
    self:build_tower_at(1, 13)
    self.moves_done = 0
    self:move_disks(13, 1, 2)
    return self.moves_done
end

function Towers:verify_result(result)
    return result == 8191
end

function Towers:push_disk(disk, pile)
    local top = self.piles[pile]
    if top ~= nil and disk.size >= top.size then
        error("a big disk cannot lie on a smaller one")
    end
    disk.next = top
    self.piles[pile] = disk
end

function Towers:pop_disk_from(pile)
    local top = self.piles[pile]
    if top == nil then
        error("there is no disk to take")
    end
    self.piles[pile] = top.next
    top.next = nil
    return top
end

function Towers:move_top_disk(from_pile, to_pile)
    self:push_disk(self:pop_disk_from(from_pile), to_pile)
    self.moves_done = self.moves_done + 1
end

function Towers:build_tower_at(pile, disks)
    for size = disks, 0, -1 do
        self:push_disk(Disk.new(size), pile)
    end
end

function Towers:move_disks(disks, from_pile, to_pile)
    if disks == 1 then
        self:move_top_disk(from_pile, to_pile)
        return
    end
    local other_pile = 6 - from_pile - to_pile
    self:move_disks(disks - 1, from_pile, other_pile)
    self:move_top_disk(from_pile, to_pile)
    self:move_disks(disks - 1, other_pile, to_pile)
end

return Towers
