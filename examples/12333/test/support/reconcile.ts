import { join } from "node:path";
import { SqliteHandle } from "@hotlinejs/core/storage";
import type { ReportResult } from "@hotlinejs/plugin-reports/contract";
import type { BusyHour } from "./busy-hour.js";

type Row = Record<string, string | number | null>;
type Sums = Record<string, number>;

const QUARTER_MS = 900_000;
/** A busy machine may begin to record late, and end a leg that nobody needs any more. */
const LATE_MS = 1_500;
/** Columns of acd_queue_interval by what an entry adds to them, written apart from the product. */
const OUTCOME_COLUMNS: Readonly<Record<string, string>> = { answered: "answered", abandoned: "abandoned", timeout: "timeouts", exit: "exits", moved: "moved", cut: "cut", process_restart: "cut", diverted: "diverted", full: "refused", "no-agents": "refused", closed: "refused" };
const SPANS = { available: "available_ms", reserved: "reserved_ms", busy: "busy_ms", occupied: "occupied_ms", "wrap-up": "wrap_up_ms", held: "held_ms", "not-ready": "not_ready_ms", unreachable: "unreachable_ms" } as const;

export interface Reconciliation {
  /** Everything that does not agree; empty is right. */
  readonly mismatches: readonly string[];
  /** What was counted, for the record. */
  readonly figures: Readonly<Record<string, number>>;
}

/**
 * Holds what the peers saw, the call records, the queue's entries, the timelines, the durable events, the quarter hours, the
 * recordings and the reports against each other, to the call. Ends the hotline, so that nothing is still on its way.
 *
 * @param queue settings the figures are counted by
 */
export async function reconcile(hour: BusyHour, queue: { readonly serviceLevelSeconds: number; readonly shortAbandonSeconds: number }): Promise<Reconciliation> {
  const { example, callers } = hour;
  await example.eventually<{ items: readonly unknown[] }>("/api/interactions?state=live", ({ items }) => items.length === 0, 60_000);
  // Whoever still has after-call work, or is left alone after a missed call, comes back.
  await example.eventually<{ items: readonly { state: string }[] }>("/api/agents", ({ items }) => items.every(({ state }) => state === "available"), 60_000);
  await example.eventually<{ items: readonly { state: string }[] }>("/api/recordings?limit=200", ({ items }) => items.length === callers.length && items.every(({ state }) => state === "compressed"), 120_000);
  const live = await readLive(hour);
  await example.kill("SIGTERM");
  const db = await SqliteHandle.observe(join(example.dataDir, "hotline.db"));
  try {
    const all = (sql: string): Promise<Row[]> => db.all(sql) as Promise<Row[]>;
    const stored = {
      interactions: await all("select * from core_interaction"),
      legs: await all("select * from core_leg order by started_at, id"),
      bridges: await all("select * from core_bridge_membership"),
      timeline: await all("select * from core_interaction_event order by at, id"),
      entries: await all("select * from acd_queue_entry order by entered_at, id"),
      queueIntervals: await all("select * from acd_queue_interval"),
      agentIntervals: await all("select * from acd_agent_interval"),
      states: await all("select * from acd_agent_state_log order by at, id"),
      outbox: await all("select * from core_outbox order by position"),
      recordings: await all("select * from recording_recording"),
    };
    const check = new Check();
    checkCallers(check, hour, stored.interactions, stored.legs);
    checkRings(check, hour, stored.interactions, stored.legs, stored.entries);
    checkEntries(check, stored.interactions, stored.entries, stored.timeline, stored.outbox, queue);
    checkBridges(check, stored.legs, stored.bridges, stored.entries);
    checkQueueIntervals(check, stored.entries, stored.states, stored.queueIntervals, queue);
    checkAgentIntervals(check, hour, stored.entries, stored.states, stored.agentIntervals);
    checkRecordings(check, stored.interactions, stored.legs, stored.recordings, stored.outbox);
    checkReports(check, live, stored.interactions, stored.entries, queue);
    checkLive(check, live, stored.entries);
    // That something took longer than it may tells of the machine.
    const complaints = example.stderr.split("\n").filter((line) => line !== "" && !line.includes("HTL_CORE_HOOK_TIMEOUT"));
    if (complaints.length > 0) check.wrong(`the hotline complained: ${complaints.join("\n").slice(0, 2_000)}`);
    const outcomes = Object.fromEntries([...tally(stored.entries, (entry) => String(entry.outcome))].map(([outcome, count]) => [outcome, count]));
    return { mismatches: check.found, figures: { calls: stored.interactions.length, entries: stored.entries.length, ...outcomes, rings: hour.rings.length, recordings: stored.recordings.length, checks: check.made } };
  } finally {
    await db.close();
  }
}

