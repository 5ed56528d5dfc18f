import { canonicalName } from "../grammar/header-names.js";

/** What the framer needs to be told and tells. */
export interface FramerHandler {
  /** One whole message. */
  message(bytes: Buffer): void;
  /** A keep-alive ping (double CRLF, RFC 5626 section 4.4.1): answer with one CRLF. */
  ping(): void;
  /** A keep-alive pong: one CRLF between messages. */
  pong?(): void;
  /** The stream cannot be followed any further. `head` holds what there is of the message. */
  failed(head: Buffer, status: number): void;
}

export interface FramerLimits {
  readonly maxHeadBytes: number;
  readonly maxBodyBytes: number;
}

const HEAD_END = Buffer.from("\r\n\r\n");

/** Cuts a byte stream into messages by Content-Length (RFC 3261 section 18.3), within bounds. */
export class StreamFramer {
  readonly #limits: FramerLimits;
  readonly #handler: FramerHandler;
  #chunks: Buffer[] = [];
  #size = 0;
  #head: Buffer = Buffer.alloc(0);
  /** Whole length of the message under way, once its head is known. */
  #wanted = 0;
  #headLength = 0;
  #dead = false;

  constructor(limits: FramerLimits, handler: FramerHandler) {
    this.#limits = limits;
    this.#handler = handler;
  }

  /** Whether a message is begun but not complete. */
  get partial(): boolean {
    return this.#size > 0;
  }

  push(chunk: Buffer): void {
    if (this.#dead || chunk.length === 0) return;
    if (this.#wanted > 0) {
      // The body is collected in pieces and joined once.
      this.#chunks.push(chunk);
      this.#size += chunk.length;
      if (this.#size < this.#wanted) return;
      this.#head = Buffer.concat(this.#chunks);
      this.#chunks = [];
    } else {
      this.#head = this.#head.length === 0 ? chunk : Buffer.concat([this.#head, chunk]);
      this.#size = this.#head.length;
    }
    this.#drain();
  }

  #drain(): void {
    while (!this.#dead) {
      if (this.#wanted === 0) {
        this.#skipKeepAlive();
        const end = this.#head.indexOf(HEAD_END);
        if (end < 0) {
          if (this.#head.length > this.#limits.maxHeadBytes) this.#fail(513);
          return;
        }
        if (end > this.#limits.maxHeadBytes) return this.#fail(513);
        const length = contentLength(this.#head.toString("latin1", 0, end));
        if (length === undefined) return this.#fail(400);
        if (length > this.#limits.maxBodyBytes) return this.#fail(513);
        this.#headLength = end + 4;
        this.#wanted = this.#headLength + length;
      }
      if (this.#size < this.#wanted) {
        this.#chunks = [this.#head];
        return;
      }
      const message = this.#head.subarray(0, this.#wanted);
      this.#head = this.#head.subarray(this.#wanted);
      this.#size = this.#head.length;
      this.#wanted = 0;
      this.#handler.message(message);
      if (this.#size === 0) return;
    }
  }

  #skipKeepAlive(): void {
    let at = 0;
    const head = this.#head;
    while (head[at] === 0x0d && head[at + 1] === 0x0a) {
      if (head[at + 2] === 0x0d && head[at + 3] === 0x0a) {
        this.#handler.ping();
        at += 4;
      } else {
        this.#handler.pong?.();
        at += 2;
      }
    }
    if (at > 0) {
      this.#head = head.subarray(at);
      this.#size = this.#head.length;
    }
  }

  #fail(status: number): void {
    this.#dead = true;
    const head = this.#head.subarray(0, this.#limits.maxHeadBytes);
    this.#head = Buffer.alloc(0);
    this.#chunks = [];
    this.#size = 0;
    this.#handler.failed(head, status);
  }
}

/** The Content-Length of a head: `undefined` when missing, malformed or contradictory. */
function contentLength(head: string): number | undefined {
  let found: number | undefined;
  for (let at = head.indexOf("\r\n"); at >= 0; at = head.indexOf("\r\n", at + 2)) {
    const code = head.charCodeAt(at + 2) | 0x20;
    if (code !== 0x63 && code !== 0x6c) continue;
    const next = head.indexOf("\r\n", at + 2);
    const line = head.slice(at + 2, next < 0 ? head.length : next);
    const colon = line.indexOf(":");
    if (colon < 0 || canonicalName(line.slice(0, colon).trim()) !== "content-length") continue;
    const text = line.slice(colon + 1).trim();
    if (!/^\d{1,9}$/.test(text)) return undefined;
    const value = Number(text);
    if (found !== undefined && found !== value) return undefined;
    found = value;
  }
  return found;
}
