import { errorText } from "../errors/define-errors.js";
import type { Timer } from "../contracts/time.js";
import type { EventEnvelope } from "../plugin/plugin-context.js";
import type { OutboxOptions } from "./outbox.js";

type Consume = (payload: unknown, envelope: EventEnvelope) => Promise<void>;

interface LoggedEvent {
  readonly position: number | string;
  readonly id: string;
  readonly aggregate: string | null;
  readonly name: string;
  readonly v: number;
  readonly payload: string;
  readonly at: number | string;
}

interface HeldEvent extends LoggedEvent {
  readonly attempts: number;
}

interface NewHeld {
  readonly position: number;
  readonly aggregate: string | null;
  readonly attempts: number;
  readonly retryAt: number;
  readonly error: string | null;
}

const BATCH = 50;
/** The cursor is saved at the end of a batch, and within one after so long: a crash repeats little. */
const SAVE_EVERY_MS = 200;
/** A run that does not end counts as failed after this. */
const RUN_LIMIT_MS = 60_000;
/** `retry_at` of events that wait behind a failed one of their aggregate. */
const BEHIND = 9_000_000_000_000_000;
const LONGEST_TIMER_MS = 3_600_000;

/** Wait before try n+1: 1 s, doubling, at most 10 min. */
function backoffMs(attempts: number): number {
  return Math.min(1000 * 2 ** Math.min(attempts - 1, 20), 600_000);
}

/**
 * One named consumer: walks the log in order, one event at a time. An event it fails on is set
 * aside and retried with back-off; later ones of the same aggregate are set aside behind it, all
 * others go on. Woken by commits and by its own retry timer.
 */
export class OutboxConsumer {
  readonly name: string;
  readonly #plugin: string;
  readonly #from: "end" | "beginning";
  readonly #options: OutboxOptions;
  readonly #handlers = new Map<string, Consume>();
  /** Aggregates with set-aside events. */
  readonly #held = new Map<string, number>();
  #position = 0;
  #unsaved: { position: number; held: NewHeld[] } | undefined;
  #savedAt = 0;
  #loaded = false;
  #running = false;
  #dirty = false;
  #loop: Promise<void> | undefined;
  #timer: Timer | undefined;
  #storeFailures = 0;

  constructor(name: string, plugin: string, from: "end" | "beginning", options: OutboxOptions) {
    this.name = name;
    this.#plugin = plugin;
    this.#from = from;
    this.#options = options;
  }

  /** Everything up to here is delivered or set aside. */
  get position(): number {
    return this.#position;
  }

  /** Events in the log that it has not been given yet, counted up to so many, and those set aside. */
  async backlog(most: number): Promise<{ waiting: number; held: number }> {
    const names = this.events();
    return this.#options.readPool.read(async (em) => {
      const waiting = await em.execute<{ n: number | string }[]>(`select count(*) as n from (select 1 from core_outbox where position > ? and name in (${names.map(() => "?").join(", ")}) limit ${most}) as pending`, [this.#position, ...names]);
      const held = await em.execute<{ n: number | string }[]>("select count(*) as n from core_held_event where consumer = ?", [this.name]);
      return { waiting: Number(waiting[0]?.n ?? 0), held: Number(held[0]?.n ?? 0) };
    });
  }

