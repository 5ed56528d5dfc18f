import type { Call, Clock } from "@hotlinejs/core";

/** Ids of a dialog, tags as seen from here. */
export interface DialogIds {
  readonly callId: string;
  readonly localTag: string;
  readonly remoteTag: string;
}

/** 64*T1: a message about a dialog may wander in the network so long (RFC 3261 section 17). */
const REMEMBERED_MS = 32_000;
const MOST = 10_000;

/** Dialogs that ended a moment ago: an INVITE that would replace one is declined, not unknown (RFC 3891 section 3). */
export class EndedDialogs {
  readonly #clock: Clock;
  /** The oldest first. */
  readonly #ended = new Map<string, { readonly via: Call["via"]; readonly at: number }>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(dialog: DialogIds, via: Call["via"]): void {
    const key = keyOf(dialog);
    const at = this.#clock.monotonic();
    this.#ended.delete(key);
    this.#ended.set(key, { via, at });
    for (const [oldest, { at: then }] of this.#ended) {
      if (at - then < REMEMBERED_MS && this.#ended.size <= MOST) break;
      this.#ended.delete(oldest);
    }
  }

  /** Whose it was; `undefined`: none that ended lately. */
  viaOf(dialog: DialogIds): Call["via"] | undefined {
    const found = this.#ended.get(keyOf(dialog));
    return found !== undefined && this.#clock.monotonic() - found.at < REMEMBERED_MS ? found.via : undefined;
  }
}

function keyOf({ callId, localTag, remoteTag }: DialogIds): string {
  return `${callId}\n${localTag}\n${remoteTag}`;
}
