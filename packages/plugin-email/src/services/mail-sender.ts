import { createTransport } from "nodemailer";
import type { Blobs, Delivery, Notification } from "@hotlinejs/core";
import { errorText } from "@hotlinejs/core";
import { mailAddress } from "../config.js";
import type { SmtpSettings } from "../config.js";
import { addressOf, domainOf, messageIdOf } from "../domain/message-ids.js";
import { errors } from "../errors.js";

/** All of one try must fit into the 30 s that the hook gives. */
const CONNECT_MS = 10_000;
const SILENCE_MS = 15_000;

interface SmtpFailure {
  readonly code?: string;
  readonly responseCode?: number;
}

/** Sends notifications as letters. Their Message-ID is made from their id: a second try after a crash is the same letter. */
export class MailSender {
  readonly #transport: ReturnType<typeof createTransport>;
  readonly #from: string;
  readonly #blobs: Blobs;

  constructor(settings: SmtpSettings, from: string, blobs: Blobs) {
    this.#from = from;
    this.#blobs = blobs;
    const { username, password } = settings;
    this.#transport = createTransport({
      pool: true,
      maxConnections: 2,
      host: settings.host,
      port: settings.port,
      secure: settings.tls === "implicit",
      requireTLS: settings.tls === "starttls",
      ignoreTLS: settings.tls === "none",
      ...(username === undefined || password === undefined ? {} : { auth: { user: username, pass: password } }),
      tls: { rejectUnauthorized: !settings.allowSelfSigned },
      connectionTimeout: CONNECT_MS,
      greetingTimeout: CONNECT_MS,
      socketTimeout: SILENCE_MS,
      disableFileAccess: true,
      disableUrlAccess: true,
    });
  }

  async deliver(notification: Notification): Promise<Delivery> {
    // One address and nothing else: a list, or what follows a line break, would reach people nobody meant.
    if (!mailAddress.safeParse(notification.to).success) return { delivered: false, error: "the recipient is not one e-mail address" };
    const messageId = messageIdOf(notification.id, domainOf(this.#from));
    const { "in-reply-to": inReplyTo, references, "auto-submitted": submitted = "auto-generated" } = notification.headers;
    const attachments = await Promise.all(notification.attachments.map(async ({ blobId, fileName, contentType }) => ({ filename: fileName, contentType, content: await this.#blobs.open(blobId) })));
    try {
      const sent = await this.#transport.sendMail({
        from: this.#from,
        to: { name: "", address: addressOf(notification.to) },
        messageId,
        date: new Date(notification.createdAt),
        subject: notification.title ?? "",
        text: notification.text,
        ...(notification.html === null ? {} : { html: notification.html }),
        ...(inReplyTo === undefined ? {} : { inReplyTo }),
        ...(references === undefined ? {} : { references }),
        headers: { "Auto-Submitted": submitted },
        attachments,
      });
      if (sent.accepted.length === 0) throw errors.NOT_ACCEPTED();
      return { delivered: true, state: "sent", ref: messageId };
    } catch (error) {
      // A permanent answer (RFC 5321 section 4.2.1) to recipient or letter. That to the log-in is ours to mend: later tries may succeed.
      const { code, responseCode } = error as SmtpFailure;
      if (responseCode !== undefined && responseCode >= 500 && (code === "EENVELOPE" || code === "EMESSAGE")) return { delivered: false, error: errorText(error) };
      throw error;
    }
  }

  close(): void {
    this.#transport.close();
  }
}
