import type { Capture, CaptureResult } from "@hotlinejs/core";
import { errorText } from "@hotlinejs/core";
import { openCapture } from "../capture/capture-reader.js";
import { measureCapture } from "../capture/measure-capture.js";
import { mediaErrors } from "../errors.js";
import type { WorkerSlot } from "./worker-slot.js";

/** A capture that runs in a worker. */
export class EngineCapture implements Capture {
  readonly done: Promise<CaptureResult>;
  readonly #id: string;
  readonly #slot: WorkerSlot;

  constructor(id: string, path: string, slot: WorkerSlot) {
    this.#id = id;
    this.#slot = slot;
    this.done = new Promise((resolve, reject) => {
      slot.addCapture(id, {
        ended: (result) => {
          slot.removeCapture(id);
          resolve(result);
        },
        // The file is readable up to the last whole record; say what it holds.
        workerFailed: () => {
          measure(path).then(resolve, (error: unknown) => reject(mediaErrors.CAPTURE_FAILED(path, errorText(error), { cause: error })));
        },
      });
    });
    // Whoever does not look at `done` must not bring the process down.
    this.done.catch(() => undefined);
  }

  pause(): void {
    this.#slot.send({ op: "capture-control", capture: this.#id, action: "pause" });
  }

  resume(): void {
    this.#slot.send({ op: "capture-control", capture: this.#id, action: "resume" });
  }

  stop(): Promise<CaptureResult> {
    this.#slot.send({ op: "capture-control", capture: this.#id, action: "stop" });
    return this.done;
  }
}

async function measure(path: string): Promise<CaptureResult> {
  const capture = await openCapture(path);
  return { path, durationMs: capture.durationMs, ...(await measureCapture(capture)), reason: "leg-ended" };
}
