import type { Knex, SqlEntityManager } from "@mikro-orm/knex";
import type { CallJournal, LegRole, LiveInteraction } from "../contracts/call.js";
import type { LegQuality } from "../contracts/media-quality.js";
import type { Interactions, NewInteractionRecord, OpenInteraction } from "../contracts/interaction.js";
import type { BusinessCalendar, Clock, Ids, Timer } from "../contracts/time.js";
import type { UnitOfWork } from "../contracts/data.js";
import type { EventMap } from "../events/event-map.js";
import type { Logger } from "../log/logger.js";
import { storable, storableJson } from "../db/storable-text.js";

/** Longest wait of a change before it is written; what arrives meanwhile goes along in one transaction. */
const GROUP_COMMIT_MS = 20;
/** Wait before a failed write (full disk, lost database) is tried again. */
const RETRY_MS = 1_000;
/** Rows of one statement: SQLite takes 32 766 parameters. */
const ROWS = 500;
/** Longest number kept: they are indexed, and an entry of an index of PostgreSQL has at most 2704 octets. */
const MOST_NUMBER = 400;

type Row = Record<string, string | number | null>;

const TABLES = {
  core_interaction: ["id", "channel", "direction", "caller_number", "called_number", "contact_id", "queue", "agent_id", "language", "started_at", "answered_at", "ended_at", "end_reason", "wrap_up_code", "data", "business_date", "business_hour", "via_kind", "via_key", "node_id", "version"],
  core_leg: ["id", "interaction_id", "adapter", "direction", "role", "from_number", "to_number", "started_at", "ringing_at", "answered_at", "ended_at", "end_reason", "status", "dialog", "node_id", "mos", "round_trip_ms", "received_mos", "received_loss_percent", "received_jitter_ms", "sent_mos", "sent_loss_percent", "sent_jitter_ms", "reported_mos", "reported_rating", "reported_loss_percent", "reported_discard_percent", "reported_burst_density_percent", "reported_burst_ms"],
  core_bridge_membership: ["id", "interaction_id", "bridge_id", "leg_id", "role", "joined_at", "left_at"],
  core_interaction_event: ["id", "interaction_id", "at", "type", "data"],
} as const;

type Table = keyof typeof TABLES;

interface Amendment {
  readonly interactionId: string;
  readonly patch: Row;
}

export interface NewInteraction {
  /** When it was known before (intent before act). */
  readonly id?: string;
  readonly channel: string;
  readonly direction: "inbound" | "outbound";
  readonly callerNumber: string;
  readonly calledNumber: string;
  readonly via?: { readonly kind: string; readonly key: string };
  readonly language?: string;
}

export interface NewLeg {
  readonly id: string;
  readonly interactionId: string;
  readonly adapter: string;
  readonly direction: "inbound" | "outbound";
  readonly role: LegRole;
  readonly from: string;
  readonly to: string;
}

/**
 * The record of interactions, legs, bridges and their timeline. Signalling never waits for it:
 * changes are kept as rows in memory and written together at most 20 ms later; a write that fails
 * is repeated until it succeeds, so nothing is lost while the process lives.
 */
export class InteractionJournal implements CallJournal {
  readonly #clock: Clock;
  readonly #ids: Ids;
  readonly #unitOfWork: UnitOfWork;
  readonly #log: Logger;
  readonly #nodeId: string;
  readonly #calendar: () => BusinessCalendar;

  /** Live rows by table and id; a closed row is let go once written. */
  readonly #rows: Record<Table, Map<string, Row>> = { core_interaction: new Map(), core_leg: new Map(), core_bridge_membership: new Map(), core_interaction_event: new Map() };
  #dirty: Record<Table, Set<string>> = emptyDirty();
  readonly #live = new Map<string, LiveInteraction>();
  #closing: { interactionId: string; reason: string; at: number }[] = [];
  /** Changes of rows that are not in memory. */
  #amended: Amendment[] = [];
  #timer: Timer | undefined;
  #flushing: Promise<void> | undefined;
  /** The last write failed. */
  #failing = false;
  #closed = false;
  #orphans = new Map<string, { legId: string; dialog: unknown }[]>();

