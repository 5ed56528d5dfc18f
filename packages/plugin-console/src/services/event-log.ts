import type { Principal, ScreenAudience } from "@hotlinejs/core";

export interface ScreenEvent {
  /** Counts up from 1 in this process. */
  readonly id: number;
  readonly audience: ScreenAudience;
  readonly topic: string;
  readonly data: unknown;
}

/** Whether somebody belongs to an audience: any of its parts is enough. */
export function isAddressed(audience: ScreenAudience, principal: Principal): boolean {
  return (
    audience.users?.includes(principal.userId) === true ||
    (principal.agentNumber !== undefined && audience.agents?.includes(principal.agentNumber) === true) ||
    (principal.departmentCode !== undefined && audience.departments?.includes(principal.departmentCode) === true) ||
    (audience.permission !== undefined && (audience.permission === "authenticated" || principal.permissions.has(audience.permission)))
  );
}

/** The last events, so that a page that was away for a moment gets what it missed. */
export class EventLog {
  readonly #events: ScreenEvent[] = [];
  #last = 0;

  /** @param size how many are kept */
  constructor(private readonly size: number) {}

  get last(): number {
    return this.#last;
  }

  add(audience: ScreenAudience, topic: string, data: unknown): ScreenEvent {
    const event = { id: ++this.#last, audience, topic, data };
    this.#events.push(event);
    if (this.#events.length > this.size) this.#events.shift();
    return event;
  }

  /** Events after an id; `undefined` when some of them are no longer kept (or never were of this process). */
  since(id: number): readonly ScreenEvent[] | undefined {
    if (id > this.#last || id < 0) return undefined;
    const first = this.#events[0]?.id ?? this.#last + 1;
    return id + 1 < first ? undefined : this.#events.filter((event) => event.id > id);
  }
}
