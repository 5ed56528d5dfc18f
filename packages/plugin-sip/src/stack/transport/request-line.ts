import type { MessageSource } from "./types.js";

/** For so long at a time requests are served before what else has come is read, ms. */
const SLICE_MS = 2;
/** A request that has waited for so long is thrown away: its sender repeats it by then (T1, RFC 3261 section 17). */
const STALE_MS = 500;
/** Requests that may wait of known sources, and of unknown ones. */
const MAX_WAITING = 4_000;

/** First letters of messages that wait for nothing: responses, and requests of calls there are. A request that comes by such a name without a call is refused in no time. */
const AHEAD = ["SIP/", "ACK ", "BYE ", "PRAC", "UPDA", "INFO", "NOTI", "REFE"].map((start) => Buffer.from(start));

interface Waiting {
  readonly bytes: Buffer;
  readonly source: MessageSource;
  readonly since: number;
}

export interface RequestLineOptions {
  serve(bytes: Buffer, source: MessageSource): void;
  /** Whether requests of this address come before those of others. */
  known(address: string): boolean;
  /** A request of this address was thrown away. */
  unread(address: string): void;
  /** Real time in ms. */
  now(): number;
  /** Runs once what has come by now is read. */
  afterReading(run: () => void): void;
}

/**
 * Where requests wait that come in datagrams faster than they can be served. They are read at once, so that the system's own queue stays
 * short and what belongs to calls is not held up behind new ones; how long each has waited is known; one that is repeated meanwhile
 * waits once. Unknown sources are served when no known one waits. At rest nothing waits.
 */
export class RequestLine {
  readonly #options: RequestLineOptions;
  readonly #known = new Map<string, Waiting>();
  readonly #unknown = new Map<string, Waiting>();
  #spent = 0;
  #turning = false;
  #inHand: number | undefined;
  /** Repetitions of requests that waited, since the start. */
  repeated = 0;
  /** Requests thrown away unread, since the start. */
  unread = 0;

  constructor(options: RequestLineOptions) {
    this.#options = options;
  }

  /** How long the request that is being served has waited here, or the oldest of a known source that waits; ms. */
  get waitedMs(): number {
    if (this.#inHand !== undefined) return this.#inHand;
    const oldest = this.#known.values().next();
    return oldest.done === true ? 0 : this.#options.now() - oldest.value.since;
  }

  /** A datagram was read. */
  take(bytes: Buffer, source: MessageSource): void {
    if (goesAhead(bytes)) {
      this.#options.serve(bytes, source);
      return;
    }
    if (!this.#turning) {
      this.#turning = true;
      this.#spent = 0;
      this.#options.afterReading(this.#turn);
    }
    const known = this.#options.known(source.address);
    if (this.#known.size === 0 && (known || this.#unknown.size === 0) && this.#spent < SLICE_MS) {
      this.#serve({ bytes, source, since: this.#options.now() });
      return;
    }
    const line = known ? this.#known : this.#unknown;
    const key = `${source.address} ${source.port} ${bytes.toString("latin1")}`;
    if (line.has(key)) this.repeated++;
    else if (line.size >= MAX_WAITING) this.#unread(source);
    else line.set(key, { bytes, source, since: this.#options.now() });
  }

  /** Forgets what waits. */
  clear(): void {
    this.#known.clear();
    this.#unknown.clear();
  }

  readonly #turn = (): void => {
    this.#spent = 0;
    this.#work(this.#known);
    this.#work(this.#unknown);
    this.#spent = 0;
    this.#turning = this.#known.size > 0 || this.#unknown.size > 0;
    if (this.#turning) this.#options.afterReading(this.#turn);
  };

  #work(line: Map<string, Waiting>): void {
    const stale = this.#options.now() - STALE_MS;
    for (const [key, each] of line) {
      if (each.since < stale) {
        line.delete(key);
        this.#unread(each.source);
        continue;
      }
      if (this.#spent >= SLICE_MS) return;
      line.delete(key);
      this.#serve(each);
    }
  }

  #unread(source: MessageSource): void {
    this.unread++;
    this.#options.unread(source.address);
  }

  #serve({ bytes, source, since }: Waiting): void {
    const { now, serve } = this.#options;
    const begun = now();
    this.#inHand = begun - since;
    try {
      serve(bytes, source);
    } finally {
      this.#inHand = undefined;
      this.#spent += now() - begun;
    }
  }
}

function goesAhead(bytes: Buffer): boolean {
  const first = bytes[0];
  // Keep-alives, and what is no SIP message.
  if (bytes.length < 20 || first === undefined || first < 0x41) return true;
  return AHEAD.some((start) => bytes.compare(start, 0, 4, 0, 4) === 0);
}
