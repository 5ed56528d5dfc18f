import { seededRandom, UNIT_OF_WORK } from "@hotlinejs/core";
import { acd } from "@hotlinejs/plugin-acd";
import { tickets } from "@hotlinejs/plugin-tickets";
import { createTestHotline } from "@hotlinejs/testing";
import type { TestHotline } from "@hotlinejs/testing";
import { reports } from "../../src/index.js";

/** A Saturday afternoon in the hotline's zone. */
export const NOW = Date.parse("2026-08-15T14:32:00+08:00");
const FIRST_DAY = Date.parse("2025-06-01T00:00:00+08:00");
const DAY_MS = 86_400_000;

export interface MadeUpCall {
  readonly at: number;
  readonly channel: string;
  readonly direction: string;
  readonly queue: string | null;
  readonly agent: string | null;
  readonly ended: boolean;
}
export interface MadeUpEntry {
  readonly at: number;
  readonly queue: string;
  readonly agent: string | null;
  readonly outcome: string | null;
  readonly waitMs: number | null;
  readonly talkMs: number | null;
}
export interface MadeUpTicket {
  readonly at: number;
  readonly kind: string;
  readonly status: string;
  readonly source: string;
  readonly agent: string | null;
  readonly confidentiality: string;
  readonly department: string | null;
  readonly dueAt: number | null;
  readonly stoppedAt: number | null;
  /** Set at the due time where it was still running. */
  readonly overdueAt: number | null;
}
export interface MadeUp {
  readonly calls: readonly MadeUpCall[];
  readonly entries: readonly MadeUpEntry[];
  readonly tickets: readonly MadeUpTicket[];
}

/** Fourteen and a half months of a small hotline, the same each time; busier from month to month, with days on which nothing happened. */
export function madeUp(seed = 7): MadeUp {
  const random = seededRandom(seed);
  const bytes = new Uint8Array(4);
  const unit = (): number => {
    random(bytes);
    return new DataView(bytes.buffer).getUint32(0) / 2 ** 32;
  };
  const pick = <T>(values: readonly T[]): T => values[Math.floor(unit() * values.length)] as T;
  const calls: MadeUpCall[] = [];
  const entries: MadeUpEntry[] = [];
  const made: MadeUpTicket[] = [];
  for (let day = FIRST_DAY; day <= NOW; day += DAY_MS) {
    const month = Math.floor((day - FIRST_DAY) / (30 * DAY_MS));
    const count = unit() < 0.05 ? 0 : Math.floor(unit() * 6) + Math.floor(month / 2);
    for (let i = 0; i < count; i++) {
      // Any millisecond of the day, the first and the last too.
      const at = day + pick([0, DAY_MS - 1, Math.floor(unit() * DAY_MS), Math.floor(unit() * DAY_MS), Math.floor(unit() * DAY_MS)]);
      if (at > NOW) continue;
      const asks = unit() < 0.7;
      const queue = asks ? pick(["general", "injury"]) : null;
      const agent = asks ? pick(["1601", "1602", "987", null]) : null;
      calls.push({ at, channel: pick(["voice", "voice", "voice", "voice", "email"]), direction: pick(["inbound", "inbound", "inbound", "outbound"]), queue, agent, ended: unit() < 0.97 });
      if (queue !== null) {
        const outcome = agent === null ? pick(["abandoned", "abandoned", "timeout", "exit", "full", "cut", null]) : "answered";
        const waitMs = outcome === null ? null : pick([0, 5000, 5001, 15_000, 15_001, Math.floor(unit() * 90_000)]);
        entries.push({ at, queue, agent, outcome, waitMs, talkMs: outcome === "answered" ? Math.floor(unit() * 600_000) : null });
      }
      if (unit() < 0.6) {
        const kind = pick(["consultation", "consultation", "consultation", "help", "complaint", "report", "suggestion", "praise", "void"]);
        const dueAt = unit() < 0.2 ? null : pick([day + 17.5 * 3_600_000, day + DAY_MS - 1, day + DAY_MS]) + Math.floor(unit() * 12) * DAY_MS;
        const answeredAt = dueAt === null || unit() < 0.2 ? null : pick([at + 60_000, dueAt, dueAt + 1, dueAt + DAY_MS]);
        const stoppedAt = answeredAt !== null && answeredAt <= NOW ? answeredAt : null;
        const overdueAt = dueAt !== null && dueAt <= NOW && (stoppedAt === null || stoppedAt > dueAt) ? dueAt : null;
        made.push({ department: pick(["101", "202", null]), dueAt, stoppedAt, overdueAt, at, kind, status: pick(["received", "accepted", "closed", "void", "rejected"]), source: agent === null ? pick(["ivr", "web"]) : "agent", agent, confidentiality: kind === "report" ? pick(["confidential", "secret"]) : "normal" });
      }
    }
  }
  return { calls, entries, tickets: made };
}

