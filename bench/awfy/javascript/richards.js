// The simulation of an operating system's kernel: six tasks that send each other packets.

"use strict";

const { newArray, Benchmark } = require("./som.js");

const IDLER = 0;
const WORKER = 1;
const HANDLER_A = 2;
const HANDLER_B = 3;
const DEVICE_A = 4;
const DEVICE_B = 5;
const TASK_COUNT = 6;
const DEVICE_PACKET = 0;
const WORK_PACKET = 1;
const DATA_SIZE = 4;

// What packets and tasks have in common: queues of packets.
class Queuing {
  append(packet, queueHead) {
    packet.link = null;
    if (queueHead === null) {
      return packet;
    }
    let last = queueHead;
    let link = last.link;
    while (link !== null) {
      last = link;
      link = last.link;
    }
    last.link = packet;
    return queueHead;
  }
}

class Packet extends Queuing {
  constructor(link, identity, kind) {
    super();
    this.link = link;
    this.identity = identity;
    this.kind = kind;
    this.datum = 0;
    this.data = newArray(DATA_SIZE, 0);
  }
}

class DeviceData extends Queuing {
  constructor() {
    super();
    this.pending = null;
  }
}

class HandlerData extends Queuing {
  constructor() {
    super();
    this.workIn = null;
    this.deviceIn = null;
  }

  deviceInAdd(packet) {
    this.deviceIn = this.append(packet, this.deviceIn);
  }

  workInAdd(packet) {
    this.workIn = this.append(packet, this.workIn);
  }
}

class IdleData extends Queuing {
  constructor() {
    super();
    this.control = 1;
    this.count = 10000;
  }
}

class WorkerData extends Queuing {
  constructor() {
    super();
    this.destination = HANDLER_A;
    this.count = 0;
  }
}

class TaskState extends Queuing {
  constructor() {
    super();
    this.packetPending = false;
    this.taskWaiting = false;
    this.taskHolding = false;
  }

  becomePacketPending() {
    this.packetPending = true;
    this.taskWaiting = false;
    this.taskHolding = false;
    return this;
  }

  becomeRunning() {
    this.packetPending = false;
    this.taskWaiting = false;
    this.taskHolding = false;
    return this;
  }

  becomeWaiting() {
    this.packetPending = false;
    this.taskHolding = false;
    this.taskWaiting = true;
    return this;
  }

  becomeWaitingWithPacket() {
    this.taskHolding = false;
    this.taskWaiting = true;
    this.packetPending = true;
    return this;
  }

  isHoldingOrWaiting() {
    return this.taskHolding || (!this.packetPending && this.taskWaiting);
  }

  isWaitingWithPacket() {
    return this.packetPending && this.taskWaiting && !this.taskHolding;
  }
}

class Task extends TaskState {
  constructor(link, identity, priority, initialWork, initialState, action, data) {
    super();
    this.link = link;
    this.identity = identity;
    this.priority = priority;
    this.input = initialWork;
    this.packetPending = initialState.packetPending;
    this.taskWaiting = initialState.taskWaiting;
    this.taskHolding = initialState.taskHolding;
    this.action = action;
    this.data = data;
  }

  addInputAndCheckPriority(packet, oldTask) {
    if (this.input === null) {
      this.input = packet;
      this.packetPending = true;
      if (this.priority > oldTask.priority) {
        return this;
      }
    } else {
      this.input = this.append(packet, this.input);
    }
    return oldTask;
  }

  run() {
    let message = null;
    if (this.isWaitingWithPacket()) {
      message = this.input;
      this.input = message.link;
      if (this.input === null) {
        this.becomeRunning();
      } else {
        this.becomePacketPending();
      }
    }
    return this.action(message, this.data);
  }
}

class Scheduler extends Queuing {
  constructor() {
    super();
    this.taskList = null;
    this.currentTask = null;
    this.currentIdentity = 0;
    this.taskTable = newArray(TASK_COUNT, null);
    this.queueCount = 0;
    this.holdCount = 0;
  }

  createDevice(identity, priority, work, state) {
    const action = (packet, data) => {
      if (packet === null) {
        const pending = data.pending;
        if (pending === null) {
          return this.markWaiting();
        }
        data.pending = null;
        return this.queuePacket(pending);
      }
      data.pending = packet;
      return this.holdSelf();
    };
    this.createTask(identity, priority, work, state, action, new DeviceData());
  }

