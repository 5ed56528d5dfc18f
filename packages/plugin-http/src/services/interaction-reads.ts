import type { Page, ReadPool } from "@hotlinejs/core";
import { newestFirst, type Row } from "./newest-first.js";

export interface InteractionFilter {
  /** Epoch ms; `from` inclusive, `to` exclusive. */
  readonly from?: number;
  readonly to?: number;
  readonly queue?: string;
  readonly agent?: string;
  readonly channel?: string;
  readonly direction?: "inbound" | "outbound";
  readonly state?: "live" | "ended";
  /** Those of the same citizen's number as this interaction, itself left out. */
  readonly relatedTo?: string;
  readonly limit: number;
  readonly cursor?: string;
}

export interface InteractionView {
  readonly id: string;
  readonly channel: string;
  readonly direction: string;
  readonly state: "live" | "ended";
  readonly callerNumber: string;
  readonly calledNumber: string;
  readonly contactId: string | null;
  readonly queue: string | null;
  readonly agentId: string | null;
  readonly language: string | null;
  readonly startedAt: number;
  readonly answeredAt: number | null;
  readonly endedAt: number | null;
  readonly endReason: string | null;
  readonly wrapUpCode: string | null;
}

export interface LegView {
  readonly id: string;
  readonly adapter: string;
  readonly direction: string;
  readonly role: string;
  readonly from: string;
  readonly to: string;
  readonly startedAt: number;
  readonly ringingAt: number | null;
  readonly answeredAt: number | null;
  readonly endedAt: number | null;
  readonly endReason: string | null;
  readonly status: number | null;
  /** Of its sound, once it has ended; `null` where nothing was measured. */
  readonly quality: LegQualityView | null;
}

export interface LegQualityView {
  readonly mos: number;
  readonly roundTripMs: number | null;
  readonly received: DirectionView | null;
  readonly sent: DirectionView | null;
  /** What the party itself told of what it hears. */
  readonly reported: ReportedView | null;
}

/** VoIP metrics of the party's own reports (RFC 3611); burst: stretches in which losses cluster. */
export interface ReportedView {
  readonly mos: number | null;
  readonly rating: number | null;
  readonly lossPercent: number;
  readonly discardPercent: number;
  readonly burstDensityPercent: number;
  readonly burstMs: number;
}

/** One direction, seen from the hotline. */
export interface DirectionView {
  readonly mos: number;
  readonly lossPercent: number;
  readonly jitterMs: number;
}

export interface InteractionDetail extends InteractionView {
  readonly data: unknown;
  readonly legs: readonly LegView[];
  readonly events: readonly { readonly id: string; readonly at: number; readonly type: string; readonly data: unknown }[];
}

const COLUMNS = ["id", "channel", "direction", "caller_number", "called_number", "contact_id", "queue", "agent_id", "language", "started_at", "answered_at", "ended_at", "end_reason", "wrap_up_code"];
const LEG_COLUMNS = ["id", "interaction_id", "adapter", "direction", "role", "from_number", "to_number", "started_at", "ringing_at", "answered_at", "ended_at", "end_reason", "status", "mos", "round_trip_ms", "received_mos", "received_loss_percent", "received_jitter_ms", "sent_mos", "sent_loss_percent", "sent_jitter_ms", "reported_mos", "reported_rating", "reported_loss_percent", "reported_discard_percent", "reported_burst_density_percent", "reported_burst_ms"];
/** Most lines of a timeline that are given out. */
const EVENTS_MAX = 2000;

/** Reads core's interactions, newest first. The dialog of a leg and the node are nobody's business here. */
export class InteractionReads {
  constructor(private readonly reads: ReadPool) {}

  async list(filter: InteractionFilter): Promise<Page<InteractionView>> {
    const { items, next } = await this.#page(filter);
    return { items: items.map(interactionView), next };
  }

  /** Voice interactions with their legs. */
  async calls(filter: Omit<InteractionFilter, "channel">): Promise<Page<InteractionView & { readonly legs: readonly LegView[] }>> {
    const { items, next } = await this.#page({ ...filter, channel: "voice" });
    const legs = await this.#legs(items.map((row) => text(row.id)));
    return { items: items.map((row) => ({ ...interactionView(row), legs: legs.get(text(row.id)) ?? [] })), next };
  }

  async find(id: string): Promise<InteractionDetail | undefined> {
    const [row] = await this.reads.read((em) => em.execute<Row[]>(em.getKnex()("core_interaction").select([...COLUMNS, "data"]).where("id", id)));
    if (!row) return undefined;
    const legs = await this.#legs([id]);
    const events = await this.reads.read((em) =>
      em.execute<Row[]>(em.getKnex()("core_interaction_event").select(["id", "at", "type", "data"]).where("interaction_id", id).orderBy([{ column: "at" }, { column: "id" }]).limit(EVENTS_MAX)),
    );
    return {
      ...interactionView(row),
      data: json(row.data),
      legs: legs.get(id) ?? [],
      events: events.map((event) => ({ id: text(event.id), at: Number(event.at), type: text(event.type), data: json(event.data) })),
    };
  }

