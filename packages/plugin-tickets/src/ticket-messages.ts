import type { Accepted, Blobs, Clock, Ids, InboundMessage, Logger, ReadPool, Services, UnitOfWork, Uow } from "@hotlinejs/core";
import { NOTIFICATIONS } from "@hotlinejs/core";
import type { ContactBook } from "./contact-book.js";
import { normaliseEmail } from "./contact-book.js";
import type { CreatedTicket, NewTicket, TicketSource } from "./contract.js";
import { normaliseNumber } from "./domain/contact-number.js";
import { idsIn, isAutomatic, messageIdOf, serialsIn } from "./domain/message-thread.js";
import { TicketEventEntity } from "./entities/ticket-event.entity.js";
import { TicketMessageEntity } from "./entities/ticket-message.entity.js";
import { TicketEntity } from "./entities/ticket.entity.js";
import type { TicketRow } from "./entities/ticket.entity.js";
import type { MessageQueue } from "./message-queue.js";
import type { QueuedMessageStore } from "./queued-message-store.js";
import type { TicketCreator } from "./ticket-creator.js";
import type { TicketNotifier } from "./ticket-notifier.js";
import type { TicketReader } from "./ticket-reader.js";
import { FRESH } from "./ticket-reader.js";

const SOURCES: readonly string[] = ["fax", "web", "email", "chat", "letter", "sms", "exchange"] satisfies readonly TicketSource[];
const MOST_TEXT = 20_000;
const MOST_SUMMARY = 100;
const MOST_SUBJECT = 500;
const MOST_THREAD = 40;
const MOST_FILES = 50;
/** Receipts to one address a day: two machines that answer each other without saying so come to an end. */
const MOST_RECEIPTS = 10;
const DAY_MS = 86_400_000;

type Files = NonNullable<NewTicket["files"]>;

/** Written messages: the tap of `messageArrival`. A new one is a ticket, an answer in a ticket's thread a line of its history. */
export class TicketMessages {
  constructor(
    private readonly parts: {
      readonly intake: Readonly<Record<string, { readonly kind: string }>>;
      readonly work: UnitOfWork;
      readonly pool: ReadPool;
      readonly blobs: Blobs;
      readonly clock: Clock;
      readonly ids: Ids;
      readonly services: Services;
      readonly contacts: ContactBook;
      readonly reader: TicketReader;
      readonly creator: TicketCreator;
      readonly notifier: TicketNotifier;
      readonly queue: Pick<MessageQueue, "queueOf">;
      readonly queued: QueuedMessageStore;
      readonly log: Logger;
    },
  ) {}

  /** Idempotent by channel and external id. `undefined`: none of the channels taken here. */
  async arrive(message: InboundMessage): Promise<Accepted | undefined> {
    const { channel, externalId } = message;
    const rule = this.parts.intake[channel];
    if (rule === undefined || !SOURCES.includes(channel)) return undefined;
    const earlier = await this.parts.pool.read((em) => em.findOne(TicketMessageEntity, { channel, externalId }, FRESH));
    if (earlier !== null) return accepted(earlier.ticketId);
    const files = await this.filesOf(message);
    const threaded = await this.ticketOf(message);
    if (threaded !== undefined) {
      await this.append(threaded, message, files);
      return accepted(threaded.id);
    }
    const email = message.from.includes("@");
    const ticket = await this.parts.creator.create(
      {
        kind: rule.kind,
        source: channel as TicketSource,
        summary: summaryOf(message),
        content: message.text.slice(0, MOST_TEXT),
        contactName: message.fromName ?? null,
        contactEmail: email ? message.from : null,
        contactNumber: email ? null : message.from,
        interactionId: message.interactionId ?? null,
        files,
        status: "received",
        actor: "citizen",
        idempotencyKey: `message:${channel}:${externalId}`,
      },
      async (uow, created) => {
        await this.keep(uow, created.id, message);
        await this.acknowledge(uow, created, message);
        await this.line(uow, created.id, message);
      },
    );
    return accepted(ticket.id);
  }

  private async append(row: TicketRow, message: InboundMessage, files: Files): Promise<void> {
    const { blobs, clock, creator, ids, notifier, work } = this.parts;
    for (const { blobId } of files) await blobs.claim(blobId);
    await work.run(async (uow) => {
      const { channel, externalId } = message;
      if ((await uow.em.findOne(TicketMessageEntity, { channel, externalId }, FRESH)) !== null) return;
      const now = clock.now();
      await this.keep(uow, row.id, message);
      await uow.em.insert(TicketEventEntity, {
        id: ids.next(),
        ticketId: row.id,
        at: now,
        action: "message",
        fromStatus: row.status,
        toStatus: row.status,
        actor: "citizen",
        note: message.text.slice(0, MOST_TEXT),
        data: { channel, subject: (message.subject ?? "").slice(0, MOST_SUBJECT), files: files.map(({ blobId }) => blobId) },
        version: row.version,
      });
      await creator.attachFiles(uow, row.id, files);
      await uow.em.nativeUpdate(TicketEntity, { id: row.id }, { updatedAt: now });
      const receivers = row.handler === null || row.handler === undefined ? ["department"] : ["handler", "department"];
      for (const to of receivers) await notifier.tell(uow, row, { to, template: "citizen-wrote", values: {}, cause: `message:${channel}:${externalId}` });
      uow.audit({ actor: "citizen", action: "ticket.message", subject: { type: "ticket", id: row.id }, details: { channel } });
      uow.publish("ticket.message", { ticketId: row.id, serial: row.serial, channel, externalId }, { aggregate: `ticket:${row.id}` });
      // The department that handles it has just been told.
      if (row.handlingDepartment === null || row.handlingDepartment === undefined) await this.line(uow, row.id, message);
    });
  }

