import type { Clock, Logger, ReadPool, Timer, UnitOfWork } from "@hotlinejs/core";
import type { Destination } from "../stack/index.js";
import type { Binding } from "./binding.js";
import { RegistrationEntity } from "./registration.entity.js";
import type { RegistrationRow } from "./registration.entity.js";

/** Changes wait this long, so that a thousand phones that refresh together cost one transaction. */
const DELAY_MS = 50;
/** Wait before a failed write is tried again. */
const RETRY_MS = 5_000;

/**
 * Keeps the bindings on disk, behind the registrar: answering a phone never waits for the database.
 * A lost write costs nothing but a phone that must register again.
 */
export class RegistrationStore {
  readonly #unitOfWork: UnitOfWork;
  readonly #reads: ReadPool;
  readonly #clock: Clock;
  readonly #log: Logger;
  /** By binding id; `null` deletes. The newest state wins. */
  #pending = new Map<string, Binding | null>();
  #timer: Timer | undefined;
  #writing: Promise<void> | undefined;

  constructor(deps: { unitOfWork: UnitOfWork; reads: ReadPool; clock: Clock; log: Logger }) {
    this.#unitOfWork = deps.unitOfWork;
    this.#reads = deps.reads;
    this.#clock = deps.clock;
    this.#log = deps.log;
  }

  /** What the last process left. Phones on a connection are left out (and deleted): it died with the process, and they will notice. */
  async load(): Promise<Binding[]> {
    const rows = await this.#reads.read((em) => em.find(RegistrationEntity, {}, { disableIdentityMap: true }));
    const bindings: Binding[] = [];
    for (const row of rows) {
      const binding = toBinding(row);
      if (binding.destination.kind === "udp") bindings.push(binding);
      else this.remove(row.id);
    }
    return bindings;
  }

  save(binding: Binding): void {
    this.#note(binding.id, binding);
  }

  remove(id: string): void {
    this.#note(id, null);
  }

  /** Writes what waits; gives up (and says so) when the database does not take it. */
  async flush(): Promise<void> {
    this.#disarm();
    await this.#writing;
    if (this.#pending.size > 0) await this.#write();
    this.#disarm();
  }

  #disarm(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #note(id: string, binding: Binding | null): void {
    this.#pending.set(id, binding);
    this.#schedule(DELAY_MS);
  }

  #schedule(ms: number): void {
    if (this.#timer !== undefined || this.#writing !== undefined) return;
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = undefined;
      void this.#write();
    }, ms);
  }

  #write(): Promise<void> {
    const changes = this.#pending;
    this.#pending = new Map();
    this.#writing = this.#commit(changes).then(
      () => {
        this.#writing = undefined;
        if (this.#pending.size > 0) this.#schedule(DELAY_MS);
      },
      (error: unknown) => {
        this.#writing = undefined;
        // Newer changes of the same binding stay on top.
        this.#pending = new Map([...changes, ...this.#pending]);
        this.#log.warn({ err: error, changes: changes.size }, "registrations could not be stored; calls go on, the write is tried again");
        this.#schedule(RETRY_MS);
      },
    );
    return this.#writing;
  }

  async #commit(changes: ReadonlyMap<string, Binding | null>): Promise<void> {
    const gone = [...changes].filter(([, b]) => b === null).map(([id]) => id);
    const rows = [...changes.values()].filter((b) => b !== null).map((b) => toRow(b, this.#clock.now()));
    await this.#unitOfWork.run(async ({ em }) => {
      if (gone.length > 0) await em.nativeDelete(RegistrationEntity, { id: { $in: gone } });
      if (rows.length > 0) await em.upsertMany(RegistrationEntity, rows);
    });
  }
}

function toRow(binding: Binding, now: number): RegistrationRow {
  const { flow: _gone, ...destination } = binding.destination;
  return {
    id: binding.id,
    account: binding.account,
    contact: binding.contact,
    callId: binding.callId,
    cseq: binding.cseq,
    q: Math.round(binding.q * 1000),
    expiresAt: binding.expiresAt,
    destination: JSON.stringify(destination),
    path: JSON.stringify(binding.path),
    userAgent: binding.userAgent ?? null,
    instance: binding.instance ?? null,
    updatedAt: now,
  } as RegistrationRow;
}

function toBinding(row: RegistrationRow): Binding {
  const destination = JSON.parse(row.destination) as Destination;
  return {
    id: row.id,
    account: row.account,
    contact: row.contact,
    callId: row.callId,
    cseq: row.cseq,
    q: row.q / 1000,
    expiresAt: row.expiresAt,
    destination,
    path: JSON.parse(row.path) as string[],
    ...(row.userAgent === null || row.userAgent === undefined ? {} : { userAgent: row.userAgent }),
    ...(row.instance === null || row.instance === undefined ? {} : { instance: row.instance }),
  };
}
