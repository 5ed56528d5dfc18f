import { ImapFlow } from "imapflow";
import { errorText } from "@hotlinejs/core";
import type { Clock, Logger, Timer } from "@hotlinejs/core";
import type { ImapSettings } from "../config.js";
import { errors } from "../errors.js";
import type { RawMail } from "./mail-reader.js";

/** Well within the 29 minutes after which a server may drop a silent client (RFC 2177). */
const IDLE_MS = 5 * 60_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;
/** Of a letter that is too large so much is read: its head and the beginning of its text. */
const CUT_AT = 262_144;

export interface MailboxDeps {
  readonly settings: ImapSettings;
  readonly maxSize: number;
  readonly clock: Clock;
  readonly log: Logger;
  /** New letters may be there. One call at a time; the mailbox is selected. */
  readonly look: (box: OpenMailbox) => Promise<void>;
}

export interface OpenMailbox {
  readonly uidValidity: string;
  readonly uidNext: number;
  /** UIDs in ascending order. */
  find(which: { readonly after: number } | "unseen" | "all"): Promise<readonly number[]>;
}

/**
 * One mailbox, kept connected. The server tells of new letters (IDLE, RFC 2177); nothing is polled.
 * ```
 * off --start()--> connecting --> connected --lost--> waiting --(1 s ... 60 s)--> connecting
 * ```
 */
export class Mailbox {
  readonly #deps: MailboxDeps;
  #client: ImapFlow | undefined;
  #retry: Timer | undefined;
  #waitMs = FIRST_WAIT_MS;
  #stopped = true;
  #looking: Promise<void> = Promise.resolve();
  #lookAgain = false;
  state: "off" | "connecting" | "connected" | "waiting" = "off";
  lastError: string | undefined;

  constructor(deps: MailboxDeps) {
    this.#deps = deps;
  }

  get key(): string {
    const { username, host, mailbox } = this.#deps.settings;
    return `${username}@${host}/${mailbox}`;
  }

  start(): void {
    this.#stopped = false;
    void this.#connect();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#retry?.cancel();
    const client = this.#client;
    this.#client = undefined;
    this.state = "off";
    await this.#looking;
    client?.close();
  }

  /** A letter by UID, cut where it is too large. `undefined`: it is gone, or the mailbox was made anew. */
  async fetch(uidValidity: string, uid: number): Promise<RawMail | undefined> {
    const client = this.#usable();
    if (this.#validity(client) !== uidValidity) return undefined;
    const range = String(uid);
    const found = await client.fetchOne(range, { uid: true, size: true, internalDate: true }, { uid: true });
    if (found === false) return undefined;
    const cut = (found.size ?? 0) > this.#deps.maxSize;
    const whole = await client.fetchOne(range, { uid: true, source: cut ? { start: 0, maxLength: CUT_AT } : true }, { uid: true });
    this.#idle(client);
    if (whole === false || whole.source === undefined) return undefined;
    const at = found.internalDate === undefined ? NaN : new Date(found.internalDate).getTime();
    return { source: whole.source, cut, receivedAt: Number.isFinite(at) ? at : this.#deps.clock.now() };
  }

  async markSeen(uid: number): Promise<void> {
    const client = this.#usable();
    await client.messageFlagsAdd(String(uid), ["\\Seen"], { uid: true });
    this.#idle(client);
  }

  async #connect(): Promise<void> {
    const { settings, log } = this.#deps;
    if (this.#stopped) return;
    this.state = "connecting";
    const client = new ImapFlow({
      host: settings.host,
      port: settings.port,
      secure: settings.tls === "implicit",
      ...(settings.tls === "starttls" ? { doSTARTTLS: true } : settings.tls === "none" ? { doSTARTTLS: false } : {}),
      auth: { user: settings.username, pass: settings.password },
      tls: { rejectUnauthorized: !settings.allowSelfSigned },
      logger: false,
      maxIdleTime: IDLE_MS,
    });
    let lost = false;
    const onLost = (error: unknown): void => {
      if (error instanceof Error) this.lastError = error.message;
      if (lost) return;
      lost = true;
      client.close();
      if (this.#client === client) this.#client = undefined;
      this.#later();
    };
    client.on("error", onLost);
    client.on("close", () => onLost(undefined));
    try {
      await client.connect();
      await client.mailboxOpen(settings.mailbox);
    } catch (error) {
      log.warn({ host: settings.host, error: errorText(error) }, "the mailbox cannot be opened and is tried again");
      onLost(error);
      return;
    }
    if (this.#stopped) {
      client.close();
      return;
    }
    this.#client = client;
    this.state = "connected";
    this.lastError = undefined;
    this.#waitMs = FIRST_WAIT_MS;
    log.info({ host: settings.host, mailbox: settings.mailbox }, "the mailbox is connected");
    client.on("exists", () => this.#look());
    this.#look();
  }

  #later(): void {
    if (this.#stopped) return;
    this.state = "waiting";
    this.#retry?.cancel();
    this.#retry = this.#deps.clock.setTimeout(() => void this.#connect(), this.#waitMs);
    this.#waitMs = Math.min(this.#waitMs * 2, LONGEST_WAIT_MS);
  }

  /** Looks, and once more when the server has spoken meanwhile. */
  #look(): void {
    if (this.#lookAgain) return;
    this.#lookAgain = true;
    this.#looking = this.#looking.then(async () => {
      this.#lookAgain = false;
      const client = this.#client;
      if (client === undefined || this.#stopped) return;
      try {
        await this.#deps.look(this.#opened(client));
        this.#idle(client);
      } catch (error) {
        this.lastError = errorText(error);
        this.#deps.log.error({ err: error }, "looking for new letters failed; the mailbox is connected anew");
        client.close();
      }
    });
  }

  #opened(client: ImapFlow): OpenMailbox {
    const box = client.mailbox;
    return {
      uidValidity: this.#validity(client),
      uidNext: box === false ? 1 : box.uidNext,
      find: async (which) => {
        const query = which === "all" ? { all: true } : which === "unseen" ? { seen: false } : { uid: `${which.after + 1}:*` };
        const found = (await client.search(query, { uid: true })) || [];
        // `5:*` finds the last letter even when its UID is below 5 (RFC 3501 section 9, seq-range).
        return [...found].filter((uid) => typeof which === "string" || uid > which.after).sort((a, b) => a - b);
      },
    };
  }

  #validity(client: ImapFlow): string {
    return client.mailbox === false ? "" : String(client.mailbox.uidValidity);
  }

  #usable(): ImapFlow {
    if (this.#client === undefined || !this.#client.usable) throw errors.MAILBOX_OFFLINE(this.lastError ?? this.state);
    return this.#client;
  }

  #idle(client: ImapFlow): void {
    client.idle().catch((error: unknown) => this.#deps.log.debug({ error: errorText(error) }, "IDLE ended"));
  }
}
