import type { LinePort } from "@hotlinejs/core";
import type { ToLine, VirtualLineOptions } from "../virtual/line-messages.js";
import { VirtualLine } from "./virtual-line.js";

/** Entry in the media worker: what `OpenLinePart` of core asks of a line's module. It loads nothing of the kernel. */
export function openLine(options: unknown, port: LinePort) {
  const line = new VirtualLine(options as VirtualLineOptions, (message) => port.post(message));
  return {
    read: (frame: Uint8Array) => line.read(frame),
    write: (frame: Uint8Array) => line.write(frame),
    message: (message: unknown) => line.message(message as ToLine),
    close: () => line.close(),
  };
}
