import type { Capture, CaptureResult } from "@hotlinejs/core";
import { errorText } from "@hotlinejs/core";
import { alawPower, levelToPower, powerToLevel, SILENCE_LEVEL } from "../codec/level.js";
import { openCapture } from "../capture/capture-reader.js";
import { mediaErrors } from "../errors.js";
import type { WorkerSlot } from "./worker-slot.js";

const FRAME = 160;

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
  const voicedPower = levelToPower(-45);
  let peak = 0;
  let voiced = 0;
  for await (const { left } of capture.readStereo()) {
    for (let at = 0; at + FRAME <= left.length; at += FRAME) {
      const power = alawPower(left, at, FRAME);
      peak = Math.max(peak, power);
      if (power > voicedPower) voiced += FRAME;
    }
  }
  return { path, durationMs: capture.durationMs, peakLevel: peak === 0 ? SILENCE_LEVEL : powerToLevel(peak), voicedMs: voiced / 8, reason: "leg-ended" };
}
