-- The simulation of an operating system's kernel: six tasks that send each other packets.

local som = require("som")

local IDLER, WORKER, HANDLER_A, HANDLER_B, DEVICE_A, DEVICE_B = 0, 1, 2, 3, 4, 5
local TASK_COUNT = 6
local DEVICE_PACKET, WORK_PACKET = 0, 1
local DATA_SIZE = 4

-- What packets and tasks have in common: queues of packets.
local Queuing = som.class()

function Queuing:append(packet, queue_head)
    packet.link = nil
    if queue_head == nil then
        return packet
    end
    local last = queue_head
    local link = last.link
    while link ~= nil do
        last = link
        link = last.link
    end
    last.link = packet
    return queue_head
end

local Packet = som.class(Queuing)

function Packet.new(link, identity, kind)
    return setmetatable({
        link = link,
        identity = identity,
        kind = kind,
        datum = 0,
        data = som.new_array(DATA_SIZE, 0),
    }, Packet)
end

local DeviceData = som.class(Queuing)

function DeviceData.new()
    return setmetatable({ pending = nil }, DeviceData)
end

local HandlerData = som.class(Queuing)

function HandlerData.new()
    return setmetatable({ work_in = nil, device_in = nil }, HandlerData)
end

function HandlerData:device_in_add(packet)
    self.device_in = self:append(packet, self.device_in)
end

function HandlerData:work_in_add(packet)
    self.work_in = self:append(packet, self.work_in)
end

local IdleData = som.class(Queuing)

function IdleData.new()
    return setmetatable({ control = 1, count = 10000 }, IdleData)
end

local WorkerData = som.class(Queuing)

function WorkerData.new()
    return setmetatable({ destination = HANDLER_A, count = 0 }, WorkerData)
end

local TaskState = som.class(Queuing)

function TaskState.new()
    return setmetatable({ packet_pending = false, task_waiting = false, task_holding = false }, TaskState)
end

function TaskState:become_packet_pending()
    self.packet_pending = true
    self.task_waiting = false
    self.task_holding = false
    return self
end

function TaskState:become_running()
    self.packet_pending = false
    self.task_waiting = false
    self.task_holding = false
    return self
end

function TaskState:become_waiting()
    self.packet_pending = false
    self.task_holding = false
    self.task_waiting = true
    return self
end

function TaskState:become_waiting_with_packet()
    self.task_holding = false
    self.task_waiting = true
    self.packet_pending = true
    return self
end

function TaskState:is_holding_or_waiting()
    return self.task_holding or (not self.packet_pending and self.task_waiting)
end

function TaskState:is_waiting_with_packet()
    return self.packet_pending and (self.task_waiting and not self.task_holding)
end

local Task = som.class(TaskState)

function Task.new(link, identity, priority, initial_work, initial_state, action, data)
    return setmetatable({
        link = link,
        identity = identity,
        priority = priority,
        input = initial_work,
        packet_pending = initial_state.packet_pending,
        task_waiting = initial_state.task_waiting,
        task_holding = initial_state.task_holding,
        action = action,
        data = data,
    }, Task)
end

function Task:add_input_and_check_priority(packet, old_task)
    if self.input == nil then
        self.input = packet
        self.packet_pending = true
        if self.priority > old_task.priority then
            return self
        end
    else
        self.input = self:append(packet, self.input)
    end
    return old_task
end

function Task:run()
    local message = nil
    if self:is_waiting_with_packet() then
        message = self.input
        self.input = message.link
        if self.input == nil then
            self:become_running()
        else
            self:become_packet_pending()
        end
    end
    return self.action(message, self.data)
end

local Scheduler = som.class(Queuing)

function Scheduler.new()
    return setmetatable({
        task_list = nil,
        current_task = nil,
        current_identity = 0,
        task_table = som.new_array(TASK_COUNT, nil),
        queue_count = 0,
        hold_count = 0,
    }, Scheduler)
end

function Scheduler:create_device(identity, priority, work, state)
    self:create_task(identity, priority, work, state, function(packet, data)
        if packet == nil then
            local pending = data.pending
            if pending == nil then
                return self:mark_waiting()
            end
            data.pending = nil
            return self:queue_packet(pending)
        end
        data.pending = packet
        return self:hold_self()
    end, DeviceData.new())
end

