import type { CallControl, Logger } from "@hotlinejs/core";
import { agentView } from "@hotlinejs/queueing";
import type { AgentState, Occupation } from "../contract.js";
import type { Floor } from "./floor.js";

export interface OccupationsDeps {
  readonly floor: Floor;
  readonly control: Pick<CallControl, "legs">;
  readonly log: Logger;
  /** Seconds of after-call work where neither queue nor agent says otherwise. */
  readonly wrapUp: number;
}

interface Occupied {
  interactionId: string;
  readonly release: () => void;
  /** Legs of it were there at a check. */
  seen: boolean;
}

/** From these an agent may take up a call of another kind by own wish. */
const OCCUPIABLE: ReadonlySet<AgentState> = new Set<AgentState>(["available", "on-demand", "not-ready", "held", "wrap-up"]);

/** Agents on a call no queue gave. */
export class Occupations {
  readonly #deps: OccupationsDeps;
  /** By 工号; the latest last. */
  readonly #occupied = new Map<string, readonly Occupied[]>();

  constructor(deps: OccupationsDeps) {
    this.#deps = deps;
  }

  /** See `Acd.occupy`. @throws HTL_ACD_UNKNOWN_AGENT */
  occupy(number: string, { interactionId, free = false, signedOut = false, beside = false }: { readonly interactionId: string; readonly free?: boolean; readonly signedOut?: boolean; readonly beside?: boolean }): Occupation | undefined {
    const { floor } = this.#deps;
    const agent = floor.agent(number);
    const view = agentView(floor.engine.state, number);
    if (view === undefined) return undefined;
    const { status, reachable, queues } = view;
    // Whoever writes with citizens may telephone too, where the capacity allows it.
    const writing = status === "busy" && view.roomForCall && !this.#occupied.has(number);
    const second = beside && (status === "busy" || status === "occupied");
    const possible = free ? status === "available" || status === "on-demand" : reachable && (OCCUPIABLE.has(status) || writing || second || (signedOut && status === "offline"));
    if (!possible) return undefined;
    const [first] = queues;
    const settings = first === undefined ? undefined : floor.queues.get(first)?.settings;
    const wrapUp = agent.settings.wrapUpSeconds ?? settings?.wrapUpSeconds ?? this.#deps.wrapUp;
    let released = false;
    const occupation: Occupation = {
      release: (options = {}) => {
        if (released) return;
        released = true;
        const others = (this.#occupied.get(number) ?? []).filter((each) => each !== entry);
        if (others.length > 0) return void this.#occupied.set(number, others);
        this.#occupied.delete(number);
        floor.engine.dispatch({ type: "agent.occupied", agentId: number, occupied: false, wrapUpMs: options.wrapUp === true ? wrapUp * 1000 : 0 });
      },
    };
    const entry: Occupied = { interactionId, release: () => occupation.release(), seen: false };
    this.#occupied.set(number, [...(this.#occupied.get(number) ?? []), entry]);
    floor.engine.dispatch({ type: "agent.occupied", agentId: number, occupied: true });
    return occupation;
  }

  /** The interaction of the call the agent is on, of two the later. */
  of(number: string): string | undefined {
    return this.#occupied.get(number)?.at(-1)?.interactionId;
  }

  /** The agent's call belongs to another interaction now. */
  movedTo(number: string, interactionId: string): void {
    const occupied = this.#occupied.get(number)?.at(-1);
    if (occupied !== undefined) Object.assign(occupied, { interactionId, seen: false });
  }

  /** Releases whose call has ended at two checks in a row. @param before suspects of the last check @param suspects of this one */
  check(before: ReadonlySet<string>, suspects: Set<string>): void {
    for (const [number, occupied] of [...this.#occupied].flatMap(([agent, calls]) => calls.map((each) => [agent, each] as const))) {
      const live = this.#deps.control.legs(occupied.interactionId).length > 0;
      if (live) occupied.seen = true;
      // Before its first leg a call may take its time.
      if (live || !occupied.seen) continue;
      const key = `${number}\n${occupied.interactionId}`;
      if (before.has(key)) {
        this.#deps.log.error({ agent: number, interactionId: occupied.interactionId }, "an agent was held for a call that has ended; released");
        occupied.release();
      } else suspects.add(key);
    }
  }
}