  constructor(deps: { clock: Clock; ids: Ids; unitOfWork: UnitOfWork; log: Logger; nodeId: string; calendar: () => BusinessCalendar }) {
    this.#clock = deps.clock;
    this.#ids = deps.ids;
    this.#unitOfWork = deps.unitOfWork;
    this.#log = deps.log;
    this.#nodeId = deps.nodeId;
    this.#calendar = deps.calendar;
  }

  open(input: NewInteraction): LiveInteraction {
    const now = this.#clock.now();
    const calendar = this.#calendar();
    const id = input.id ?? this.#ids.next();
    const row: Row = {
      id,
      channel: input.channel,
      direction: input.direction,
      caller_number: input.callerNumber.slice(0, MOST_NUMBER),
      called_number: input.calledNumber.slice(0, MOST_NUMBER),
      contact_id: null,
      queue: null,
      agent_id: null,
      language: input.language ?? null,
      started_at: now,
      answered_at: null,
      ended_at: null,
      end_reason: null,
      wrap_up_code: null,
      data: "{}",
      business_date: calendar.dateOf(now),
      business_hour: calendar.hourOf(now),
      via_kind: input.via?.kind ?? null,
      via_key: input.via?.key ?? null,
      node_id: this.#nodeId,
      version: 1,
    };
    this.#put("core_interaction", row);
    const data: Record<string, unknown> = {};
    const touch = (patch: Row): void => {
      makeStorable(patch);
      Object.assign(row, patch);
      row.version = Number(row.version) + 1;
      // Also after the end: the row may have been let go.
      this.#rows.core_interaction.set(id, row);
      this.#changed("core_interaction", id);
    };
    const live: LiveInteraction = {
      id,
      channel: input.channel,
      startedAt: now,
      callerNumber: input.callerNumber,
      calledNumber: input.calledNumber,
      data,
      note: (patch) => {
        Object.assign(data, patch);
        touch({ data: storableJson(data) });
      },
      update: (patch) => touch(columnsOf(patch)),
      event: (type, details) => this.event(id, type, details),
    };
    this.#live.set(id, live);
    return live;
  }

  /** Interactions of other plugins, which are no calls. */
  interactions(events: { publish(name: "interaction.started", payload: EventMap["interaction.started"]): void; publish(name: "interaction.answered", payload: EventMap["interaction.answered"]): void }): Interactions {
    return {
      open: (record) => this.#openRecord(record, events),
      live: (id) => this.#live.get(id),
      past: (id) => this.#live.get(id) ?? { id, update: (patch) => this.#amend(id, columnsOf(patch)), event: (type, details) => this.event(id, type, details) },
    };
  }