/** The date and hour in Shanghai, which has had no summer time since 1991. */
export function shanghai(at: number): { readonly date: string; readonly hour: number } {
  const local = new Date(at + 8 * 3_600_000);
  return { date: local.toISOString().slice(0, 10), hour: local.getUTCHours() };
}

export async function hotlineWith(data: MadeUp, options: { readonly databaseUrl?: string; readonly reports?: Parameters<typeof reports>[0]; readonly plugins?: readonly ReturnType<typeof acd>[] } = {}): Promise<TestHotline> {
  const queues = [{ key: "general", name: "综合咨询" }, { key: "injury", name: "工伤保险" }];
  const test = await createTestHotline({ startAt: NOW, plugins: [acd({ queues }), tickets(), reports(options.reports), ...(options.plugins ?? [])], ...(options.databaseUrl === undefined ? {} : { databaseUrl: options.databaseUrl }) });
  await store(test, data);
  return test;
}

type Row = Record<string, string | number | boolean | null>;

export async function store(test: TestHotline, data: MadeUp): Promise<void> {
  let id = 0;
  const next = (): string => `made-up-${(id += 1)}`;
  const stamp = (at: number): { business_date: string; business_hour: number } => ({ business_date: shanghai(at).date, business_hour: shanghai(at).hour });
  const calls = data.calls.map((call): Row => ({ id: next(), channel: call.channel, direction: call.direction, caller_number: "13800138000", called_number: "12333", queue: call.queue, agent_id: call.agent, started_at: call.at, ended_at: call.ended ? call.at + 60_000 : null, data: "{}", node_id: "n", version: 1, ...stamp(call.at) }));
  // Each fourth with a chat beside it, which the telephone's figures must not count.
  const channels = data.entries.flatMap((entry, index) => [{ entry, channel: "voice" }, ...(index % 4 === 0 ? [{ entry, channel: "chat" }] : [])]);
  const entries = channels.map(({ entry, channel }): Row => ({ id: next(), interaction_id: "i", queue: entry.queue, channel, priority: 0, entered_at: entry.at, place_at: entry.at, offers: 1, agent: entry.agent, outcome: entry.outcome, wait_ms: entry.waitMs, talk_ms: entry.talkMs, ...stamp(entry.at) }));
  const made = data.tickets.map((ticket): Row => ({ id: next(), serial: next(), kind: ticket.kind, status: ticket.status, source: ticket.source, confidentiality: ticket.confidentiality, anonymous: false, query_code_sealed: "x", created_by: "u", agent: ticket.agent, handling_department: ticket.department, due_at: ticket.dueAt, clock_stopped_at: ticket.stoppedAt, overdue_at: ticket.overdueAt, created_at: ticket.at, updated_at: ticket.at, version: 1, ...stamp(ticket.at) }));
  for (const [table, rows] of [["core_interaction", calls], ["acd_queue_entry", entries], ["tickets_ticket", made]] as const) {
    for (let from = 0; from < rows.length; from += 400) {
      const part = rows.slice(from, from + 400);
      await test.services.get(UNIT_OF_WORK).run(async ({ em }) => void (await em.execute(em.getKnex()(table).insert(part))));
    }
  }
}

export const EVERYBODY = new Set(["reports.read", "core.interactions.read", "acd.queues.read", "tickets.statistics"]);
export const analyst = { userId: "u1", username: "1641", displayName: "徐明辉", roles: ["analyst"], permissions: EVERYBODY };
