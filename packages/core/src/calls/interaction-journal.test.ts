import { expect, it } from "vitest";
import { memoryLog, onBothDatabases, type TestLayer } from "../../test/data-layers.js";
import { defineEvent } from "../events/event-map.js";
import { createSilentLogger } from "../log/pino-logger.js";
import { createBusinessCalendar } from "../time/business-calendar.js";
import { UuidIds } from "../time/uuid-ids.js";
import { roundTheClock } from "../config/hotline-options.js";
import { InteractionJournal } from "./interaction-journal.js";

const definitions = [defineEvent("interaction.ended", { durable: true }), defineEvent("job.failed", { durable: true })];
const calendar = createBusinessCalendar(roundTheClock, "Asia/Shanghai");

function journalOn({ layer, clock }: TestLayer, nodeId = "node-1"): InteractionJournal {
  return new InteractionJournal({ clock, ids: new UuidIds(clock), unitOfWork: layer.unitOfWork, log: createSilentLogger(), nodeId, calendar: () => calendar });
}
const rows = <T>({ layer }: TestLayer, sql: string): Promise<T[]> => layer.readPool.read((em) => em.execute<T[]>(sql));
const voice = { channel: "voice", direction: "inbound", callerNumber: "13800138000", calledNumber: "12333", via: { kind: "trunk", key: "demo" } } as const;