class Check {
  readonly found: string[] = [];
  made = 0;

  wrong(what: string): void {
    this.found.push(what);
  }

  same(what: string, is: unknown, should: unknown): void {
    this.made += 1;
    if (JSON.stringify(is) !== JSON.stringify(should)) this.found.push(`${what}: ${JSON.stringify(is)}, should be ${JSON.stringify(should)}`);
  }

  that(what: string, holds: boolean): void {
    this.made += 1;
    if (!holds) this.found.push(what);
  }
}

interface Live {
  readonly volume: ReportResult;
  readonly daily: ReportResult;
  readonly agents: ReportResult;
  readonly figures: { readonly total: Sums; readonly intervals: readonly Sums[] };
  readonly queues: readonly { readonly key: string; readonly waiting: number; readonly ringing: number; readonly today: Sums }[];
  readonly sameDay: boolean;
}

async function readLive({ example, from }: BusyHour): Promise<Live> {
  const date = (at: number): string => new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai" }).format(at);
  const now = Date.now();
  const days = `from=${date(from)}&to=${date(now)}`;
  return {
    volume: await example.get(`/api/reports/volume?period=day&${days}`),
    daily: await example.get(`/api/reports/daily?${days}`),
    agents: await example.get(`/api/reports/agents?period=day&${days}`),
    figures: await example.get(`/api/queues/figures?from=${from - QUARTER_MS}&to=${now + QUARTER_MS}`),
    queues: (await example.get<{ items: Live["queues"] }>("/api/queues")).items,
    sameDay: date(from) === date(now),
  };
}

/** One record per caller, ended as the caller saw it end. */
function checkCallers(check: Check, { callers, ends, from, to }: BusyHour, interactions: readonly Row[], legs: readonly Row[]): void {
  check.same("interactions", interactions.length, callers.length);
  for (const { number } of callers) {
    const mine = interactions.filter((each) => each.caller_number === number);
    check.same(`records of caller ${number}`, mine.length, 1);
    const [record] = mine;
    if (record === undefined) continue;
    check.that(`${number}: the times are in order`, inOrder(from, record.started_at, record.answered_at, record.ended_at, to + 60_000));
    const citizens = legs.filter((leg) => leg.interaction_id === record.id && leg.role === "citizen");
    check.same(`${number}: citizen's legs`, citizens.length, 1);
    // Both may have hung up at once; then each saw its own.
    const seen = ends.get(number);
    check.that(`${number}: the caller saw the end by ${String(seen)}, the record says ${String(record.end_reason)}`, seen === "hotline" ? record.end_reason === "hangup" : seen === "caller" && ["remote-hangup", "hangup"].includes(String(record.end_reason)));
    check.same(`${number}: reason of leg and record`, citizens[0]?.end_reason, record.end_reason);
    check.that(`${number}: the record ${String(record.started_at)} to ${String(record.ended_at)} is as long as the call ${String(citizens[0]?.started_at)} to ${String(citizens[0]?.ended_at)}`, Math.abs(Number(record.ended_at) - Number(citizens[0]?.ended_at)) < 200);
    const after = legs.filter((leg) => leg.interaction_id === record.id && Number(leg.ended_at) > Number(record.ended_at) + LATE_MS);
    check.same(`${number}: legs that outlive the record`, after.length, 0);
  }
}

