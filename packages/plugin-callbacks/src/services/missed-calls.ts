import { isHotlineError } from "@hotlinejs/core";
import type { BusinessCalendar, ReadPool, UnitOfWork } from "@hotlinejs/core";
import type { Acd } from "@hotlinejs/plugin-acd/contract";
import type { CallbacksConfig } from "../config.js";
import { outcomeOf } from "../domain/missed-call.js";
import type { CallOutcome } from "../domain/missed-call.js";
import { normaliseNumber } from "../domain/phone-number.js";
import { MissedCallEntity } from "../entities/missed-call.entity.js";
import type { CallbackStore } from "./callback-store.js";

interface InteractionRow {
  readonly channel: string;
  readonly direction: string;
  readonly caller_number: string;
  readonly end_reason: string | null;
}

export interface MissedCallsDeps {
  readonly acd: Acd | undefined;
  readonly config: CallbacksConfig;
  readonly store: CallbackStore;
  readonly unitOfWork: UnitOfWork;
  readonly readPool: ReadPool;
  readonly calendar: () => BusinessCalendar;
}

/** Looks at every incoming call that is over: was it missed, or does it settle an earlier miss? */
export class MissedCalls {
  constructor(private readonly deps: MissedCallsDeps) {}

  /** Consumer of `interaction.ended`: at least once, so a second time changes nothing. */
  async ended({ interactionId, at }: { readonly interactionId: string; readonly at: number }): Promise<void> {
    const call = await this.#read(interactionId);
    if (call === undefined || call.row.channel !== "voice" || call.row.direction !== "inbound") return;
    const number = normaliseNumber(call.row.caller_number);
    if (call.outcome.kind === "reached") await this.#reached(number, at);
    else if (call.outcome.kind === "missed") await this.#missed(interactionId, number, at, call.outcome);
  }

  async #missed(interactionId: string, number: string, at: number, outcome: Extract<CallOutcome, { kind: "missed" }>): Promise<void> {
    const { config, store, unitOfWork, calendar } = this.deps;
    const callable = number.length >= config.minDigits && !(outcome.reason === "abandoned" && outcome.waitMs < config.minWaitSeconds * 1000);
    await unitOfWork.run(async (uow) => {
      if ((await uow.em.findOne(MissedCallEntity, { interactionId })) !== null) return;
      const task = callable ? await store.put(uow, { number, reason: outcome.reason, queue: outcome.queue, missedAt: at, interactionId, createdBy: "plugin:callbacks" }) : undefined;
      await uow.em.insert(MissedCallEntity, { interactionId, taskId: task?.id ?? null, reason: outcome.reason, queue: outcome.queue, at, withheld: number === "", businessDate: calendar().dateOf(at), businessHour: calendar().hourOf(at) });
    });
  }

  /** An agent has talked with the citizen: nobody needs to call back. */
  async #reached(number: string, at: number): Promise<void> {
    if (number === "") return;
    const { acd, store, unitOfWork } = this.deps;
    const place = await unitOfWork.run(async (uow) => {
      const task = await store.openOf(uow, number);
      // An older call that is told only now settles nothing.
      if (task === null || at < task.lastMissedAt) return undefined;
      // While it is being called the attempt's own end closes it.
      if (task.status === "calling") return void (await store.change(uow, task, { reachedAt: at }));
      await store.close(uow, task, "reached", "plugin:callbacks", { reachedAt: at });
      return task.placeId;
    });
    if (typeof place !== "string") return;
    try {
      await acd?.dropPlace(place, { result: "reached", actor: "plugin:callbacks" });
    } catch (error) {
      // Being called in this moment its own call ends it; one that is not there need not be given up.
      if (!isHotlineError(error, "HTL_ACD_PLACE_CALLING") && !isHotlineError(error, "HTL_ACD_UNKNOWN_PLACE")) throw error;
    }
  }

  async #read(interactionId: string): Promise<{ row: InteractionRow; outcome: CallOutcome } | undefined> {
    return this.deps.readPool.read(async (em) => {
      const knex = em.getKnex();
      const [row] = await em.execute<InteractionRow[]>(knex("core_interaction").select("channel", "direction", "caller_number", "end_reason").where("id", interactionId));
      if (row === undefined) return undefined;
      const events = await em.execute<{ type: string; data: unknown }[]>(
        knex("core_interaction_event").select("type", "data").where("interaction_id", interactionId).whereIn("type", ["queue.entered", "queue.left", "queue.answered", "queue.callback-asked", "queue.place-kept", "voicemail.left", "complaint.taken"]).orderBy([{ column: "at" }, { column: "id" }]),
      );
      // Heard each other: an agent who picked up when the citizen had just gone has reached nobody.
      const talked = await em.execute<unknown[]>(
        knex("core_bridge_membership").join("core_leg", "core_leg.id", "core_bridge_membership.leg_id").select("core_leg.id").where("core_leg.interaction_id", interactionId).whereIn("core_leg.role", ["agent", "department"]).limit(1),
      );
      return { row, outcome: outcomeOf({ endReason: row.end_reason, talked: talked.length > 0, events: events.map(({ type, data }) => ({ type, data: json(data) })) }) };
    });
  }
}

/** SQLite keeps JSON as text, PostgreSQL gives the value. */
function json(value: unknown): Readonly<Record<string, unknown>> {
  return (typeof value === "string" ? JSON.parse(value) : (value ?? {})) as Readonly<Record<string, unknown>>;
}