  #amend(interactionId: string, patch: Row): void {
    if (Object.keys(patch).length === 0) return;
    if (this.#closed) {
      this.#log.warn({ interactionId }, "a change to the record of an interaction came after the hotline's end and was dropped");
      return;
    }
    makeStorable(patch);
    const row = this.#rows.core_interaction.get(interactionId);
    if (row !== undefined) {
      // Not written yet.
      Object.assign(row, patch);
      return this.#changed("core_interaction", interactionId);
    }
    this.#amended.push({ interactionId, patch });
    this.#schedule(GROUP_COMMIT_MS);
  }

  #openRecord({ from, to, language = "zh-CN", ...rest }: NewInteractionRecord, events: Parameters<InteractionJournal["interactions"]>[0]): OpenInteraction {
    const live = this.open({ ...rest, callerNumber: from, calledNumber: to, language });
    events.publish("interaction.started", { interactionId: live.id, channel: live.channel, callerNumber: from, calledNumber: to });
    let answered = false;
    return Object.assign(live, {
      answered: () => {
        if (answered || !this.#live.has(live.id)) return;
        answered = true;
        const at = this.#clock.now();
        this.answered(live.id, at);
        events.publish("interaction.answered", { interactionId: live.id, at });
      },
      close: (reason: string) => {
        if (this.#live.has(live.id)) this.close(live.id, reason);
      },
    });
  }

  answered(interactionId: string, at: number): void {
    this.#patch("core_interaction", interactionId, { answered_at: at });
  }

  /**
   * Ends the interaction; `interaction.ended` is published with the rows.
   *
   * @param at when it ended, where what had to be finished first took its time
   */
  close(interactionId: string, reason: string, at = this.#clock.now()): void {
    this.#live.delete(interactionId);
    this.#patch("core_interaction", interactionId, { ended_at: at, end_reason: reason });
    this.#closing.push({ interactionId, reason, at });
  }

  leg(leg: NewLeg): void {
    this.#put("core_leg", { id: leg.id, interaction_id: leg.interactionId, adapter: leg.adapter, direction: leg.direction, role: leg.role, from_number: leg.from, to_number: leg.to, started_at: this.#clock.now(), ringing_at: null, answered_at: null, ended_at: null, end_reason: null, status: null, dialog: null, node_id: this.#nodeId });
  }

  /** The leg belongs to another interaction from now on (an attended transfer). */
  moveLeg(legId: string, interactionId: string): void {
    this.#patch("core_leg", legId, { interaction_id: interactionId });
  }

  legState(legId: string, patch: { ringingAt?: number; answeredAt?: number; endedAt?: number; endReason?: string; status?: number }): void {
    const changed: Row = {};
    if (patch.ringingAt !== undefined) changed.ringing_at = patch.ringingAt;
    if (patch.answeredAt !== undefined) changed.answered_at = patch.answeredAt;
    if (patch.endedAt !== undefined) Object.assign(changed, { ended_at: patch.endedAt, dialog: null });
    if (patch.endReason !== undefined) changed.end_reason = patch.endReason;
    if (patch.status !== undefined) changed.status = patch.status;
    this.#patch("core_leg", legId, changed);
  }

  /** Writes the quality of a leg's sound into its row, also after its end. Must be asked for while the leg lives. */
  qualityNote(legId: string): (quality: LegQuality) => void {
    const row = this.#rows.core_leg.get(legId);
    return ({ mos, roundTripMs, received, sent, reported }) => {
      if (row === undefined) return;
      Object.assign(row, {
        mos,
        round_trip_ms: roundTripMs ?? null,
        received_mos: received?.mos ?? null,
        received_loss_percent: received?.lossPercent ?? null,
        received_jitter_ms: received?.jitterMs ?? null,
        sent_mos: sent?.mos ?? null,
        sent_loss_percent: sent?.lossPercent ?? null,
        sent_jitter_ms: sent?.jitterMs ?? null,
        reported_mos: reported?.mosCq ?? reported?.mosLq ?? null,
        reported_rating: reported?.rating ?? null,
        reported_loss_percent: reported?.lossPercent ?? null,
        reported_discard_percent: reported?.discardPercent ?? null,
        reported_burst_density_percent: reported?.burstDensityPercent ?? null,
        reported_burst_ms: reported?.burstMs ?? null,
      } satisfies Row);
      // The media ends after the signalling: the row may have been let go.
      this.#rows.core_leg.set(legId, row);
      this.#changed("core_leg", legId);
    };
  }

  dialog(legId: string, dialog: unknown): void {
    const row = this.#rows.core_leg.get(legId);
    if (row !== undefined && row.ended_at === null) this.#patch("core_leg", legId, { dialog: dialog === null ? null : storableJson(dialog) });
  }

  /** Returns the membership's id. */
  joined(interactionId: string, bridgeId: string, legId: string, role: string): string {
    const id = this.#ids.next();
    this.#put("core_bridge_membership", { id, interaction_id: interactionId, bridge_id: bridgeId, leg_id: legId, role, joined_at: this.#clock.now(), left_at: null });
    return id;
  }

  left(membershipId: string): void {
    this.#patch("core_bridge_membership", membershipId, { left_at: this.#clock.now() });
  }

  event(interactionId: string, type: string, data: Readonly<Record<string, unknown>> = {}): void {
    this.#put("core_interaction_event", { id: this.#ids.next(), interaction_id: interactionId, at: this.#clock.now(), type, data: storableJson(data) });
  }

  orphans(adapter: string): readonly { readonly legId: string; readonly dialog: unknown }[] {
    const found = this.#orphans.get(adapter) ?? [];
    this.#orphans.delete(adapter);
    return found;
  }

  /**
   * After a crash: closes what the last process left open with `process_restart` and keeps the
   * dialogs of its legs for the adapters, which send a BYE. Once, before anything is served.
   */
  async recover(): Promise<{ interactions: number; legs: number }> {
    return this.#unitOfWork.run(async (uow) => {
      const knex = uow.em.getKnex();
      const now = this.#clock.now();
      const open = (await uow.em.execute(knex("core_interaction").select("id").whereNull("ended_at"))) as { id: string }[];
      const legs = (await uow.em.execute(knex("core_leg").select("id", "adapter", "dialog").whereNull("ended_at"))) as { id: string; adapter: string; dialog: unknown }[];
      for (const leg of legs) {
        if (leg.dialog === null || leg.dialog === undefined) continue;
        const list = this.#orphans.get(leg.adapter) ?? [];
        list.push({ legId: leg.id, dialog: typeof leg.dialog === "string" ? (JSON.parse(leg.dialog) as unknown) : leg.dialog });
        this.#orphans.set(leg.adapter, list);
      }
      await uow.em.execute(knex("core_leg").update({ ended_at: now, end_reason: "process_restart", dialog: null }).whereNull("ended_at"));
      await uow.em.execute(knex("core_bridge_membership").update({ left_at: now }).whereNull("left_at"));
      await uow.em.execute(knex("core_interaction").update({ ended_at: now, end_reason: "process_restart" }).whereNull("ended_at"));
      for (const { id } of open) uow.publish("interaction.ended", { interactionId: id, reason: "process_restart", at: now }, { aggregate: id });
      return { interactions: open.length, legs: legs.length };
    });
  }

  /**
   * Writes everything that is not written yet. Resolves when it is on disk; keeps trying, at most until the signal: a stop must
   * end although the disk is full. What is lost then the next start closes with `process_restart`.
   */
  async flush(signal?: AbortSignal): Promise<void> {
    while (this.#flushing !== undefined || this.#pending()) {
      this.#unschedule();
      if (this.#flushing === undefined) this.#write();
      await this.#flushing;
      if (!this.#failing) continue;
      this.#unschedule();
      if (signal?.aborted === true) {
        const rows = (Object.keys(TABLES) as Table[]).reduce((sum, table) => sum + this.#dirty[table].size, 0);
        this.#log.error({ rows }, "the interaction journal could not be written before the end; its last rows are lost");
        return;
      }
      await this.#pause(RETRY_MS, signal);
    }
  }

  /**
   * The last word: writes what is left (tried once) and takes nothing more. A change that comes later is logged and dropped: with the
   * database closed it could only be tried for ever.
   */
  async end(): Promise<void> {
    await this.flush(AbortSignal.abort());
    this.#closed = true;
    this.#unschedule();
  }

  #unschedule(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        timer.cancel();
        signal?.removeEventListener("abort", done);
        resolve();
      };
      const timer = this.#clock.setTimeout(done, ms);
      signal?.addEventListener("abort", done, { once: true });
    });
  }

  #put(table: Table, row: Row): void {
    makeStorable(row);
    this.#rows[table].set(String(row.id), row);
    this.#changed(table, String(row.id));
  }

  #patch(table: Table, id: string, patch: Row): void {
    const row = this.#rows[table].get(id);
    if (row === undefined) {
      this.#log.warn({ table, id }, "a change to a journal row that is already closed was dropped");
      return;
    }
    makeStorable(patch);
    Object.assign(row, patch);
    this.#changed(table, id);
  }

  #changed(table: Table, id: string): void {
    if (this.#closed) {
      this.#log.warn({ table, id }, "a change to a journal row came after the hotline's end and was dropped; the next start closes the row");
      return;
    }
    this.#dirty[table].add(id);
    this.#schedule(GROUP_COMMIT_MS);
  }

  /** Changes that are not written yet. */
  get backlog(): number {
    return this.#closing.length + this.#amended.length + (Object.keys(TABLES) as Table[]).reduce((sum, table) => sum + this.#dirty[table].size, 0);
  }

  #pending(): boolean {
    return this.#closing.length > 0 || this.#amended.length > 0 || (Object.keys(TABLES) as Table[]).some((table) => this.#dirty[table].size > 0);
  }

  #schedule(ms: number): void {
    if (this.#closed || this.#timer !== undefined || this.#flushing !== undefined) return;
    this.#timer = this.#clock.setTimeout(() => {
      this.#timer = undefined;
      this.#write();
    }, ms);
  }

  #write(): void {
    const dirty = this.#dirty;
    const closing = this.#closing;
    const amended = this.#amended;
    this.#dirty = emptyDirty();
    this.#closing = [];
    this.#amended = [];
    this.#flushing = this.#commit(dirty, closing, amended).then(
      () => {
        this.#flushing = undefined;
        this.#failing = false;
        this.#forget(dirty);
        if (this.#pending()) this.#schedule(GROUP_COMMIT_MS);
      },
      (error: unknown) => {
        this.#flushing = undefined;
        this.#failing = true;
        for (const table of Object.keys(TABLES) as Table[]) for (const id of dirty[table]) this.#dirty[table].add(id);
        this.#closing = [...closing, ...this.#closing];
        this.#amended = [...amended, ...this.#amended];
        this.#log.error({ err: error }, "the interaction journal could not be written and is tried again");
        this.#schedule(RETRY_MS);
      },
    );
  }

  async #commit(dirty: Record<Table, Set<string>>, closing: readonly { interactionId: string; reason: string; at: number }[], amended: readonly Amendment[]): Promise<void> {
    // Rows are copied now: they may change while the transaction waits for its turn.
    const batches = (Object.keys(TABLES) as Table[]).map((table) => ({ table, rows: [...dirty[table]].map((id) => ({ ...this.#rows[table].get(id) }) as Row) }));
    await this.#unitOfWork.run(async (uow) => {
      for (const { table, rows } of batches) for (let i = 0; i < rows.length; i += ROWS) await upsert(uow.em, table, rows.slice(i, i + ROWS));
      const knex = uow.em.getKnex();
      for (const { interactionId, patch } of amended) await uow.em.execute(knex("core_interaction").update({ ...patch, version: knex.raw("version + 1") }).where({ id: interactionId }));
      for (const each of closing) uow.publish("interaction.ended", each, { aggregate: each.interactionId });
    });
  }

  /** Lets go of rows that are finished and written. */
  #forget(written: Record<Table, Set<string>>): void {
    for (const id of written.core_interaction_event) if (!this.#dirty.core_interaction_event.has(id)) this.#rows.core_interaction_event.delete(id);
    const closed: readonly (readonly [Table, string])[] = [
      ["core_interaction", "ended_at"],
      ["core_leg", "ended_at"],
      ["core_bridge_membership", "left_at"],
    ];
    for (const [table, column] of closed) {
      for (const id of written[table]) {
        const row = this.#rows[table].get(id);
        if (row !== undefined && row[column] !== null && !this.#dirty[table].has(id)) this.#rows[table].delete(id);
      }
    }
  }
}

function emptyDirty(): Record<Table, Set<string>> {
  return { core_interaction: new Set(), core_leg: new Set(), core_bridge_membership: new Set(), core_interaction_event: new Set() };
}

/** The columns of a record that others may set. */
function columnsOf(patch: Parameters<LiveInteraction["update"]>[0]): Row {
  const changed: Row = {};
  if (patch.queue !== undefined) changed.queue = patch.queue;
  if (patch.agentId !== undefined) changed.agent_id = patch.agentId;
  if (patch.contactId !== undefined) changed.contact_id = patch.contactId;
  if (patch.language !== undefined) changed.language = patch.language;
  if (patch.wrapUpCode !== undefined) changed.wrap_up_code = patch.wrapUpCode;
  return changed;
}

/** A row that can never be written would keep the rows of all other calls from being written too. */
function makeStorable(row: Row): void {
  for (const column in row) {
    const value = row[column];
    if (typeof value === "string") row[column] = storable(value);
  }
}

/** What of a table's statement does not depend on the rows. */
const UPSERTS = Object.fromEntries(
  Object.entries(TABLES).map(([table, columns]) => {
    const update = columns.filter((column) => column !== "id").map((column) => `${column} = excluded.${column}`).join(", ");
    return [table, { head: `insert into ${table} (${columns.join(", ")}) values `, row: `(${columns.map(() => "?").join(", ")})`, tail: ` on conflict (id) do update set ${update}` }];
  }),
) as Record<Table, { readonly head: string; readonly row: string; readonly tail: string }>;

async function upsert(em: SqlEntityManager, table: Table, rows: readonly Row[]): Promise<void> {
  if (rows.length === 0) return;
  const { head, row, tail } = UPSERTS[table];
  const values: (string | number | null)[] = [];
  for (const each of rows) for (const column of TABLES[table]) values.push(each[column] ?? null);
  const statement = em.getKnex().raw(head + rows.map(() => row).join(", ") + tail, values);
  // Through knex: em.execute would write the values into the text, which SQLite then has to read again.
  const transaction = em.getTransactionContext<Knex.Transaction>();
  await (transaction === undefined ? statement : statement.transacting(transaction));
}
