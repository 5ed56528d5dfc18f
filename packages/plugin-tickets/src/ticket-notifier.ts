import type { BusinessCalendar, Logger, Services, Uow } from "@hotlinejs/core";
import { DIRECTORY, NOTIFICATIONS } from "@hotlinejs/core";
import { normaliseNumber } from "./domain/contact-number.js";
import { monthDay } from "./domain/due-clock.js";
import { fill } from "./domain/templates.js";
import type { TemplateValue, TicketTemplate } from "./domain/templates.js";
import type { TicketCatalogue } from "./domain/ticket-kinds.js";
import { TicketMessageEntity } from "./entities/ticket-message.entity.js";
import type { TicketRow } from "./entities/ticket.entity.js";
import type { ContactBook } from "./contact-book.js";
import { errors } from "./errors.js";
import { FRESH } from "./ticket-reader.js";
import { CONFIDENTIAL } from "./ticket-scope.js";

/** Who dispatches: told of what would concern the handling department while there is none. */
const DISPATCHERS = "permission:tickets.dispatch";
/** Most Message-IDs in References: the first and the last ones. */
const MOST_REFERENCES = 20;
const MOST_SUBJECT = 200;

export type NoticeValues = Partial<Record<TemplateValue, string>>;

export interface TicketNotice {
  /** `citizen`, `handler`, `department`, `permission:<name>`. */
  readonly to: string;
  readonly template: string;
  /** Of staff; the citizen is told through the ticket's own channel. */
  readonly via?: readonly ("screen" | "email")[];
  readonly values: NoticeValues;
  /** What makes this notice one: notices of one cause to one receiver are one. */
  readonly cause: string;
  /** The receipt of what a citizen sent; without it who reports would never get the code. */
  readonly receipt?: boolean;
}

/** Writes the notifications of tickets, in the transaction of what they tell of. */
export class TicketNotifier {
  constructor(
    private readonly parts: {
      readonly services: Services;
      readonly calendar: () => BusinessCalendar;
      readonly catalogue: TicketCatalogue;
      readonly contacts: ContactBook;
      readonly templates: Readonly<Record<string, TicketTemplate>>;
      readonly mailboxes: Readonly<Record<string, string>>;
      readonly citizenChannels: readonly ("email" | "sms")[];
      readonly log: Logger;
    },
  ) {}

  /** Short name of a department; its code when nobody knows it. Not inside a unit of work. */
  async unitName(code: string | null | undefined): Promise<string> {
    if (code === null || code === undefined) return "本中心";
    return (await this.parts.services.optional(DIRECTORY)?.departmentByCode(code))?.shortName ?? code;
  }

  async tell(uow: Uow, row: TicketRow, notice: TicketNotice): Promise<void> {
    return notice.to === "citizen" ? this.tellCitizen(uow, row, notice) : this.tellStaff(row, notice);
  }

  private async tellStaff(row: TicketRow, notice: TicketNotice): Promise<void> {
    const { values, cause, template, via = ["screen"] } = notice;
    const address = this.staffAddress(row, notice.to);
    if (address === undefined) return;
    const given = { ...this.values(row, true), ...values };
    const send = (channel: string, to: string): Promise<unknown> =>
      this.parts.services.get(NOTIFICATIONS).send({ channel, to, template: `ticket.${template}`, ...this.write(template, given), subject: { type: "ticket", id: row.id }, key: `${cause}:${template}:${channel}:${to}` });
    if (via.includes("screen")) await send("screen", address);
    const department = row.handlingDepartment ?? undefined;
    const mailbox = via.includes("email") && notice.to === "department" && department !== undefined && row.confidentiality !== "secret" ? this.parts.mailboxes[department] : undefined;
    if (mailbox !== undefined) await send("email", mailbox);
  }