  /** False when the event is consumed already. */
  add(event: string, fn: Consume): boolean {
    if (this.#handlers.has(event)) return false;
    this.#handlers.set(event, fn);
    return true;
  }

  takes(event: string): boolean {
    return this.#handlers.has(event);
  }

  events(): string[] {
    return [...this.#handlers.keys()];
  }

  start(): void {
    this.#running = true;
    this.wake();
  }

  async stop(): Promise<void> {
    this.#running = false;
    this.#timer?.cancel();
    await this.#loop;
  }

  wake(): void {
    this.#dirty = true;
    if (!this.#running || this.#loop !== undefined) return;
    this.#loop = this.#options.activity.track(this.#options.unitOfWork().detached(() => this.#work()));
  }

  /** Reads where it stands; a new consumer is entered at the end of the log, or at its beginning. */
  async load(): Promise<void> {
    if (this.#loaded) return;
    const now = this.#options.clock.now();
    await this.#options.unitOfWork().run(async ({ em }) => {
      const start = this.#from === "beginning" ? "0" : "coalesce((select max(position) from core_outbox), 0)";
      await em.execute(`insert into core_consumer (name, position, updated_at) values (?, ${start}, ?) on conflict (name) do update set updated_at = excluded.updated_at`, [this.name, now], "run");
      const cursor = await em.execute<{ position: number | string }[]>("select position from core_consumer where name = ?", [this.name]);
      this.#position = Number(cursor[0]?.position ?? 0);
      const held = await em.execute<{ aggregate: string; count: number | string }[]>(
        "select aggregate, count(*) as count from core_held_event where consumer = ? and aggregate is not null group by aggregate",
        [this.name],
      );
      this.#held.clear();
      for (const row of held) this.#held.set(row.aggregate, Number(row.count));
    });
    this.#loaded = true;
  }

  async #work(): Promise<void> {
    this.#timer?.cancel();
    let next: number | undefined;
    try {
      await this.load();
      while (this.#dirty && this.#running) {
        this.#dirty = false;
        await this.#save();
        await this.#retryHeld();
        await this.#advance();
      }
      next = this.#running ? await this.#nextRetry() : undefined;
      this.#storeFailures = 0;
    } catch (error) {
      this.#storeFailures++;
      next = this.#options.clock.now() + backoffMs(this.#storeFailures);
      if (this.#running) this.#options.log.error({ err: error, consumer: this.name }, "an event consumer cannot reach its store; it will try again");
    } finally {
      this.#loop = undefined;
    }
    if (!this.#running) return;
    if (this.#dirty && this.#storeFailures === 0) this.wake();
    else if (next !== undefined) this.#timer = this.#options.clock.setTimeout(() => this.wake(), Math.min(LONGEST_TIMER_MS, Math.max(0, next - this.#options.clock.now())));
  }

  /** Delivers what the log holds behind the cursor. */
  async #advance(): Promise<void> {
    const names = this.events();
    while (this.#running) {
      const { end, rows } = await this.#options.readPool.read(async (em) => {
        const last = await em.execute<{ position: number | string | null }[]>("select max(position) as position from core_outbox");
        const end = Math.max(this.#position, Number(last[0]?.position ?? 0));
        const rows = await em.execute<LoggedEvent[]>(
          `select position, id, aggregate, name, v, payload, at from core_outbox where position > ? and position <= ? and name in (${names.map(() => "?").join(", ")}) order by position limit ${BATCH}`,
          [this.#position, end, ...names],
        );
        return { end, rows };
      });
      for (const row of rows) {
        if (!this.#running) break;
        await this.#deliverOrHold(row);
      }
      await this.#save();
      if (!this.#running || rows.length < BATCH) {
        // What lies between is not for us; this need not be stored, it is found again at once.
        if (this.#running) this.#position = end;
        return;
      }
    }
  }

  async #deliverOrHold(row: LoggedEvent): Promise<void> {
    const position = Number(row.position);
    const unsaved = (this.#unsaved ??= { position, held: [] });
    const behind = row.aggregate !== null && this.#held.has(row.aggregate);
    const failure = behind ? undefined : await this.#deliver(row);
    if (behind || failure !== undefined) {
      const retryAt = behind ? BEHIND : this.#options.clock.now() + backoffMs(1);
      unsaved.held.push({ position, aggregate: row.aggregate, attempts: behind ? 0 : 1, retryAt, error: failure?.text ?? null });
      if (row.aggregate !== null) this.#held.set(row.aggregate, (this.#held.get(row.aggregate) ?? 0) + 1);
    }
    this.#position = position;
    this.#unsaved = { position, held: unsaved.held };
    if (this.#options.clock.monotonic() - this.#savedAt >= SAVE_EVERY_MS) await this.#save();
  }

  /** Stores cursor and set-aside events as one. What could not be stored stays, and nothing is delivered before it is. */
  async #save(): Promise<void> {
    const unsaved = this.#unsaved;
    if (unsaved === undefined) return;
    const now = this.#options.clock.now();
    await this.#options.unitOfWork().run(async ({ em }) => {
      for (const held of unsaved.held) {
        await em.execute(
          "insert into core_held_event (consumer, position, aggregate, attempts, retry_at, last_error) values (?, ?, ?, ?, ?, ?)",
          [this.name, held.position, held.aggregate, held.attempts, held.retryAt, held.error],
          "run",
        );
      }
      await em.execute("update core_consumer set position = ?, updated_at = ? where name = ?", [unsaved.position, now, this.name], "run");
    });
    this.#unsaved = undefined;
    this.#savedAt = this.#options.clock.monotonic();
  }

  /** Tries the set-aside events that are due. Only heads of their aggregates ever are. */
  async #retryHeld(): Promise<void> {
    while (this.#running) {
      const due = await this.#options.readPool.read((em) =>
        em.execute<HeldEvent[]>(
          `select o.position, o.id, o.aggregate, o.name, o.v, o.payload, o.at, h.attempts from core_held_event h join core_outbox o on o.position = h.position
           where h.consumer = ? and h.retry_at <= ? and o.name in (${this.events().map(() => "?").join(", ")}) order by o.position limit ${BATCH}`,
          [this.name, this.#options.clock.now(), ...this.events()],
        ),
      );
      for (const row of due) {
        if (!this.#running) return;
        await this.#retry(row);
      }
      if (due.length === 0) return;
    }
  }

  async #retry(row: HeldEvent): Promise<void> {
    const position = Number(row.position);
    const failure = await this.#deliver(row);
    const now = this.#options.clock.now();
    await this.#options.unitOfWork().run(async ({ em }) => {
      if (failure !== undefined) {
        const attempts = Number(row.attempts) + 1;
        await em.execute("update core_held_event set attempts = ?, retry_at = ?, last_error = ? where consumer = ? and position = ?", [attempts, now + backoffMs(attempts), failure.text, this.name, position], "run");
        return;
      }
      await em.execute("delete from core_held_event where consumer = ? and position = ?", [this.name, position], "run");
      if (row.aggregate === null) return;
      await em.execute(
        "update core_held_event set retry_at = ? where consumer = ? and position = (select min(position) from core_held_event where consumer = ? and aggregate = ?)",
        [now, this.name, this.name, row.aggregate],
        "run",
      );
    });
    if (failure !== undefined || row.aggregate === null) return;
    const left = (this.#held.get(row.aggregate) ?? 1) - 1;
    if (left > 0) this.#held.set(row.aggregate, left);
    else this.#held.delete(row.aggregate);
  }

  async #nextRetry(): Promise<number | undefined> {
    const rows = await this.#options.readPool.read((em) =>
      em.execute<{ at: number | string | null }[]>(
        `select min(h.retry_at) as at from core_held_event h join core_outbox o on o.position = h.position where h.consumer = ? and o.name in (${this.events().map(() => "?").join(", ")})`,
        [this.name, ...this.events()],
      ),
    );
    const at = rows[0]?.at;
    return at === null || at === undefined ? undefined : Number(at);
  }

  async #deliver(row: LoggedEvent): Promise<{ text: string } | undefined> {
    const fn = this.#handlers.get(row.name);
    if (fn === undefined) return undefined;
    let timer: Timer | undefined;
    try {
      const payload: unknown = JSON.parse(row.payload);
      const envelope = { id: row.id, name: row.name, v: Number(row.v), at: Number(row.at), payload } as EventEnvelope;
      const limit = new Promise<never>((_resolve, reject) => {
        timer = this.#options.clock.setTimeout(() => reject(new Error(`did not end within ${RUN_LIMIT_MS} ms`)), RUN_LIMIT_MS);
      });
      await Promise.race([fn(payload, envelope), limit]);
      return undefined;
    } catch (error) {
      this.#options.reportFailure(this.#plugin, row.name, error);
      return { text: errorText(error).slice(0, 1000) };
    } finally {
      timer?.cancel();
    }
  }
}
