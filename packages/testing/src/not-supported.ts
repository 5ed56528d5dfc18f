import { HotlineError } from "@hotlinejs/core";

/** What an adapter answers to what it cannot do. */
export function coreNotSupported(what: string): HotlineError {
  return new HotlineError("HTL_CORE_NOT_SUPPORTED", `the fake adapter does not support ${what}`, { status: 501, sip: 488 });
}