  /** The number of the citizen's end; `undefined` when there is no such interaction. */
  async citizenNumber(id: string): Promise<string | undefined> {
    const [row] = await this.reads.read((em) => em.execute<Row[]>(em.getKnex()("core_interaction").select(["direction", "caller_number", "called_number"]).where("id", id)));
    if (row === undefined) return undefined;
    return text(row.direction === "outbound" ? row.called_number : row.caller_number);
  }

  async #page(filter: InteractionFilter): Promise<{ items: Row[]; next: string | null }> {
    const citizen = filter.relatedTo === undefined ? undefined : await this.citizenNumber(filter.relatedTo);
    // A withheld number is nobody's in particular.
    if (filter.relatedTo !== undefined && (citizen === undefined || citizen === "")) return { items: [], next: null };
    return newestFirst(this.reads, { table: "core_interaction", columns: COLUMNS, time: "started_at" }, filter, (query) => {
      if (filter.from !== undefined) query.where("started_at", ">=", filter.from);
      if (filter.to !== undefined) query.where("started_at", "<", filter.to);
      if (filter.queue !== undefined) query.where("queue", filter.queue);
      if (filter.agent !== undefined) query.where("agent_id", filter.agent);
      if (filter.channel !== undefined) query.where("channel", filter.channel);
      if (filter.direction !== undefined) query.where("direction", filter.direction);
      if (filter.state === "live") query.whereNull("ended_at");
      if (filter.state === "ended") query.whereNotNull("ended_at");
      if (filter.relatedTo !== undefined && citizen !== undefined) {
        query.whereNot("id", filter.relatedTo).where((number) => {
          number.where({ direction: "inbound", caller_number: citizen }).orWhere({ direction: "outbound", called_number: citizen });
        });
      }
    });
  }

  async #legs(interactionIds: readonly string[]): Promise<Map<string, LegView[]>> {
    const found = new Map<string, LegView[]>();
    if (interactionIds.length === 0) return found;
    const rows = await this.reads.read((em) =>
      em.execute<Row[]>(em.getKnex()("core_leg").select(LEG_COLUMNS).whereIn("interaction_id", [...interactionIds]).orderBy([{ column: "started_at" }, { column: "id" }])),
    );
    for (const row of rows) {
      const id = text(row.interaction_id);
      const list = found.get(id);
      if (list) list.push(legView(row));
      else found.set(id, [legView(row)]);
    }
    return found;
  }
}

function interactionView(row: Row): InteractionView {
  return {
    id: text(row.id),
    channel: text(row.channel),
    direction: text(row.direction),
    state: row.ended_at === null ? "live" : "ended",
    callerNumber: text(row.caller_number),
    calledNumber: text(row.called_number),
    contactId: textOrNull(row.contact_id),
    queue: textOrNull(row.queue),
    agentId: textOrNull(row.agent_id),
    language: textOrNull(row.language),
    startedAt: Number(row.started_at),
    answeredAt: numberOrNull(row.answered_at),
    endedAt: numberOrNull(row.ended_at),
    endReason: textOrNull(row.end_reason),
    wrapUpCode: textOrNull(row.wrap_up_code),
  };
}

function legView(row: Row): LegView {
  return {
    id: text(row.id),
    adapter: text(row.adapter),
    direction: text(row.direction),
    role: text(row.role),
    from: text(row.from_number),
    to: text(row.to_number),
    startedAt: Number(row.started_at),
    ringingAt: numberOrNull(row.ringing_at),
    answeredAt: numberOrNull(row.answered_at),
    endedAt: numberOrNull(row.ended_at),
    endReason: textOrNull(row.end_reason),
    status: numberOrNull(row.status),
    quality: row.mos === null ? null : { mos: Number(row.mos), roundTripMs: numberOrNull(row.round_trip_ms), received: directionView(row, "received"), sent: directionView(row, "sent"), reported: reportedView(row) },
  };
}

function directionView(row: Row, which: "received" | "sent"): DirectionView | null {
  const mos = numberOrNull(row[`${which}_mos`]);
  return mos === null ? null : { mos, lossPercent: Number(row[`${which}_loss_percent`]), jitterMs: Number(row[`${which}_jitter_ms`]) };
}

function reportedView(row: Row): ReportedView | null {
  const lossPercent = numberOrNull(row.reported_loss_percent);
  if (lossPercent === null) return null;
  return {
    mos: numberOrNull(row.reported_mos),
    rating: numberOrNull(row.reported_rating),
    lossPercent,
    discardPercent: Number(row.reported_discard_percent),
    burstDensityPercent: Number(row.reported_burst_density_percent),
    burstMs: Number(row.reported_burst_ms),
  };
}

function text(value: unknown): string {
  return typeof value === "string" ? value : String(value);
}

function textOrNull(value: unknown): string | null {
  return value === null || value === undefined ? null : text(value);
}

/** PostgreSQL gives bigint as text. */
function numberOrNull(value: unknown): number | null {
  return value === null || value === undefined ? null : Number(value);
}

/** SQLite keeps JSON as text, PostgreSQL gives the value. */
function json(value: unknown): unknown {
  return typeof value === "string" ? (JSON.parse(value) as unknown) : (value ?? null);
}
