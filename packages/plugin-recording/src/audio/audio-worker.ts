import { constants, setPriority } from "node:os";
import { setImmediate as nextTurn } from "node:timers/promises";
import { parentPort } from "node:worker_threads";
import { AudioRequests } from "./audio-requests.js";
import type { AudioRequest } from "./audio-requests.js";

const port = parentPort;
if (port === null) throw new Error("audio-worker runs only as a worker thread");

// On Linux the priority of pid 0 is that of the calling thread alone; elsewhere it would be the whole process's.
if (process.platform === "linux") {
  try {
    // Below all others, but not the lowest there is: beside programs that never rest that is no time at all, and recordings would pile up.
    setPriority(0, constants.priority.PRIORITY_BELOW_NORMAL);
  } catch (error) {
    // A container may forbid it; then the worker competes as an equal.
    process.emitWarning(`audio worker keeps its priority: ${String(error)}`);
  }
}

const requests = new AudioRequests(() => nextTurn());
port.on("message", (request: AudioRequest) => {
  void requests.answer(request).then((reply) => port.postMessage(reply, reply.type === "decoded" ? [reply.bytes.buffer as ArrayBuffer] : []));
});
