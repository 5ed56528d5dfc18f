import type { Clock, Ids, InboundMessage, ReadPool, UnitOfWork, Uow } from "@hotlinejs/core";
import type { QueuedMessageCause } from "./contract.js";
import { QueuedMessageEntity } from "./entities/queued-message.entity.js";
import type { QueuedMessageRow } from "./entities/queued-message.entity.js";
import { FRESH } from "./ticket-reader.js";

const OPEN = { $in: ["waiting" as const, "active" as const] };

/** Rows of queued messages. Each change of state is told by an event of the same transaction. */
export class QueuedMessageStore {
  constructor(private readonly parts: { readonly work: UnitOfWork; readonly pool: ReadPool; readonly clock: Clock; readonly ids: Ids }) {}

  /** With the ticket or the line of its history. No effect when the ticket waits for an agent already, who will read this too. */
  async add(uow: Uow, ticketId: string, message: InboundMessage, queue: string): Promise<void> {
    const { clock, ids } = this.parts;
    if ((await uow.em.count(QueuedMessageEntity, { ticketId, state: OPEN })) > 0) return;
    const [last] = await uow.em.find(QueuedMessageEntity, { ticketId, agent: { $ne: null } }, { ...FRESH, orderBy: { queuedAt: "desc" }, limit: 1 });
    const row: QueuedMessageRow = {
      id: ids.next(),
      ticketId,
      channel: message.channel,
      externalId: message.externalId,
      queue,
      state: "waiting",
      agent: null,
      preferredAgent: last?.agent ?? null,
      givenBy: null,
      interactionId: null,
      carriedBy: message.interactionId ?? null,
      queuedAt: clock.now(),
      acceptedAt: null,
      doneAt: null,
    } as QueuedMessageRow;
    await uow.em.insert(QueuedMessageEntity, row);
    this.tell(uow, row, "arrived");
  }

  async find(id: string): Promise<QueuedMessageRow | undefined> {
    return (await this.parts.pool.read((em) => em.findOne(QueuedMessageEntity, { id }, FRESH))) ?? undefined;
  }

  /** Waiting or with an agent, the earliest first. */
  open(agent?: string): Promise<readonly QueuedMessageRow[]> {
    return this.parts.pool.read((em) => em.find(QueuedMessageEntity, agent === undefined ? { state: OPEN } : { state: "active", agent }, { ...FRESH, orderBy: [{ queuedAt: "asc" }, { id: "asc" }] }));
  }

  /** The stay in the queue that belongs to it now. */
  async enter(id: string, interactionId: string): Promise<void> {
    await this.parts.work.run((uow) => uow.em.nativeUpdate(QueuedMessageEntity, { id, state: OPEN }, { interactionId }));
  }

  /** `undefined`: it is not waiting any more. */
  accept(id: string, agent: string): Promise<QueuedMessageRow | undefined> {
    return this.change({ id, state: "waiting" }, { state: "active", agent, acceptedAt: this.parts.clock.now() }, "accepted");
  }

  /** Back to its place. */
  giveBack(id: string, agent: string, cause: "signed-out" | "reassigned" = "signed-out"): Promise<QueuedMessageRow | undefined> {
    return this.change({ id, state: "active", agent }, { state: "waiting", agent: null, acceptedAt: null }, cause);
  }

  /** Into the line of another queue, at its place. */
  giveToQueue(id: string, agent: string, queue: string): Promise<QueuedMessageRow | undefined> {
    return this.change({ id, state: "active", agent }, { state: "waiting", agent: null, acceptedAt: null, preferredAgent: null, givenBy: agent, queue }, "given");
  }

  /** From hand to hand. */
  giveToAgent(id: string, from: string, agent: string, queue: string): Promise<QueuedMessageRow | undefined> {
    return this.change({ id, state: "active", agent: from }, { agent, acceptedAt: this.parts.clock.now(), givenBy: from, queue }, "given");
  }

  finish(id: string, agent: string): Promise<QueuedMessageRow | undefined> {
    return this.change({ id, state: "active", agent }, { state: "done", doneAt: this.parts.clock.now() }, "finished");
  }

  /** With a step of its ticket: whoever took it has read what came in. */
  async settle(uow: Uow, ticketId: string): Promise<void> {
    const rows = await uow.em.find(QueuedMessageEntity, { ticketId, state: OPEN }, FRESH);
    for (const row of rows) {
      const patch = { state: "done" as const, doneAt: this.parts.clock.now() };
      if ((await uow.em.nativeUpdate(QueuedMessageEntity, { id: row.id, state: row.state }, patch)) > 0) this.tell(uow, { ...row, ...patch }, "ticket");
    }
  }

  private change(where: { id: string; state: "waiting" | "active"; agent?: string }, patch: Partial<QueuedMessageRow>, cause: QueuedMessageCause): Promise<QueuedMessageRow | undefined> {
    return this.parts.work.run(async (uow) => {
      if ((await uow.em.nativeUpdate(QueuedMessageEntity, where, patch)) === 0) return undefined;
      const row = await uow.em.findOneOrFail(QueuedMessageEntity, { id: where.id }, FRESH);
      this.tell(uow, row, cause);
      return row;
    });
  }

  private tell(uow: Uow, row: QueuedMessageRow, cause: QueuedMessageCause): void {
    const { id: messageId, ticketId, channel, queue, state, agent = null, interactionId = null } = row;
    uow.publish("ticket.message-queue", { messageId, ticketId, channel, queue, state, agent, interactionId, cause, at: this.parts.clock.now() }, { aggregate: `ticket:${ticketId}` });
  }
}
