// Not from the root: worker threads that read captures load this too, and nothing else of core.
import { defineErrors } from "@hotlinejs/core/errors";

/** Everything the media plane can refuse or fail with. */
export const mediaErrors = defineErrors("MEDIA", {
  NOT_RUNNING: { message: "The media engine is not running", status: 503, sip: 503 },
  WORKER_MISSING: { message: "The media worker %s is not there: build @hotlinejs/media first (npm run build)", status: 500, sip: 500 },
  WORKER_FAILED: { message: "The media worker has failed: %s", status: 503, sip: 503 },
  WORKER_HUNG: { message: "The media worker %s has not moved for %s s and is ended, with its calls; another takes its place. A part of a plugin holds it: an endless loop, or a call that does not return", status: 503, sip: 503 },
  WORKER_STUCK: { message: "The thread of the media worker %s cannot be ended: it hangs in native code. Its memory and UDP ports stay taken until the process is started again", status: 503, sip: 503 },
  WORKER_UNCAUGHT: { message: "An error in the media worker %s that nobody caught; its calls go on: %s", status: 500 },
  NO_PORT: { message: "No RTP port is free: %s. Widen rtpPorts", status: 503, sip: 503 },
  NO_DESCRIPTORS: { message: "No file descriptor is free for the two sockets of a leg (%s). Raise the limit: LimitNOFILE in the service, ulimit -n in a shell", status: 503, sip: 503 },
  LINE_PART_FAILED: { message: "The part of a plugin could not be opened in a media worker: %s", status: 503, sip: 503 },
  LEG_ENDED: { message: "The leg has ended: %s", status: 409 },
  BRIDGE_CLOSED: { message: "The bridge is closed: %s", status: 409 },
  FOREIGN_LEG: { message: "The leg %s belongs to another media engine", status: 400 },
  BAD_ADDRESS: { message: "The address %s cannot be bound for media: %s. Set HOTLINE_HOST, or HOTLINE_MEDIA_BIND_ADDRESS, to an address of this machine", status: 500 },
  BAD_REMOTE: { message: "The remote media description is unusable: %s", status: 400, sip: 488 },
  BAD_DIGITS: { message: "Only 0-9, *, # and A-D can be sent as keys", status: 400 },
  KEYS_FULL: { message: "So many keys wait to be sent on this leg (of at most %s) that no more are taken. Wait until those before are sent", status: 429 },
  BAD_AUDIO: { message: "The sound cannot be encoded: %s", status: 400 },
  BAD_WAV: { message: "The WAV file %s cannot be read: %s", status: 400 },
  BAD_CAPTURE: { message: "%s is no capture file", status: 400 },
  CAPTURE_FAILED: { message: "The capture to %s failed: %s", status: 500 },
  FAILED: { message: "The media worker could not do it: %s", status: 500, sip: 500 },
});