  createHandler(identity, priority, work, state) {
    const action = (packet, data) => {
      if (packet !== null) {
        if (packet.kind === WORK_PACKET) {
          data.workInAdd(packet);
        } else {
          data.deviceInAdd(packet);
        }
      }
      const workPacket = data.workIn;
      if (workPacket === null) {
        return this.markWaiting();
      }
      const count = workPacket.datum;
      if (count >= DATA_SIZE) {
        data.workIn = workPacket.link;
        return this.queuePacket(workPacket);
      }
      const devicePacket = data.deviceIn;
      if (devicePacket === null) {
        return this.markWaiting();
      }
      data.deviceIn = devicePacket.link;
      devicePacket.datum = workPacket.data[count];
      workPacket.datum = count + 1;
      return this.queuePacket(devicePacket);
    };
    this.createTask(identity, priority, work, state, action, new HandlerData());
  }

  createIdler(identity, priority, work, state) {
    const action = (packet, data) => {
      data.count--;
      if (data.count === 0) {
        return this.holdSelf();
      }
      if ((data.control & 1) === 0) {
        data.control = Math.trunc(data.control / 2);
        return this.release(DEVICE_A);
      }
      data.control = Math.trunc(data.control / 2) ^ 53256;
      return this.release(DEVICE_B);
    };
    this.createTask(identity, priority, work, state, action, new IdleData());
  }

  createWorker(identity, priority, work, state) {
    const action = (packet, data) => {
      if (packet === null) {
        return this.markWaiting();
      }
      data.destination = data.destination === HANDLER_A ? HANDLER_B : HANDLER_A;
      packet.identity = data.destination;
      packet.datum = 0;
      for (let i = 0; i < DATA_SIZE; i++) {
        data.count++;
        if (data.count > 26) {
          data.count = 1;
        }
        packet.data[i] = 65 + data.count - 1;
      }
      return this.queuePacket(packet);
    };
    this.createTask(identity, priority, work, state, action, new WorkerData());
  }

  createTask(identity, priority, work, state, action, data) {
    const task = new Task(this.taskList, identity, priority, work, state, action, data);
    this.taskList = task;
    this.taskTable[identity] = task;
  }

  // Simulates; returns whether as many packets were queued and tasks held as must be.
  start() {
    this.createIdler(IDLER, 0, null, new TaskState().becomeRunning());

    let queue = new Packet(null, WORKER, WORK_PACKET);
    queue = new Packet(queue, WORKER, WORK_PACKET);
    this.createWorker(WORKER, 1000, queue, new TaskState().becomeWaitingWithPacket());

    queue = new Packet(null, DEVICE_A, DEVICE_PACKET);
    queue = new Packet(queue, DEVICE_A, DEVICE_PACKET);
    queue = new Packet(queue, DEVICE_A, DEVICE_PACKET);
    this.createHandler(HANDLER_A, 2000, queue, new TaskState().becomeWaitingWithPacket());

    queue = new Packet(null, DEVICE_B, DEVICE_PACKET);
    queue = new Packet(queue, DEVICE_B, DEVICE_PACKET);
    queue = new Packet(queue, DEVICE_B, DEVICE_PACKET);
    this.createHandler(HANDLER_B, 3000, queue, new TaskState().becomeWaitingWithPacket());

    this.createDevice(DEVICE_A, 4000, null, new TaskState().becomeWaiting());
    this.createDevice(DEVICE_B, 5000, null, new TaskState().becomeWaiting());

    this.schedule();
    return this.queueCount === 23246 && this.holdCount === 9297;
  }

  findTask(identity) {
    const task = this.taskTable[identity];
    if (task === null) {
      throw new Error("there is no such task");
    }
    return task;
  }

  holdSelf() {
    this.holdCount++;
    this.currentTask.taskHolding = true;
    return this.currentTask.link;
  }

  queuePacket(packet) {
    const task = this.findTask(packet.identity);
    this.queueCount++;
    packet.link = null;
    packet.identity = this.currentIdentity;
    return task.addInputAndCheckPriority(packet, this.currentTask);
  }

  release(identity) {
    const task = this.findTask(identity);
    task.taskHolding = false;
    if (task.priority > this.currentTask.priority) {
      return task;
    }
    return this.currentTask;
  }

  markWaiting() {
    this.currentTask.taskWaiting = true;
    return this.currentTask;
  }

  schedule() {
    this.currentTask = this.taskList;
    while (this.currentTask !== null) {
      if (this.currentTask.isHoldingOrWaiting()) {
        this.currentTask = this.currentTask.link;
      } else {
        this.currentIdentity = this.currentTask.identity;
        this.currentTask = this.currentTask.run();
      }
    }
  }
}

class Richards extends Benchmark {
  benchmark() {
    return new Scheduler().start();
  }

  verifyResult(result) {
    return result;
  }
}

module.exports = Richards;