function Scheduler:create_handler(identity, priority, work, state)
    self:create_task(identity, priority, work, state, function(packet, data)
        if packet ~= nil then
            if packet.kind == WORK_PACKET then
                data:work_in_add(packet)
            else
                data:device_in_add(packet)
            end
        end
        local work_packet = data.work_in
        if work_packet == nil then
            return self:mark_waiting()
        end
        local count = work_packet.datum
        if count >= DATA_SIZE then
            data.work_in = work_packet.link
            return self:queue_packet(work_packet)
        end
        local device_packet = data.device_in
        if device_packet == nil then
            return self:mark_waiting()
        end
        data.device_in = device_packet.link
        device_packet.datum = work_packet.data[count + 1]
        work_packet.datum = count + 1
        return self:queue_packet(device_packet)
    end, HandlerData.new())
end

function Scheduler:create_idler(identity, priority, work, state)
    self:create_task(identity, priority, work, state, function(_, data)
        data.count = data.count - 1
        if data.count == 0 then
            return self:hold_self()
        end
        if som.bits.band(data.control, 1) == 0 then
            data.control = math.floor(data.control / 2)
            return self:release(DEVICE_A)
        end
        data.control = som.bits.bxor(math.floor(data.control / 2), 53256)
        return self:release(DEVICE_B)
    end, IdleData.new())
end

function Scheduler:create_worker(identity, priority, work, state)
    self:create_task(identity, priority, work, state, function(packet, data)
        if packet == nil then
            return self:mark_waiting()
        end
        data.destination = data.destination == HANDLER_A and HANDLER_B or HANDLER_A
        packet.identity = data.destination
        packet.datum = 0
        for i = 1, DATA_SIZE do
            data.count = data.count + 1
            if data.count > 26 then
                data.count = 1
            end
            packet.data[i] = 65 + data.count - 1
        end
        return self:queue_packet(packet)
    end, WorkerData.new())
end

function Scheduler:create_task(identity, priority, work, state, action, data)
    local task = Task.new(self.task_list, identity, priority, work, state, action, data)
    self.task_list = task
    self.task_table[identity + 1] = task
end

-- Simulates; returns whether as many packets were queued and tasks held as must be.
function Scheduler:start()
    self:create_idler(IDLER, 0, nil, TaskState.new():become_running())

    local queue = Packet.new(nil, WORKER, WORK_PACKET)
    queue = Packet.new(queue, WORKER, WORK_PACKET)
    self:create_worker(WORKER, 1000, queue, TaskState.new():become_waiting_with_packet())

    queue = Packet.new(nil, DEVICE_A, DEVICE_PACKET)
    queue = Packet.new(queue, DEVICE_A, DEVICE_PACKET)
    queue = Packet.new(queue, DEVICE_A, DEVICE_PACKET)
    self:create_handler(HANDLER_A, 2000, queue, TaskState.new():become_waiting_with_packet())

    queue = Packet.new(nil, DEVICE_B, DEVICE_PACKET)
    queue = Packet.new(queue, DEVICE_B, DEVICE_PACKET)
    queue = Packet.new(queue, DEVICE_B, DEVICE_PACKET)
    self:create_handler(HANDLER_B, 3000, queue, TaskState.new():become_waiting_with_packet())

    self:create_device(DEVICE_A, 4000, nil, TaskState.new():become_waiting())
    self:create_device(DEVICE_B, 5000, nil, TaskState.new():become_waiting())

    self:schedule()
    return self.queue_count == 23246 and self.hold_count == 9297
end

function Scheduler:find_task(identity)
    local task = self.task_table[identity + 1]
    if task == nil then
        error("there is no such task")
    end
    return task
end

function Scheduler:hold_self()
    self.hold_count = self.hold_count + 1
    self.current_task.task_holding = true
    return self.current_task.link
end

function Scheduler:queue_packet(packet)
    local task = self:find_task(packet.identity)
    self.queue_count = self.queue_count + 1
    packet.link = nil
    packet.identity = self.current_identity
    return task:add_input_and_check_priority(packet, self.current_task)
end

function Scheduler:release(identity)
    local task = self:find_task(identity)
    task.task_holding = false
    if task.priority > self.current_task.priority then
        return task
    end
    return self.current_task
end

function Scheduler:mark_waiting()
    self.current_task.task_waiting = true
    return self.current_task
end

function Scheduler:schedule()
    self.current_task = self.task_list
    while self.current_task ~= nil do
        if self.current_task:is_holding_or_waiting() then
            self.current_task = self.current_task.link
        else
            self.current_identity = self.current_task.identity
            self.current_task = self.current_task:run()
        end
    end
end

local Richards = som.class(som.Benchmark)

function Richards.new()
    return setmetatable({}, Richards)
end

function Richards:benchmark()
    return Scheduler.new():start()
end

function Richards:verify_result(result)
    return result
end

return Richards
