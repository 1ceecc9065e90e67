# The simulation of an operating system's kernel: six tasks that send each other packets.

from som import Benchmark, new_array

IDLER = 0
WORKER = 1
HANDLER_A = 2
HANDLER_B = 3
DEVICE_A = 4
DEVICE_B = 5
TASK_COUNT = 6
DEVICE_PACKET = 0
WORK_PACKET = 1
DATA_SIZE = 4


# What packets and tasks have in common: queues of packets.
class Queuing:
    def append(self, packet, queue_head):
        packet.link = None
        if queue_head is None:
            return packet
        last = queue_head
        link = last.link
        while link is not None:
            last = link
            link = last.link
        last.link = packet
        return queue_head


class Packet(Queuing):
    def __init__(self, link, identity, kind):
        super().__init__()
        self.link = link
        self.identity = identity
        self.kind = kind
        self.datum = 0
        self.data = new_array(DATA_SIZE, 0)


class DeviceData(Queuing):
    def __init__(self):
        super().__init__()
        self.pending = None


class HandlerData(Queuing):
    def __init__(self):
        super().__init__()
        self.work_in = None
        self.device_in = None

    def device_in_add(self, packet):
        self.device_in = self.append(packet, self.device_in)

    def work_in_add(self, packet):
        self.work_in = self.append(packet, self.work_in)


class IdleData(Queuing):
    def __init__(self):
        super().__init__()
        self.control = 1
        self.count = 10000


class WorkerData(Queuing):
    def __init__(self):
        super().__init__()
        self.destination = HANDLER_A
        self.count = 0


class TaskState(Queuing):
    def __init__(self):
        super().__init__()
        self.packet_pending = False
        self.task_waiting = False
        self.task_holding = False

    def become_packet_pending(self):
        self.packet_pending = True
        self.task_waiting = False
        self.task_holding = False
        return self

    def become_running(self):
        self.packet_pending = False
        self.task_waiting = False
        self.task_holding = False
        return self

    def become_waiting(self):
        self.packet_pending = False
        self.task_holding = False
        self.task_waiting = True
        return self

    def become_waiting_with_packet(self):
        self.task_holding = False
        self.task_waiting = True
        self.packet_pending = True
        return self

    def is_holding_or_waiting(self):
        return self.task_holding or (not self.packet_pending and self.task_waiting)

    def is_waiting_with_packet(self):
        return self.packet_pending and self.task_waiting and not self.task_holding


class Task(TaskState):
    def __init__(self, link, identity, priority, initial_work, initial_state, action, data):
        super().__init__()
        self.link = link
        self.identity = identity
        self.priority = priority
        self.input = initial_work
        self.packet_pending = initial_state.packet_pending
        self.task_waiting = initial_state.task_waiting
        self.task_holding = initial_state.task_holding
        self.action = action
        self.data = data

    def add_input_and_check_priority(self, packet, old_task):
        if self.input is None:
            self.input = packet
            self.packet_pending = True
            if self.priority > old_task.priority:
                return self
        else:
            self.input = self.append(packet, self.input)
        return old_task

    def run(self):
        message = None
        if self.is_waiting_with_packet():
            message = self.input
            self.input = message.link
            if self.input is None:
                self.become_running()
            else:
                self.become_packet_pending()
        return self.action(message, self.data)


