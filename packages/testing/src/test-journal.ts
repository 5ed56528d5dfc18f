import { READ_POOL } from "@hotlinejs/core";
import type { CallState, EventEnvelope, EventMap, Services } from "@hotlinejs/core";
import type { FakeCall } from "./fake-call.js";
import type { FakeCaller } from "./fake-caller.js";
import { testingErrors } from "./errors.js";

export interface JournalLeg {
  readonly id: string;
  readonly role: string;
  /** Number or address of the far end as it was dialled; for the citizen who called, the number dialled. */
  readonly to: string;
  /** States in the order in which they were entered. Of other adapters than the fake one only `answered` and `ended` are known. */
  readonly states: readonly CallState[];
  readonly startedAt: number;
  readonly answeredAt: number | undefined;
  readonly endedAt: number | undefined;
  readonly reason: string | undefined;
}

export interface JournalInteraction {
  readonly id: string;
  readonly channel: string;
  readonly from: string;
  readonly to: string;
  readonly startedAt: number;
  readonly answeredAt: number | undefined;
  readonly endedAt: number | undefined;
  readonly reason: string | undefined;
  /** In the order in which they began. */
  readonly legs: readonly JournalLeg[];
}

type Changing<T> = { -readonly [K in keyof T]: T[K] };
interface Entry extends Omit<Changing<JournalInteraction>, "legs"> {
  legs: Changing<JournalLeg>[];
}

/** What happened on the line, kept in memory as it is told: interactions, their legs, the states of each in order. */
export class TestJournal {
  readonly #interactions = new Map<string, Entry>();
  readonly #calls: () => ReadonlyMap<string, FakeCall>;
  readonly #services: () => Services;

  constructor(calls: () => ReadonlyMap<string, FakeCall>, services: () => Services) {
    this.#calls = calls;
    this.#services = services;
  }

  /** Takes down an event; others than of interactions and legs are passed over. */
  record({ name, payload, at }: EventEnvelope): void {
    switch (name) {
      case "interaction.started": {
        const { interactionId: id, channel, callerNumber: from, calledNumber: to } = payload as EventMap["interaction.started"];
        this.#interactions.set(id, { id, channel, from, to, startedAt: at, answeredAt: undefined, endedAt: undefined, reason: undefined, legs: this.#interactions.get(id)?.legs ?? [] });
        break;
      }
      case "interaction.answered":
        this.#patch((payload as EventMap["interaction.answered"]).interactionId, { answeredAt: at });
        break;
      case "interaction.ended":
        this.#patch((payload as EventMap["interaction.ended"]).interactionId, { endedAt: at, reason: (payload as EventMap["interaction.ended"]).reason });
        break;
      case "leg.started": {
        const { interactionId, legId: id, role, to } = payload as EventMap["leg.started"];
        this.#interactions.get(interactionId)?.legs.push({ id, role, to, states: [], startedAt: at, answeredAt: undefined, endedAt: undefined, reason: undefined });
        break;
      }
      case "leg.answered":
        this.#leg(payload as EventMap["leg.answered"], "answered", { answeredAt: at });
        break;
      case "leg.ended":
        this.#leg(payload as EventMap["leg.ended"], "ended", { endedAt: at, reason: (payload as EventMap["leg.ended"]).reason });
        break;
      case "leg.moved":
        this.#moved(payload as EventMap["leg.moved"]);
        break;
      default:
    }
  }

  #moved({ interactionId, legId, from }: EventMap["leg.moved"]): void {
    const legs = this.#interactions.get(from)?.legs;
    const at = legs?.findIndex(({ id }) => id === legId) ?? -1;
    if (at >= 0) this.#interactions.get(interactionId)?.legs.push(...(legs?.splice(at, 1) ?? []));
  }

  /** All, in the order in which they began. */
  get interactions(): readonly JournalInteraction[] {
    return [...this.#interactions.values()].map((entry) => ({ ...entry, legs: entry.legs.map((leg) => ({ ...leg, states: this.#calls().get(leg.id)?.states.map(({ state }) => state) ?? leg.states })) }));
  }

  /** Those that are not over. */
  get open(): readonly JournalInteraction[] {
    return this.interactions.filter((each) => each.endedAt === undefined);
  }

  /**
   * One interaction, by its id or by a caller in it.
   *
   * @throws HTL_TESTING_NO_INTERACTION
   */
  of(which: string | FakeCaller): JournalInteraction {
    const id = typeof which === "string" ? which : which.call.id;
    const found = this.interactions.find((each) => each.id === id || each.legs.some((leg) => leg.id === id));
    if (found === undefined) throw testingErrors.NO_INTERACTION(typeof which === "string" ? which : `of the caller ${which.call.from.number}`);
    return found;
  }

  /** The lines an interaction has in the database's journal (`call.routed`, `ivr.node`, `queue.entered` ...), oldest first. */
  async timeline(which: string | FakeCaller): Promise<readonly { readonly at: number; readonly type: string; readonly data: Readonly<Record<string, unknown>> }[]> {
    const { id } = this.of(which);
    const rows = await this.#services().get(READ_POOL).read((em) => em.execute<{ at: number | string; type: string; data: string | Record<string, unknown> }[]>("select at, type, data from core_interaction_event where interaction_id = ? order by at, id", [id]));
    return rows.map(({ at, type, data }) => ({ at: Number(at), type, data: typeof data === "string" ? (JSON.parse(data) as Record<string, unknown>) : data }));
  }

  #patch(id: string, patch: Partial<Entry>): void {
    const entry = this.#interactions.get(id);
    if (entry !== undefined) Object.assign(entry, patch);
  }

  #leg({ interactionId, legId }: { interactionId: string; legId: string }, state: CallState, patch: Partial<Changing<JournalLeg>>): void {
    const leg = this.#interactions.get(interactionId)?.legs.find((each) => each.id === legId);
    if (leg !== undefined) Object.assign(leg, patch, { states: [...leg.states, state] });
  }
}
