import { CALENDARS, CLOCK, defineIvrNode } from "@hotlinejs/core";
import { z } from "zod";

const config = z.strictObject({
  /** Key of a calendar. */
  calendar: z.string().min(1).default("default"),
});

/**
 * Asks a calendar whether it is open now.
 *
 * @outcome open - It is.
 * @outcome closed - It is not.
 * @example { "id": "staffed", "type": "hours", "calendar": "default", "on": { "open": "agent", "closed": "voicemail" } }
 */
export const hoursNode = defineIvrNode({
  type: "hours",
  config,
  outcomes: () => [{ name: "open" }, { name: "closed" }],
  run({ config: { calendar }, services }) {
    const open = services.get(CALENDARS).get(calendar).isOpen(services.get(CLOCK).now());
    return Promise.resolve({ outcome: open ? "open" : "closed" });
  },
});