/** Each ring of a phone is one leg and one offer, in the same order and with the same end. */
function checkRings(check: Check, { rings, callers }: BusyHour, interactions: readonly Row[], legs: readonly Row[], entries: readonly Row[]): void {
  check.same("agents' legs", legs.filter((leg) => leg.role === "agent").length, rings.length);
  check.same("offers of all entries", entries.reduce((sum, entry) => sum + Number(entry.offers), 0), rings.length);
  for (const { number } of callers) {
    const record = interactions.find((each) => each.caller_number === number);
    const heard = rings.filter((ring) => ring.caller === number).map((ring) => `${ring.agent}${ring.answered ? " answered" : ""}`);
    const written = legs.filter((leg) => leg.interaction_id === record?.id && leg.role === "agent").map((leg) => `${String(leg.to_number).replace("sip:", "")}${leg.answered_at === null ? "" : " answered"}`);
    check.same(`${number}: rings of the phones and legs`, written, heard);
    const offers = entries.filter((entry) => entry.interaction_id === record?.id).reduce((sum, entry) => sum + Number(entry.offers), 0);
    check.same(`${number}: offers`, offers, heard.length);
    const answered = rings.filter((ring) => ring.caller === number && ring.answered && ring.end === "unknown");
    check.same(`${number}: talks without an end at the phone`, answered.length, 0);
  }
}

function checkEntries(check: Check, interactions: readonly Row[], entries: readonly Row[], timeline: readonly Row[], outbox: readonly Row[], queue: { readonly serviceLevelSeconds: number }): void {
  const events = outbox.map((row) => ({ name: String(row.name), aggregate: row.aggregate, payload: JSON.parse(String(row.payload)) as Record<string, unknown> }));
  check.same("interaction.ended events", events.filter(({ name }) => name === "interaction.ended").length, interactions.length);
  check.same("answered, abandoned and left events", events.filter(({ name }) => ["acd.answered", "acd.abandoned", "acd.left"].includes(name)).length, entries.length);
  for (const record of interactions) {
    const who = String(record.caller_number);
    const mine = entries.filter((entry) => entry.interaction_id === record.id);
    const told = events.filter(({ payload }) => payload.interactionId === record.id);
    check.same(`${who}: end told`, told.filter(({ name }) => name === "interaction.ended").map(({ payload }) => [payload.reason, payload.at]), [[record.end_reason, record.ended_at]]);
    const lines = timeline.filter((line) => line.interaction_id === record.id);
    const line = (type: string): Record<string, unknown>[] => lines.filter((each) => each.type === type).map((each) => JSON.parse(String(each.data)) as Record<string, unknown>);
    check.same(`${who}: offers on the timeline`, line("queue.offered").length, mine.reduce((sum, entry) => sum + Number(entry.offers), 0));
    // An entry that was refused was never in; one for each queue the caller was moved into.
    check.same(`${who}: stays on the timeline`, line("queue.entered").length, mine.filter((entry) => !["full", "no-agents", "closed", "diverted"].includes(String(entry.outcome)) || Number(entry.wait_ms) > 0).length);
    check.same(`${who}: queue of the record`, record.queue, mine.at(-1)?.queue ?? null);
    check.same(`${who}: agent of the record`, record.agent_id, mine.find((entry) => entry.outcome === "answered")?.agent ?? null);
    for (const entry of mine) {
      const { outcome, queue: key, wait_ms: waitMs } = entry;
      const what = `${who} in ${String(key)} (${String(outcome)})`;
      check.that(`${what}: ends within the call`, inOrder(record.started_at, entry.entered_at, entry.left_at, entry.ended_at, Number(record.ended_at) + 1_000));
      check.same(`${what}: wait`, waitMs, Number(entry.left_at) - Number(entry.entered_at));
      const answered = outcome === "answered";
      const left = told.filter(({ name, payload }) => payload.queue === key && (answered ? name === "acd.answered" : outcome === "abandoned" ? name === "acd.abandoned" : name === "acd.left" && payload.outcome === outcome));
      check.same(`${what}: told`, left.map(({ payload }) => [payload.agent ?? null, payload.waitMs, payload.at]), [[entry.agent, waitMs, entry.left_at]]);
      check.same(`${what}: in time`, entry.in_time, answered ? Number(Number(waitMs) <= queue.serviceLevelSeconds * 1_000) : null);
      if (!answered) {
        check.same(`${what}: talk`, [entry.agent, entry.talk_ms, entry.answered_at], [null, null, null]);
        check.same(`${what}: left on the timeline`, outcome === "moved" ? line("queue.moved").filter((each) => each.queue === key).length : line("queue.left").filter((each) => each.queue === key && each.outcome === outcome && each.waitMs === waitMs).length, 1);
        continue;
      }
      check.same(`${what}: talk`, entry.talk_ms, Number(entry.ended_at) - Number(entry.answered_at));
      const ended = told.filter(({ name }) => name === "acd.ended");
      check.same(`${what}: end of the talk told`, ended.map(({ payload }) => [payload.agent, payload.talkMs, payload.at]), [[entry.agent, entry.talk_ms, entry.ended_at]]);
      check.same(`${what}: answered on the timeline`, line("queue.answered").map((each) => [each.agent, each.waitMs]), [[entry.agent, waitMs]]);
      check.same(`${what}: ended on the timeline`, line("queue.ended").map((each) => [each.agent, each.talkMs]), [[entry.agent, entry.talk_ms]]);
    }
  }
}

