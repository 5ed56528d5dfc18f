import { token } from "@hotlinejs/core";

/** What is used of plugin-recording where it is present: the token is found by its name. */
export const RECORDINGS = token<{ pause(interactionId: string): void; resume(interactionId: string): void }>("recording.recordings");