class Scheduler(Queuing):
    def __init__(self):
        super().__init__()
        self.task_list = None
        self.current_task = None
        self.current_identity = 0
        self.task_table = new_array(TASK_COUNT, None)
        self.queue_count = 0
        self.hold_count = 0

    def create_device(self, identity, priority, work, state):
        def action(packet, data):
            if packet is None:
                pending = data.pending
                if pending is None:
                    return self.mark_waiting()
                data.pending = None
                return self.queue_packet(pending)
            data.pending = packet
            return self.hold_self()

        self.create_task(identity, priority, work, state, action, DeviceData())

    def create_handler(self, identity, priority, work, state):
        def action(packet, data):
            if packet is not None:
                if packet.kind == WORK_PACKET:
                    data.work_in_add(packet)
                else:
                    data.device_in_add(packet)
            work_packet = data.work_in
            if work_packet is None:
                return self.mark_waiting()
            count = work_packet.datum
            if count >= DATA_SIZE:
                data.work_in = work_packet.link
                return self.queue_packet(work_packet)
            device_packet = data.device_in
            if device_packet is None:
                return self.mark_waiting()
            data.device_in = device_packet.link
            device_packet.datum = work_packet.data[count]
            work_packet.datum = count + 1
            return self.queue_packet(device_packet)

        self.create_task(identity, priority, work, state, action, HandlerData())

    def create_idler(self, identity, priority, work, state):
        def action(packet, data):
            data.count -= 1
            if data.count == 0:
                return self.hold_self()
            if (data.control & 1) == 0:
                data.control = data.control // 2
                return self.release(DEVICE_A)
            data.control = data.control // 2 ^ 53256
            return self.release(DEVICE_B)

        self.create_task(identity, priority, work, state, action, IdleData())

    def create_worker(self, identity, priority, work, state):
        def action(packet, data):
            if packet is None:
                return self.mark_waiting()
            data.destination = HANDLER_B if data.destination == HANDLER_A else HANDLER_A
            packet.identity = data.destination
            packet.datum = 0
            for i in range(DATA_SIZE):
                data.count += 1
                if data.count > 26:
                    data.count = 1
                packet.data[i] = 65 + data.count - 1
            return self.queue_packet(packet)

        self.create_task(identity, priority, work, state, action, WorkerData())

    def create_task(self, identity, priority, work, state, action, data):
        task = Task(self.task_list, identity, priority, work, state, action, data)
        self.task_list = task
        self.task_table[identity] = task

    # Simulates; returns whether as many packets were queued and tasks held as must be.
    def start(self):
        self.create_idler(IDLER, 0, None, TaskState().become_running())

        queue = Packet(None, WORKER, WORK_PACKET)
        queue = Packet(queue, WORKER, WORK_PACKET)
        self.create_worker(WORKER, 1000, queue, TaskState().become_waiting_with_packet())

        queue = Packet(None, DEVICE_A, DEVICE_PACKET)
        queue = Packet(queue, DEVICE_A, DEVICE_PACKET)
        queue = Packet(queue, DEVICE_A, DEVICE_PACKET)
        self.create_handler(HANDLER_A, 2000, queue, TaskState().become_waiting_with_packet())

        queue = Packet(None, DEVICE_B, DEVICE_PACKET)
        queue = Packet(queue, DEVICE_B, DEVICE_PACKET)
        queue = Packet(queue, DEVICE_B, DEVICE_PACKET)
        self.create_handler(HANDLER_B, 3000, queue, TaskState().become_waiting_with_packet())

        self.create_device(DEVICE_A, 4000, None, TaskState().become_waiting())
        self.create_device(DEVICE_B, 5000, None, TaskState().become_waiting())

        self.schedule()
        return self.queue_count == 23246 and self.hold_count == 9297

    def find_task(self, identity):
        task = self.task_table[identity]
        if task is None:
            raise RuntimeError("there is no such task")
        return task

    def hold_self(self):
        self.hold_count += 1
        self.current_task.task_holding = True
        return self.current_task.link

    def queue_packet(self, packet):
        task = self.find_task(packet.identity)
        self.queue_count += 1
        packet.link = None
        packet.identity = self.current_identity
        return task.add_input_and_check_priority(packet, self.current_task)

    def release(self, identity):
        task = self.find_task(identity)
        task.task_holding = False
        if task.priority > self.current_task.priority:
            return task
        return self.current_task

    def mark_waiting(self):
        self.current_task.task_waiting = True
        return self.current_task

    def schedule(self):
        self.current_task = self.task_list
        while self.current_task is not None:
            if self.current_task.is_holding_or_waiting():
                self.current_task = self.current_task.link
            else:
                self.current_identity = self.current_task.identity
                self.current_task = self.current_task.run()


class Richards(Benchmark):
    def benchmark(self):
        return Scheduler().start()

    def verify_result(self, result):
        return result


BENCHMARK = Richards