/** Each talk is one bridge of the caller's leg and one agent's, and no leg is in two at a time. */
function checkBridges(check: Check, legs: readonly Row[], bridges: readonly Row[], entries: readonly Row[]): void {
  const agents = new Map(legs.filter((leg) => leg.role === "agent").map((leg) => [leg.id, leg]));
  const joined = bridges.filter((member) => agents.has(member.leg_id));
  check.same("agents' legs that were joined", joined.length, entries.filter((entry) => entry.outcome === "answered").length);
  check.that("every bridge has an end", bridges.every((member) => member.left_at !== null));
  for (const leg of legs) {
    const spans = bridges.filter((member) => member.leg_id === leg.id).sort((a, b) => Number(a.joined_at) - Number(b.joined_at));
    spans.slice(1).forEach((span, index) => check.that(`leg ${String(leg.id)} is in two bridges at once`, Number(spans[index]?.left_at) <= Number(span.joined_at)));
  }
  // An agent has one leg at a time.
  const byAgent = new Map<string, Row[]>();
  for (const leg of agents.values()) byAgent.set(String(leg.to_number), [...(byAgent.get(String(leg.to_number)) ?? []), leg]);
  for (const [agent, own] of byAgent) own.slice(1).forEach((leg, index) => check.that(`${agent} has two calls at once`, Number(own[index]?.ended_at) <= Number(leg.started_at)));
}

function checkQueueIntervals(check: Check, entries: readonly Row[], states: readonly Row[], intervals: readonly Row[], { serviceLevelSeconds, shortAbandonSeconds }: { readonly serviceLevelSeconds: number; readonly shortAbandonSeconds: number }): void {
  const sums = new Map<string, Sums>();
  const of = (entry: Row): Sums => {
    const key = `${String(entry.queue)}|${String(entry.channel)}|${quarter(Number(entry.entered_at))}`;
    const known = sums.get(key) ?? {};
    sums.set(key, known);
    return known;
  };
  const add = (into: Sums, column: string, value: number): number => (into[column] = (into[column] ?? 0) + value);
  for (const entry of entries) {
    const into = of(entry);
    const wait = Number(entry.wait_ms);
    const inTime = wait <= serviceLevelSeconds * 1_000 ? 1 : 0;
    add(into, "offered", 1);
    add(into, OUTCOME_COLUMNS[String(entry.outcome)] ?? "unknown", 1);
    into.longest_wait_ms = Math.max(into.longest_wait_ms ?? 0, wait);
    if (entry.outcome === "abandoned") {
      add(into, "abandoned_in_time", inTime);
      add(into, "abandoned_short", wait <= shortAbandonSeconds * 1_000 ? 1 : 0);
      add(into, "abandoned_wait_ms", wait);
    }
    if (entry.outcome !== "answered") continue;
    add(into, "answered_in_time", inTime);
    add(into, "wait_ms", wait);
    add(into, "handled", 1);
    add(into, "talk_ms", Number(entry.talk_ms));
    add(into, "expected", 1);
    add(into, "expected_error_ms", Math.abs(Number(entry.expected_wait_ms) - wait));
    // After-call work of the agent begins with the end of the talk.
    const wrapUp = states.find((row) => row.agent === entry.agent && row.previous === "wrap-up" && Number(row.at) - Number(row.previous_ms) === entry.ended_at);
    add(into, "wrap_up_ms", Number(wrapUp?.previous_ms ?? 0));
  }
  check.same("quarter hours of queues", intervals.map((row) => String(row.id)).sort(), [...sums.keys()].sort());
  for (const row of intervals) {
    const should = sums.get(String(row.id)) ?? {};
    for (const column of Object.keys(row)) {
      if (["id", "queue", "channel", "starts_at", "business_date", "business_hour"].includes(column)) continue;
      check.same(`${String(row.id)} ${column}`, row[column], should[column] ?? 0);
    }
    const settled = ["answered", "abandoned", "timeouts", "refused", "diverted", "exits", "moved", "cut"].reduce((sum, column) => sum + Number(row[column]), 0);
    check.same(`${String(row.id)}: who was offered has left`, settled, row.offered);
  }
}

