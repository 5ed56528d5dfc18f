import type { Blobs, Clock, Jobs, Logger, MessageIntake, Notifications, PluginEvents, ReadPool, UnitOfWork } from "@hotlinejs/core";
import type { EmailConfig } from "../config.js";
import { MailboxEntity } from "../entities/mailbox.entity.js";
import { Mailbox, type OpenMailbox } from "./mailbox.js";
import { MailReader } from "./mail-reader.js";

const FETCH_JOB = "email.fetch";
/** With waits up to ten minutes: several days. A letter stays in the mailbox all the same. */
const MOST_ATTEMPTS = 600;

interface FetchPayload {
  readonly uidValidity: string;
  readonly uid: number;
}

export interface MailReceiverDeps {
  readonly config: EmailConfig;
  readonly clock: Clock;
  readonly log: Logger;
  readonly jobs: Jobs;
  readonly blobs: Blobs;
  readonly unitOfWork: UnitOfWork;
  readonly readPool: ReadPool;
  readonly intake: MessageIntake;
  readonly notifications: Notifications;
  readonly publish: PluginEvents["publish"];
}

/**
 * Letters become messages. The cursor of the mailbox and a durable job for each new letter are committed together; the job
 * hands the letter in and marks it as seen only when it was taken.
 */
export class MailReceiver {
  readonly mailbox: Mailbox;
  readonly #deps: MailReceiverDeps;
  readonly #reader: MailReader;

  constructor(deps: MailReceiverDeps & { readonly config: { readonly imap: NonNullable<EmailConfig["imap"]> } }) {
    this.#deps = deps;
    const { config, clock, log, blobs } = deps;
    this.#reader = new MailReader(blobs, config.from ?? `${config.imap.username}@${config.imap.host}`);
    this.mailbox = new Mailbox({ settings: config.imap, maxSize: config.maxSize, clock, log, look: (box) => this.#look(box, config.imap.firstStart) });
    deps.jobs.define<FetchPayload>(FETCH_JOB, { handler: (payload) => this.#take(payload), maxAttempts: MOST_ATTEMPTS, concurrency: 1, timeoutMs: 120_000 });
  }

  async #look(box: OpenMailbox, firstStart: "unseen" | "all" | "new"): Promise<void> {
    const { clock, log, readPool, unitOfWork } = this.#deps;
    const { key } = this.mailbox;
    const { uidValidity } = box;
    const row = await readPool.read((em) => em.findOne(MailboxEntity, { key }));
    const known = row !== null && row.uidValidity === uidValidity;
    if (row !== null && !known) log.warn({ mailbox: key }, "the mailbox was made anew on its server; unread letters are looked through again");
    const uids = known ? await box.find({ after: row.lastUid }) : row === null && firstStart === "new" ? [] : await box.find(row === null && firstStart === "all" ? "all" : "unseen");
    const lastUid = Math.max(known ? row.lastUid : box.uidNext - 1, ...uids);
    if (known && lastUid === row.lastUid) return;
    await unitOfWork.run(async (uow) => {
      await uow.em.upsert(MailboxEntity, { key, uidValidity, lastUid, updatedAt: clock.now() });
      for (const uid of uids) uow.enqueue({ name: FETCH_JOB, key: `${key}:${uidValidity}:${uid}`, payload: { uidValidity, uid } satisfies FetchPayload });
    });
  }

  async #take({ uidValidity, uid }: FetchPayload): Promise<void> {
    const { intake, log, notifications, publish } = this.#deps;
    const raw = await this.mailbox.fetch(uidValidity, uid);
    if (raw === undefined) {
      log.warn({ uid }, "a letter is no longer in the mailbox and was not taken");
      return;
    }
    const mail = await this.#reader.read(raw);
    if (mail.kind === "message") {
      const { ref } = await intake.arrive(mail.message);
      publish("email.received", { messageId: mail.message.externalId, ref });
    } else if (mail.kind === "bounce") {
      const { report } = mail;
      const failed = report === undefined || report.action === "failed";
      if (failed) for (const id of mail.about) await notifications.report(id, "failed", { error: [report?.status, report?.diagnostic].filter(Boolean).join(" ") || "returned by the receiving mail server" });
      publish("email.ignored", { messageId: mail.messageId, reason: "bounce" });
    } else {
      log.info({ reason: mail.reason }, "a letter was passed over");
      publish("email.ignored", { messageId: mail.messageId, reason: mail.reason });
    }
    await this.mailbox.markSeen(uid);
  }
}