  /** Where its channel has a queue, an agent will be found for it. */
  private async line(uow: Uow, ticketId: string, message: InboundMessage): Promise<void> {
    const queue = this.parts.queue.queueOf(message.channel);
    if (queue !== undefined) await this.parts.queued.add(uow, ticketId, message, queue);
  }

  private async keep(uow: Uow, ticketId: string, message: InboundMessage): Promise<void> {
    const messageId = messageIdOf(message);
    const thread = [...idsIn(message.headers?.["references"]), ...(message.inReplyTo ?? []).filter((id) => id.startsWith("<"))];
    await uow.em.insert(TicketMessageEntity, {
      id: this.parts.ids.next(),
      ticketId,
      channel: message.channel,
      externalId: message.externalId,
      messageId,
      threadIds: [...new Set(thread)].slice(-MOST_THREAD),
      subject: message.subject?.slice(0, MOST_SUBJECT) ?? null,
      at: message.receivedAt,
    });
  }

  /** Serial number and code, to whoever wrote: nobody else can tell them. */
  private async acknowledge(uow: Uow, created: CreatedTicket, message: InboundMessage): Promise<void> {
    const { clock, notifier, log } = this.parts;
    if (isAutomatic(message)) return;
    const row = await uow.em.findOne(TicketEntity, { id: created.id }, FRESH);
    if (row === null) return;
    if (row.contactEmail !== null && row.contactEmail !== undefined) {
      const recent = await uow.em.count(TicketEntity, { createdAt: { $gt: clock.now() - DAY_MS }, contactEmail: row.contactEmail });
      if (recent > MOST_RECEIPTS) {
        log.warn({ ticketId: row.id }, "no receipt: one address has sent too many messages today");
        return;
      }
    }
    await notifier.tell(uow, row, { to: "citizen", template: "received-auto", values: { code: created.queryCode }, cause: `ticket:${row.id}`, receipt: true });
  }

  /** The ticket it belongs to: by what it answers, else by a serial number in the subject; only when it comes from that ticket's citizen. */
  private async ticketOf(message: InboundMessage): Promise<TicketRow | undefined> {
    const { pool, reader, services } = this.parts;
    const found: string[] = [];
    for (const id of [...(message.inReplyTo ?? []), ...idsIn(message.headers?.["in-reply-to"]), ...idsIn(message.headers?.["references"]).toReversed()]) {
      const own = await services.get(NOTIFICATIONS).get(id);
      if (own?.subject?.type === "ticket") found.push(own.subject.id);
      const earlier = await pool.read((em) => em.find(TicketMessageEntity, { channel: message.channel, messageId: id }, { ...FRESH, limit: 1 }));
      found.push(...earlier.map((each) => each.ticketId));
    }
    for (const id of new Set(found)) {
      const row = await reader.row({ id });
      if (row !== undefined && this.isFrom(row, message.from)) return row;
    }
    for (const serial of serialsIn(message.subject)) {
      const row = await reader.row({ serial });
      if (row !== undefined && this.isFrom(row, message.from)) return row;
    }
    return undefined;
  }

  private isFrom(row: TicketRow, from: string): boolean {
    const contact = this.parts.contacts.of(row);
    if (from.includes("@")) return contact.email !== null && contact.email === normaliseEmail(from);
    const number = normaliseNumber(from);
    return number !== "" && contact.number === number;
  }

  /** What came along, and the whole text where a ticket cannot hold it. */
  private async filesOf(message: InboundMessage): Promise<Files> {
    const files: Files[number][] = message.attachments.slice(0, MOST_FILES).map(({ blobId, fileName, contentType, size }) => ({ blobId, fileName, contentType, size }));
    if (message.attachments.length > MOST_FILES) this.parts.log.warn({ channel: message.channel, attachments: message.attachments.length }, "a message has more attachments than are kept");
    if (message.text.length <= MOST_TEXT) return files;
    const whole = await this.parts.blobs.put(Buffer.from(message.text, "utf8"), { contentType: "text/plain; charset=utf-8", owner: "tickets" });
    return [...files, { blobId: whole.id, fileName: "全文.txt", contentType: "text/plain", size: whole.size }];
  }
}

function accepted(ticketId: string): Accepted {
  return { accepted: true, ref: `ticket:${ticketId}` };
}

function summaryOf({ subject, text }: InboundMessage): string | null {
  const line = [subject ?? "", ...text.split("\n")].map((each) => each.replace(/\p{Cc}+/gu, " ").trim()).find((each) => each !== "");
  return line === undefined ? null : [...line].slice(0, MOST_SUMMARY).join("");
}