function checkAgentIntervals(check: Check, { agents, rings }: BusyHour, entries: readonly Row[], states: readonly Row[], intervals: readonly Row[]): void {
  for (const agent of agents) {
    const mine = intervals.filter((row) => row.agent === agent);
    const total = (column: string): number => mine.reduce((sum, row) => sum + Number(row[column]), 0);
    const log = states.filter((row) => row.agent === agent);
    const talks = entries.filter((entry) => entry.agent === agent);
    check.same(`${agent}: handled`, total("handled"), talks.length);
    check.same(`${agent}: time talking`, total("busy_ms"), talks.reduce((sum, entry) => sum + Number(entry.talk_ms), 0));
    check.same(`${agent}: phones answered at least as often as talks came of it`, rings.filter((ring) => ring.agent === agent && ring.answered).length >= talks.length, true);
    log.slice(1).forEach((row, index) => check.same(`${agent}: state before`, [row.previous, Number(row.previous_ms)], [log[index]?.state, Number(row.at) - Number(log[index]?.at)]));
    for (const [state, column] of Object.entries(SPANS)) {
      const logged = log.filter((row) => row.previous === state).reduce((sum, row) => sum + Number(row.previous_ms), 0);
      // The state that lasts is booked up to the stop, which has no line of its own.
      if (log.at(-1)?.state === state) check.that(`${agent}: ${column} of at least the log's ${logged}: ${total(column)}`, total(column) >= logged);
      else check.same(`${agent}: ${column}`, total(column), logged);
    }
    for (const row of mine) check.that(`${agent}: no quarter of an hour is longer than one`, Object.values(SPANS).reduce((sum, column) => sum + Number(row[column]), 0) <= QUARTER_MS);
  }
}

/** One recording per call, from the answer to the hang-up. */
function checkRecordings(check: Check, interactions: readonly Row[], legs: readonly Row[], recordings: readonly Row[], outbox: readonly Row[]): void {
  check.same("recordings", recordings.length, interactions.length);
  for (const record of interactions) {
    const who = String(record.caller_number);
    const mine = recordings.filter((each) => each.interaction_id === record.id);
    check.same(`${who}: recordings`, mine.map(({ kind, state, error }) => [kind, state, error]), [["call", "compressed", null]]);
    const citizen = legs.find((leg) => leg.interaction_id === record.id && leg.role === "citizen");
    const length = Number(citizen?.ended_at) - Number(citizen?.answered_at);
    check.that(`${who}: recorded ${String(mine[0]?.duration_ms)} of ${length} ms`, Math.abs(Number(mine[0]?.duration_ms) - length) < LATE_MS);
    const told = outbox.filter((row) => String(row.name).startsWith("recording.") && String(row.payload).includes(String(mine[0]?.id)));
    check.same(`${who}: told of the recording`, told.map((row) => row.name), ["recording.captured", "recording.compressed"]);
  }
}