  private staffAddress(row: TicketRow, to: string): string | undefined {
    // Not even its existence is anybody else's business.
    if (row.confidentiality === "secret") return `permission:${CONFIDENTIAL}`;
    if (to === "handler") return row.handler === null || row.handler === undefined ? undefined : `user:${row.handler}`;
    if (to === "department") return row.handlingDepartment === null || row.handlingDepartment === undefined ? DISPATCHERS : `department:${row.handlingDepartment}`;
    return to;
  }

  private async tellCitizen(uow: Uow, row: TicketRow, { template, values, cause, receipt = false }: TicketNotice): Promise<void> {
    // Who reports is told by serial number and code alone: nothing about it is to lie in a mailbox or on a telephone.
    if (row.anonymous || (row.confidentiality !== "normal" && !receipt)) return;
    const contact = this.parts.contacts.of(row);
    const own = row.source === "email" || row.source === "sms" ? [row.source] : [];
    for (const channel of [...own, ...this.parts.citizenChannels]) {
      const to = channel === "email" ? contact.email : mobile(contact.number);
      if (to === null) continue;
      const written = this.write(template, { ...this.values(row, false), name: contact.name ?? "市民朋友", ...values });
      const thread = channel === "email" ? await this.thread(uow, row) : undefined;
      await this.parts.services.get(NOTIFICATIONS).send({
        channel,
        to,
        template: `ticket.${template}`,
        ...written,
        ...(thread === undefined ? {} : thread),
        subject: { type: "ticket", id: row.id },
        key: `${cause}:${template}:citizen`,
        // With serial number and code together anybody who can read the database could ask.
        forget: receipt,
      });
      return;
    }
  }

  /** Continues the citizen's own thread (RFC 5322 section 3.6.4), with the serial number for readers that lose the headers. */
  private async thread(uow: Uow, row: TicketRow): Promise<{ title: string; headers: Record<string, string> } | undefined> {
    const [last] = await uow.em.find(TicketMessageEntity, { ticketId: row.id, channel: "email" }, { ...FRESH, orderBy: [{ at: "desc" }, { id: "desc" }], limit: 1 });
    if (last === undefined) return undefined;
    const ids = [...last.threadIds.filter((id) => id !== last.messageId), last.messageId];
    const references = ids.length <= MOST_REFERENCES ? ids : [...ids.slice(0, 1), ...ids.slice(1 - MOST_REFERENCES)];
    const subject = (last.subject ?? "").replace(/\p{Cc}+/gu, " ").replace(/^\s*(?:(?:re|回复|答复)\s*[:：]\s*)+/iu, "").trim().slice(0, MOST_SUBJECT);
    const title = `Re: ${subject === "" ? "您的来信" : subject}${subject.includes(row.serial) ? "" : `（流水号${row.serial}）`}`;
    return { title, headers: { "in-reply-to": last.messageId, references: references.join(" ") } };
  }

  private write(name: string, values: NoticeValues): { title: string; text: string } {
    const template = this.parts.templates[name];
    if (template === undefined) throw errors.UNKNOWN_TEMPLATE(name);
    return { title: fill(template.title, values).replace(/\p{Cc}+/gu, " "), text: fill(template.text, values) };
  }

  private values(row: TicketRow, forStaff: boolean): NoticeValues {
    const due = row.dueAt ?? undefined;
    return {
      serial: row.serial,
      tail: row.serial.slice(-4),
      kind: this.parts.catalogue.findKind(row.kind)?.name ?? row.kind,
      summary: forStaff && row.confidentiality !== "normal" ? "（保密）" : (row.summary ?? this.parts.catalogue.findKind(row.kind)?.name ?? ""),
      due: due === undefined ? "另行告知的日期" : monthDay(this.parts.calendar().dateOf(due)),
    };
  }
}

function mobile(number: string | null): string | null {
  const digits = number === null ? "" : normaliseNumber(number);
  return /^1[3-9]\d{9}$/.test(digits) ? digits : null;
}
