import type { Clock, ReadPool, UnitOfWork } from "@hotlinejs/core";
import { QueueRulesEntity, type StoredRule } from "../entities/queue-rules.entity.js";
import { acdErrors } from "../errors.js";

export type StoredRules = Readonly<Record<string, StoredRule>>;

/** The changes of one queue's rules. */
export interface QueueChanges {
  readonly changes: StoredRules;
  /** 0: none was ever made. */
  readonly edition: number;
}

/** Rows of rules that were changed while the hotline ran. */
export class QueueRuleStore {
  constructor(private readonly deps: { readonly unitOfWork: UnitOfWork; readonly reads: ReadPool; readonly clock: Clock }) {}

  /** By queue. */
  load(): Promise<ReadonlyMap<string, QueueChanges>> {
    return this.deps.reads.read(async (em) => new Map((await em.find(QueueRulesEntity, {}, { orderBy: { queue: "asc" } })).map(({ queue, changes, edition }) => [queue, { changes, edition }])));
  }

  /**
   * Stores what is changed from now on, with its audit row.
   *
   * @param before as they were read
   * @throws HTL_ACD_RULES_CHANGED where somebody was faster
   */
  async put(queue: string, before: QueueChanges, changes: StoredRules, audit: { readonly actor: string; readonly details: Readonly<Record<string, unknown>> }): Promise<QueueChanges> {
    const edition = before.edition + 1;
    await this.deps.unitOfWork.run(async (uow) => {
      const row = { changes: { ...changes }, edition, updatedAt: this.deps.clock.now() };
      const found = await uow.em.findOne(QueueRulesEntity, { queue });
      if ((found?.edition ?? 0) !== before.edition) throw acdErrors.RULES_CHANGED(queue, String(found?.edition ?? 0), String(before.edition));
      if (found === null) uow.em.create(QueueRulesEntity, { queue, ...row });
      else uow.em.assign(found, row);
      await uow.em.flush();
      uow.audit({ actor: audit.actor, action: "acd.queue-rules-changed", subject: { type: "acd.queue", id: queue }, details: audit.details });
    });
    return { changes, edition };
  }
}