function checkReports(check: Check, live: Live, interactions: readonly Row[], entries: readonly Row[], { serviceLevelSeconds, shortAbandonSeconds }: { readonly serviceLevelSeconds: number; readonly shortAbandonSeconds: number }): void {
  const answered = entries.filter((entry) => entry.outcome === "answered");
  const abandoned = entries.filter((entry) => entry.outcome === "abandoned");
  const short = abandoned.filter((entry) => Number(entry.wait_ms) <= shortAbandonSeconds * 1_000).length;
  const average = (column: string): number | null => (answered.length === 0 ? null : Math.round(answered.reduce((sum, entry) => sum + Number(entry[column]), 0) / answered.length / 1_000));
  const asked = new Set(entries.map((entry) => entry.interaction_id));
  const should: Record<string, number | null> = {
    calls: interactions.length,
    selfService: interactions.filter((record) => !asked.has(record.id)).length,
    requested: entries.length,
    answered: answered.length,
    abandoned: abandoned.length,
    shortAbandoned: short,
    averageWait: average("wait_ms"),
    averageTalk: average("talk_ms"),
    answerRate: entries.length - short === 0 ? null : Math.round((1_000 * answered.length) / (entries.length - short)) / 10,
    answerInTimeRate: answered.length === 0 ? null : Math.round((1_000 * answered.filter((entry) => Number(entry.wait_ms) <= serviceLevelSeconds * 1_000).length) / answered.length) / 10,
  };
  for (const report of [live.volume, live.daily]) {
    const total = report.rows.find((row) => row.kind === "total") ?? report.rows.at(-1);
    report.columns.forEach(({ id }, index) => {
      if (id in should) check.same(`report ${report.id}, ${id}`, total?.cells[index]?.value, should[id]);
      // The rows add up to the total, where they are counts.
      const counts = ["calls", "selfService", "requested", "answered", "abandoned", "shortAbandoned"].includes(id);
      if (counts) check.same(`report ${report.id}, rows of ${id}`, report.rows.filter((row) => row.kind === "row").reduce((sum, row) => sum + Number(row.cells[index]?.value ?? 0), 0), should[id]);
    });
  }
  const taken = live.agents.columns.findIndex(({ id }) => id === "taken");
  const byAgent = new Map<string, number>();
  for (const row of live.agents.rows) {
    const agent = row.labels.at(-1) ?? "";
    if (row.kind === "row" && /^\d+$/.test(agent)) byAgent.set(agent, (byAgent.get(agent) ?? 0) + Number(row.cells[taken]?.value ?? 0));
  }
  for (const [agent, count] of tally(answered, (entry) => String(entry.agent))) check.same(`report agents, ${agent}`, byAgent.get(agent), count);
  check.same("report agents, all", [...byAgent.values()].reduce((sum, count) => sum + count, 0), answered.length);
}

/** What screens show, kept in memory, is what is stored. */
function checkLive(check: Check, { figures, queues, sameDay }: Live, entries: readonly Row[]): void {
  check.same("figures: offered", figures.total.offered, entries.length);
  check.same("figures: answered", figures.total.answered, entries.filter((entry) => entry.outcome === "answered").length);
  check.same("figures: abandoned", figures.total.abandoned, entries.filter((entry) => entry.outcome === "abandoned").length);
  for (const { key, waiting, ringing, today } of queues) {
    const mine = entries.filter((entry) => entry.queue === key);
    check.same(`${key}: waiting and ringing`, [waiting, ringing], [0, 0]);
    if (!sameDay) continue;
    check.same(`${key}: today's offered, answered, abandoned, otherwise`, [today.offered, today.answered, today.abandoned, today.otherwise], [mine.length, ...["answered", "abandoned"].map((outcome) => mine.filter((entry) => entry.outcome === outcome).length), mine.filter((entry) => !["answered", "abandoned"].includes(String(entry.outcome))).length]);
    check.same(`${key}: today's longest wait`, today.longestWaitMs, Math.max(0, ...mine.map((entry) => Number(entry.wait_ms))));
  }
}

function quarter(at: number): number {
  return Math.floor(at / QUARTER_MS) * QUARTER_MS;
}

function inOrder(...times: readonly (string | number | null | undefined)[]): boolean {
  return times.every((time) => typeof time === "number") && times.slice(1).every((time, index) => Number(times[index]) <= Number(time));
}

function tally<T>(items: readonly T[], key: (item: T) => string): Map<string, number> {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(key(item), (counts.get(key(item)) ?? 0) + 1);
  return counts;
}
