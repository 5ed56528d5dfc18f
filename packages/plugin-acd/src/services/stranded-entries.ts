import type { Logger } from "@hotlinejs/core";
import { interactionView } from "@hotlinejs/queueing";
import type { Floor } from "./floor.js";

/** Takes callers out whose call has ended, where they stood so at the check before, too. @param before suspects of the last check @param suspects of this one */
export function endStrandedEntries(floor: Floor, log: Logger, before: ReadonlySet<string>, suspects: Set<string>): void {
  for (const [id, { call, owner }] of floor.entries) {
    if (!call.over || interactionView(floor.engine.state, id) === undefined) continue;
    if (before.has(id)) {
      log.error({ interactionId: owner.interactionId, queue: owner.queue }, "a caller stood in a queue though the call has ended; the place is given up");
      floor.engine.dispatch({ type: "interaction.ended", interactionId: id });
    } else suspects.add(id);
  }
}
