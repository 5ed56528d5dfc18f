import type { Logger } from "@hotlinejs/core";
import type { StackLog } from "./stack/index.js";

/** The stack's log as one of the hotline. */
export function stackLog(log: Logger): StackLog {
  return {
    debug: (message, fields) => log.debug(fields ?? {}, message),
    info: (message, fields) => log.info(fields ?? {}, message),
    warn: (message, fields) => log.warn(fields ?? {}, message),
    error: (message, fields) => log.error(fields ?? {}, message),
  };
}
