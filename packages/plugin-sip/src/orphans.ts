import type { Logger } from "@hotlinejs/core";
import { reasonHeader } from "./call/end-reasons.js";
import type { DialogSnapshot, UserAgent } from "./stack/index.js";

/** BYEs at once. */
const AT_ONCE = 16;

/** A leg of a process that is gone, and its dialog as it was stored. */
export interface OrphanLeg {
  readonly legId: string;
  readonly dialog: unknown;
}

/** Ends the calls of an earlier process by a BYE in each of their dialogs. Never rejects. */
export async function endOrphans(agent: UserAgent, orphans: readonly OrphanLeg[], log: Logger): Promise<void> {
  const waiting = [...orphans];
  const reason = reasonHeader("process_restart");
  const worker = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      if (!isSnapshot(next.dialog)) {
        log.warn({ callId: next.legId }, "the stored dialog of a leg cannot be read; its peer is not told that the call is over");
        continue;
      }
      const outcome = await agent.sendByeFromSnapshot(next.dialog, reason === undefined ? {} : { headers: { Reason: reason } });
      log.info({ callId: next.legId, status: outcome.status }, "a call of the last process was ended");
    }
  };
  try {
    await Promise.all(Array.from({ length: Math.min(AT_ONCE, waiting.length) }, worker));
  } catch (error) {
    log.error({ err: error }, "calls of the last process could not be ended");
  }
}

function isSnapshot(value: unknown): value is DialogSnapshot {
  if (typeof value !== "object" || value === null) return false;
  const fields = value as Partial<Record<keyof DialogSnapshot, unknown>>;
  const texts: readonly (keyof DialogSnapshot)[] = ["callId", "localTag", "remoteTag", "localParty", "remoteParty", "remoteTarget", "localTarget"];
  return fields.version === 1 && texts.every((name) => typeof fields[name] === "string") && Array.isArray(fields.routeSet) && typeof fields.destination === "object" && fields.destination !== null;
}
