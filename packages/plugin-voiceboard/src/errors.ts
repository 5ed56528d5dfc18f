import { defineErrors, HotlineError } from "@hotlinejs/core";

/** Errors of plugin-voiceboard. */
export const voiceboardErrors = defineErrors("VOICEBOARD", {
  BAD_ADDRESS: { message: "%s is not an address of a board line. Use line:3/13800138000, or line:*/13800138000 for any free line", status: 422, sip: 484 },
  UNKNOWN_LINE: { message: "There is no line %s", status: 404, sip: 404 },
  DUPLICATE_LINE: { message: "There are two lines with the key %s: give the lines of each board keys of their own" },
  BOARD_FAILED: { message: "The board %s could not be opened: %s" },
  LINE_BUSY: { message: "The line %s is in use or cannot be dialled on", status: 409, sip: 486 },
  NO_MEDIA: { message: "The call has no sound yet: answer it first", status: 409 },
  LOCAL_ONLY: { message: "Virtual lines are used from the machine of the hotline only, straight at 127.0.0.1 and not through a proxy", status: 403 },
  NO_PARTY: { message: "No call has been placed on line %s", status: 404 },
});

/** The two codes of core that every adapter answers with. Their meaning is declared there. */
export function notSupported(what: string): HotlineError {
  return new HotlineError("HTL_CORE_NOT_SUPPORTED", `a board line does not support ${what}`, { status: 501, sip: 488 });
}

export function callEnded(reason: string): HotlineError {
  return new HotlineError("HTL_CORE_CALL_ENDED", `The call has ended (${reason})`, { status: 409, sip: 481 });
}
