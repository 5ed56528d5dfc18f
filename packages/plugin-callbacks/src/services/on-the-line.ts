import type { ReadPool } from "@hotlinejs/core";
import { telephoneOf, writtenForms } from "../domain/phone-number.js";

export interface OnTheLineDeps {
  readonly readPool: ReadPool;
  /** Numbers this plugin is calling, with the interactions: those of the last moments are not in the database yet. */
  readonly calling: () => Iterable<{ readonly number: string; readonly interactionId: string }>;
}

/** Whether somebody is on a call just now, whoever began it. */
export class OnTheLine {
  constructor(private readonly deps: OnTheLineDeps) {}

  /** @param but an interaction that does not count: the one that is about to dial */
  async has(number: string, but?: string): Promise<boolean> {
    const telephone = telephoneOf(number);
    for (const call of this.deps.calling()) if (telephoneOf(call.number) === telephone && call.interactionId !== but) return true;
    const forms = [...writtenForms(number)];
    const rows = await this.deps.readPool.read((em) => {
      const open = (column: "caller_number" | "called_number") => em.getKnex()("core_interaction").select("id").where("channel", "voice").whereIn(column, forms).whereNull("ended_at").limit(2);
      return Promise.all([em.execute<{ id: string }[]>(open("caller_number")), em.execute<{ id: string }[]>(open("called_number"))]);
    });
    return rows.flat().some(({ id }) => id !== but);
  }
}
