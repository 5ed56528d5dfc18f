import { defineErrors } from "@hotlinejs/core";

export const errors = defineErrors("RECORDING", {
  NOT_FOUND: { message: "There is no recording %s", status: 404 },
  NOT_COMPRESSED: { message: "Recording %s is not compressed yet: ask for format=wav, or later", status: 409 },
  NO_AUDIO: { message: "Nothing of recording %s could be kept", status: 410 },
  CONFIDENTIAL: { message: "Recording %s belongs to a confidential ticket: the permission recording.confidential is needed", status: 403 },
  NO_AGENT: { message: "There is no agent %s", status: 404 },
  NO_CALL: { message: "Agent %s does not talk with a citizen", status: 409 },
  NOT_RECORDED: { message: "The call of agent %s is not being recorded", status: 409 },
  NOT_YOUR_CALL: { message: "Only agent %s or a supervisor may see and pause the recording of this agent's call", status: 403 },
  BAD_CAPTURE: { message: "%s is no capture file: %s", status: 500 },
  BAD_OPUS: { message: "The Opus file of a recording cannot be read: %s", status: 500 },
  BAD_CURSOR: { message: "The cursor does not come from this list", status: 400 },
  DISK: { message: "The disk took no more of recording %s: it ends here, what was captured is kept; it goes on as another part when there is room again", status: 507 },
  NO_ROOM: { message: "Recording %s cannot begin: %s", status: 507 },
  WORKER_FAILED: { message: "The audio worker ended: %s", status: 503 },
});
