import type { EventMap } from "@hotlinejs/core";
import type { QueueEntryRow } from "../src/entities/queue-entry.entity.js";

/** Events as they were told, with changes of priority among them. */
export interface Told {
  readonly name: string;
  readonly payload: unknown;
}

interface Standing {
  readonly row: QueueEntryRow;
  priority: number;
  waits: boolean;
}

type Payload<N extends keyof EventMap> = EventMap[N];

/**
 * Nobody whom the agent could have served stood before the one for whom the agent was rung: higher priority first, then the earlier
 * place. Among callers of one queue who are rung for through it; what an agent is rung for along with others is not looked at.
 *
 * @param told of one process, in order
 * @param rows stays as they were written in the end
 * @throws Error that names both
 */
export function checkOrder(
  told: readonly Told[],
  rows: readonly QueueEntryRow[],
  fits: (agent: string, wait: { readonly queue: string; readonly waited: number }, skills: Readonly<Record<string, number>>) => boolean,
  skillsOf: (interactionId: string) => Readonly<Record<string, number>>,
): void {
  const standing = new Map<string, Standing>();
  for (const { name, payload } of told) {
    if (name === "acd.queued") {
      const { interactionId, queue, at } = payload as Payload<"acd.queued">;
      const row = rows.find((each) => each.interactionId === interactionId && each.queue === queue && each.enteredAt === at);
      if (row === undefined) throw new Error(`${interactionId} entered ${queue}, and there is no row of it`);
      standing.set(interactionId, { row, priority: row.priority, waits: true });
    } else if (name === "acd.requeued") {
      const { interactionId, ringing } = payload as Payload<"acd.requeued">;
      const own = standing.get(interactionId);
      if (own !== undefined && ringing === 0) own.waits = true;
    } else if (name === "priority") {
      const { interactionId, priority } = payload as { interactionId: string; priority: number };
      const own = standing.get(interactionId);
      if (own !== undefined) own.priority = priority;
    } else if (name === "acd.offered") {
      const offer = payload as Payload<"acd.offered">;
      const own = standing.get(offer.interactionId);
      if (own === undefined || !own.waits) continue;
      own.waits = false;
      // As a guest: the other queue's weight counts.
      if (offer.queue !== own.row.queue) continue;
      for (const [id, other] of standing) {
        const { row } = other;
        // Others of the queue who still stood there after that moment.
        if (!other.waits || row.queue !== own.row.queue || (row.leftAt ?? Infinity) <= offer.at || !before(other, own)) continue;
        if (fits(offer.agent, { queue: row.queue, waited: offer.at - row.enteredAt - 1 }, skillsOf(id))) throw new Error(`${offer.agent} was rung for ${offer.interactionId} while ${id} stood before`);
      }
    }
  }
}

function before(one: Standing, other: Standing): boolean {
  return (other.priority - one.priority || one.row.placeAt - other.row.placeAt || one.row.placeSeq - other.row.placeSeq) < 0;
}