onBothDatabases("interaction journal", (freshData) => {
  it("writes what happens within 20 ms as one group, and the whole story of a call in the end", async () => {
    const data = await freshData();
    const test = data.layer({ eventDefinitions: () => definitions });
    await test.layer.open([], []);
    await test.layer.start();
    const ended: string[] = [];
    test.layer.events.forPlugin("test").handle("interaction.ended", ({ reason }) => void ended.push(reason));
    const journal = journalOn(test);
    const interaction = journal.open(voice);
    journal.leg({ id: "leg-1", interactionId: interaction.id, adapter: "sip", direction: "inbound", role: "citizen", from: "13800138000", to: "12333" });
    interaction.note({ screen: "a" });
    interaction.note({ step: 2 });
    interaction.update({ queue: "general", agentId: "1001" });
    interaction.event("queue.entered", { queue: "general" });
    await test.advance(19);
    expect(await rows(test, "select * from core_interaction")).toEqual([]);
    await test.advance(2);
    const [live] = await rows<{ data: unknown; queue: string; version: number; ended_at: number | null; business_date: string; business_hour: number }>(test, "select * from core_interaction");
    expect(live).toMatchObject({ queue: "general", ended_at: null, business_date: calendar.dateOf(test.clock.now()), business_hour: calendar.hourOf(test.clock.now()) });
    expect(typeof live?.data === "string" ? JSON.parse(live.data) : live?.data).toEqual({ screen: "a", step: 2 });

    const membership = journal.joined(interaction.id, "bridge-1", "leg-1", "talk");
    await test.advance(1_000);
    journal.left(membership);
    journal.legState("leg-1", { answeredAt: test.clock.now(), endedAt: test.clock.now(), endReason: "remote-hangup", status: 200 });
    journal.close(interaction.id, "remote-hangup");
    await journal.flush();
    await test.advance(0);
    expect(await rows(test, "select end_reason from core_interaction")).toEqual([{ end_reason: "remote-hangup" }]);
    expect(await rows(test, "select end_reason, status, dialog from core_leg")).toEqual([{ end_reason: "remote-hangup", status: 200, dialog: null }]);
    expect(await rows(test, "select type from core_interaction_event")).toEqual([{ type: "queue.entered" }]);
    const [member] = await rows<{ joined_at: number; left_at: number }>(test, "select joined_at, left_at from core_bridge_membership");
    expect(Number(member?.left_at) - Number(member?.joined_at)).toBe(1_000);
    expect(ended).toEqual(["remote-hangup"]);
    await test.layer.close();
  });

  it("writes the quality of a leg's sound also when its row was let go", async () => {
    const data = await freshData();
    const test = data.layer({ eventDefinitions: () => definitions });
    await test.layer.open([], []);
    await test.layer.start();
    const journal = journalOn(test);
    const interaction = journal.open(voice);
    const leg = { interactionId: interaction.id, adapter: "sip", direction: "inbound", role: "citizen", from: "13800138000", to: "12333" } as const;
    const stream = { packets: 500, lost: 5, discarded: 0, lossPercent: 1, burstRatio: 1, jitterMs: 2.25, maxJitterMs: 7, rating: 89.5, mos: 4.33 };
    for (const id of ["leg-1", "leg-2"]) journal.leg({ id, ...leg });
    const notes = ["leg-1", "leg-2"].map((id) => journal.qualityNote(id));
    for (const id of ["leg-1", "leg-2"]) journal.legState(id, { endedAt: test.clock.now(), endReason: "remote-hangup" });
    journal.close(interaction.id, "remote-hangup");
    await journal.flush();
    notes[0]?.({ mos: 4.1, roundTripMs: 38.5, received: stream, sent: { ...stream, mos: 4.1, lossPercent: 2.5 }, reported: { lossPercent: 2.34, discardPercent: 1.17, burstDensityPercent: 25, gapDensityPercent: 0.5, burstMs: 480, gapMs: 9_500, endSystemMs: 80, rating: 84, mosLq: 4.1, mosCq: 4 } });
    await journal.flush();
    const found = await rows(test, "select end_reason, mos, round_trip_ms, received_mos, received_loss_percent, received_jitter_ms, sent_mos, sent_loss_percent, reported_mos, reported_rating, reported_loss_percent, reported_discard_percent, reported_burst_density_percent, reported_burst_ms from core_leg order by id");
    expect(found).toEqual([
      { end_reason: "remote-hangup", mos: 4.1, round_trip_ms: 38.5, received_mos: 4.33, received_loss_percent: 1, received_jitter_ms: 2.25, sent_mos: 4.1, sent_loss_percent: 2.5, reported_mos: 4, reported_rating: 84, reported_loss_percent: 2.34, reported_discard_percent: 1.17, reported_burst_density_percent: 25, reported_burst_ms: 480 },
      { end_reason: "remote-hangup", mos: null, round_trip_ms: null, received_mos: null, received_loss_percent: null, received_jitter_ms: null, sent_mos: null, sent_loss_percent: null, reported_mos: null, reported_rating: null, reported_loss_percent: null, reported_discard_percent: null, reported_burst_density_percent: null, reported_burst_ms: null },
    ]);
    await test.layer.close();
  });

  it("writes what no database takes as text without it, and holds nothing else up", async () => {
    const data = await freshData();
    const test = data.layer({ eventDefinitions: () => definitions });
    await test.layer.open([], []);
    await test.layer.start();
    const journal = journalOn(test);
    // Random digits do not compress: too long for an entry of the index.
    const endless = Array.from({ length: 9_000 }, () => Math.floor(Math.random() * 10)).join("");
    const bad = journal.open({ ...voice, callerNumber: endless, calledNumber: "12\u0000333" });
    bad.note({ name: "a\0b", cut: "\u{1F4DE}".slice(0, 1) });
    bad.event("sip.seen", { subject: "\0\u{1F4DE}" });
    journal.leg({ id: "leg-1", interactionId: bad.id, adapter: "sip", direction: "inbound", role: "citizen", from: "\0", to: "12333" });
    journal.dialog("leg-1", { remote: "\0sip" });
    const good = journal.open(voice);
    journal.close(good.id, "remote-hangup");
    await test.advance(1_000);
    const found = await rows<{ id: string; called_number: string; end_reason: string | null }>(test, "select id, called_number, end_reason from core_interaction order by id");
    expect(found).toEqual([
      { id: bad.id, called_number: "12333", end_reason: null },
      { id: good.id, called_number: "12333", end_reason: "remote-hangup" },
    ]);
    await journal.flush();
    await test.layer.close();
  });

  it("keeps what could not be written and writes it when the database takes it again", async () => {
    const data = await freshData();
    const test = data.layer({ eventDefinitions: () => definitions });
    await test.layer.open([], []);
    await test.layer.start();
    let broken = true;
    const unitOfWork = { current: undefined, run: <T>(fn: Parameters<typeof test.layer.unitOfWork.run>[0]) => (broken ? Promise.reject(new Error("disk full")) : test.layer.unitOfWork.run(fn)) as Promise<T> };
    const journal = new InteractionJournal({ clock: test.clock, ids: new UuidIds(test.clock), unitOfWork, log: createSilentLogger(), nodeId: "n", calendar: () => calendar });
    const first = journal.open(voice);
    await test.advance(500);
    journal.open(voice);
    journal.close(first.id, "hangup");
    await test.advance(2_000);
    expect(await rows(test, "select id from core_interaction")).toEqual([]);
    broken = false;
    await test.advance(1_100);
    const written = await rows<{ end_reason: string | null }>(test, "select end_reason from core_interaction order by started_at");
    expect(written).toEqual([{ end_reason: "hangup" }, { end_reason: null }]);
    await test.layer.close();
  });

  it("a flush tries once a second and gives up at its deadline: a stop ends although the disk is full", async () => {
    const data = await freshData();
    const test = data.layer({ eventDefinitions: () => definitions });
    await test.layer.open([], []);
    await test.layer.start();
    let tries = 0;
    const unitOfWork = { current: undefined, run: <T>() => (tries++, Promise.reject(new Error("disk full"))) as Promise<T> };
    const { log, lines } = memoryLog();
    const journal = new InteractionJournal({ clock: test.clock, ids: new UuidIds(test.clock), unitOfWork, log, nodeId: "n", calendar: () => calendar });
    journal.open(voice);
    const deadline = new AbortController();
    let ended = false;
    const flushed = journal.flush(deadline.signal).then(() => (ended = true));
    await test.advance(10_000);
    expect(ended).toBe(false);
    expect(tries).toBeLessThanOrEqual(12);
    deadline.abort();
    await flushed;
    expect(lines.at(-1)).toMatchObject({ level: "error", fields: { rows: 1 } });
    const before = tries;
    await test.advance(10_000);
    expect(tries).toBe(before);
    await test.layer.close();
  });

  it("writes at its end what is left, and takes nothing more: no timer of it outlives the hotline", async () => {
    const data = await freshData();
    const test = data.layer({ eventDefinitions: () => definitions });
    await test.layer.open([], []);
    await test.layer.start();
    const journal = journalOn(test);
    const interaction = journal.open(voice);
    journal.leg({ id: "leg-1", interactionId: interaction.id, adapter: "sip", direction: "inbound", role: "citizen", from: "13800138000", to: "12333" });
    await journal.end();
    expect(await rows(test, "select id from core_leg")).toEqual([{ id: "leg-1" }]);
    const timers = test.clock.pending;
    journal.legState("leg-1", { endedAt: test.clock.now(), endReason: "shutdown" });
    expect(test.clock.pending).toBe(timers);
    expect(await rows(test, "select ended_at from core_leg")).toEqual([{ ended_at: null }]);
    await test.layer.close();
  });

  it("closes what a dead process left open, hands its dialogs out once, and tells the end of each interaction", async () => {
    const data = await freshData();
    const before = data.layer({ eventDefinitions: () => definitions });
    await before.layer.open([], []);
    await before.layer.start();
    const journal = journalOn(before);
    const lost = journal.open(voice);
    journal.leg({ id: "leg-a", interactionId: lost.id, adapter: "sip", direction: "inbound", role: "citizen", from: "1", to: "2" });
    journal.leg({ id: "leg-b", interactionId: lost.id, adapter: "sip", direction: "outbound", role: "agent", from: "1", to: "2" });
    journal.dialog("leg-a", { callId: "x" });
    const done = journal.open(voice);
    journal.close(done.id, "hangup");
    await journal.flush();
    // The process dies: nothing is closed in order but the database itself.
    await before.layer.close();

    const after = data.layer({ eventDefinitions: () => definitions });
    await after.layer.open([], []);
    const ended: string[] = [];
    after.layer.events.forPlugin("test").handle("interaction.ended", ({ interactionId, reason }) => void ended.push(`${interactionId} ${reason}`));
    await after.layer.start();
    const next = journalOn(after, "node-2");
    expect(await next.recover()).toEqual({ interactions: 1, legs: 2 });
    await after.advance(50);
    expect(next.orphans("voiceboard")).toEqual([]);
    expect(next.orphans("sip")).toEqual([{ legId: "leg-a", dialog: { callId: "x" } }]);
    expect(next.orphans("sip")).toEqual([]);
    expect(ended).toEqual([`${lost.id} process_restart`]);
    expect(await rows(after, "select end_reason from core_leg")).toEqual([{ end_reason: "process_restart" }, { end_reason: "process_restart" }]);
    expect(await next.recover()).toEqual({ interactions: 0, legs: 0 });
    // What is said of one that is over.
    const { past } = next.interactions({ publish: () => undefined });
    past(lost.id).update({ wrapUpCode: "answered\u0000" });
    past(lost.id).update({});
    past(lost.id).event("queue.wrapped-up", { agent: "1001" });
    past("nobody").update({ wrapUpCode: "x" });
    expect(next.backlog).toBe(3);
    await next.flush();
    expect(await rows(after, `select wrap_up_code, version, end_reason from core_interaction where id = '${lost.id}'`)).toEqual([{ wrap_up_code: "answered", version: 2, end_reason: "process_restart" }]);
    expect(await rows(after, "select type from core_interaction_event")).toEqual([{ type: "queue.wrapped-up" }]);
    // One of this process: the same record.
    const own = next.open(voice);
    past(own.id).update({ wrapUpCode: "a" });
    next.close(own.id, "hangup");
    past(own.id).update({ wrapUpCode: "b" });
    await next.flush();
    expect(await rows(after, `select wrap_up_code from core_interaction where id = '${own.id}'`)).toEqual([{ wrap_up_code: "b" }]);
    await next.end();
    past(own.id).update({ wrapUpCode: "c" });
    past(lost.id).update({ wrapUpCode: "c" });
    expect(next.backlog).toBe(0);
    await after.layer.close();
  });
});
