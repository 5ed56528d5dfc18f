import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { definePlugin, MESSAGE_INTAKE, READ_POOL, ROUTES, SCREENS, UNIT_OF_WORK } from "@hotlinejs/core";
import type { EventMap, HttpRequest, InboundMessage, Plugin } from "@hotlinejs/core";
import { acd } from "@hotlinejs/plugin-acd";
import { ACD } from "@hotlinejs/plugin-acd/contract";
import type { AgentSnapshot } from "@hotlinejs/plugin-acd/contract";
import { createTestHotline, type TestHotline } from "@hotlinejs/testing";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { QUEUED_MESSAGES, TICKETS, tickets } from "../src/index.js";
import type { QueuedMessage, QueuedMessages } from "../src/index.js";
import { person, plugin } from "./support/desk.js";

const INTAKE = { email: { kind: "help", queue: "written" }, fax: { kind: "help", queue: "written" }, sms: { kind: "help" } };
const CAPACITY = { channels: { voice: 1, email: 2, fax: 1 }, rules: [{ while: "voice", exclude: ["email", "fax"] }] };

let dataDir: string;
let test: TestHotline;
let told: EventMap["ticket.message-queue"][];

const listener = (): Plugin => plugin("listener", ({ events }) => events.handle("ticket.message-queue", (event) => void told.push(event)));
const start = (options: { intake?: Record<string, { kind: string; queue?: string }>; calendar?: string; without?: boolean; third?: boolean } = {}): Promise<TestHotline> =>
  createTestHotline({
    dataDir,
    // Monday 2026-03-02, 17:20 in Shanghai.
    startAt: Date.parse("2026-03-02T17:20:00+08:00"),
    calendars: [{ key: "hours", week: { 1: [["09:00", "17:30"]] } }],
    plugins: [
      ...(options.without === true
        ? []
        : [
            acd({
              queues: [
                { key: "general", name: "综合咨询", maxWaitSeconds: 300 },
                { key: "written", name: "书面来件", maxWaitSeconds: 60, maxLength: 1, ringTimeoutSeconds: 15, rejectDelaySeconds: 5, noAnswerDelaySeconds: 5, wrapUpSeconds: 0, ...(options.calendar === undefined ? {} : { calendar: options.calendar, atClosing: "callback" as const }) },
                ...(options.third === true ? [{ key: "law", name: "法律" }, { key: "empty", name: "无人" }] : []),
              ],
              agents: [
                { number: "1001", name: "甲", address: "sip:1001", queues: ["general", "written"] },
                { number: "1002", name: "乙", address: "sip:1002", queues: ["general", "written"] },
                ...(options.third === true ? [{ number: "1003", name: "丙", address: "sip:1003", queues: ["law"] }] : []),
              ],
              capacity: CAPACITY,
              wrapUp: 10,
            }),
          ]),
      tickets({ intake: options.intake ?? INTAKE }),
      listener(),
    ],
  });

const queue = (): QueuedMessages => test.services.get(QUEUED_MESSAGES);
const agent = (number: string): AgentSnapshot | undefined => test.services.get(ACD).agent(number);
const rows = <T>(sql: string): Promise<T[]> => test.services.get(READ_POOL).read((em) => em.execute<T[]>(sql));
const of = async (number: string): Promise<readonly QueuedMessage[]> => queue().ofAgent(number);

let count = 0;
const arrive = async (channel: string, more: Partial<InboundMessage> = {}): Promise<string> => {
  const externalId = `<q${++count}@example.cn>`;
  const from = channel === "email" ? "wang@example.cn" : "057188886666";
  const { ref } = await test.services.get(MESSAGE_INTAKE).arrive({ channel, externalId, from, to: "12333", subject: `第${count}件`, text: "内容", attachments: [], receivedAt: test.clock.now(), headers: channel === "email" ? { "message-id": externalId } : {}, ...more });
  await test.advance(300);
  return ref.replace("ticket:", "");
};
/** What the agent is asked to take; fails when there is nothing. */
const offered = async (number: string): Promise<QueuedMessage> => {
  const found = (await of(number)).find((message) => message.offered);
  if (found === undefined) throw new Error(`${number} is asked for nothing`);
  return found;
};
const accept = async (number: string): Promise<QueuedMessage> => {
  const { id } = await offered(number);
  await queue().answer(id, number, true);
  await test.advance(300);
  return (await queue().get(id)) as QueuedMessage;
};
/** The process ends, another one begins; what a kill does is tried with the built example. */
const restart = async (): Promise<void> => {
  await test.close();
  test = await start();
  await test.agent("1001");
  await test.agent("1002");
  await test.advance(500);
};

beforeEach(async () => {
  dataDir = mkdtempSync(join(tmpdir(), "hotline-messages-"));
  told = [];
  test = await start();
});
afterEach(async () => {
  await test.close();
  rmSync(dataDir, { recursive: true, force: true });
});

describe("a written message in a queue", () => {
  it("is offered to an agent, worked on beside calls as the capacity says, and is an interaction and a row of the figures by its channel", async () => {
    await test.agent("1001");
    const ticketId = await arrive("email");
    const message = await offered("1001");
    expect(message).toMatchObject({ channel: "email", queue: "written", state: "waiting", agent: "1001", ticket: { id: ticketId, source: "email", summary: "第1件".replace("1", String(count)) } });
    expect(agent("1001")).toMatchObject({ state: "reserved" });
    await accept("1001");
    expect(await queue().get(message.id)).toMatchObject({ state: "active", agent: "1001", offered: false });
    expect(agent("1001")).toMatchObject({ state: "busy", work: [{ channel: "email", interactionId: (await queue().get(message.id))?.interactionId }] });

    // One fax and a second mail fit beside it, a third mail does not.
    await arrive("fax");
    expect(await accept("1001")).toMatchObject({ channel: "fax", state: "active" });
    await arrive("email");
    expect(await accept("1001")).toMatchObject({ channel: "email", state: "active" });
    await arrive("email");
    expect((await of("1001")).filter((each) => each.offered)).toEqual([]);
    expect(test.services.get(ACD).waiting("written")).toMatchObject([{ channel: "email", ahead: 0 }]);

    await queue().finish(message.id, "1001");
    await queue().finish(message.id, "1001");
    await test.advance(300);
    expect(await queue().get(message.id)).toMatchObject({ state: "done", agent: "1001" });
    expect(await offered("1001")).toMatchObject({ channel: "email" });
    expect(await rows(`select channel, queue, agent_id, end_reason from core_interaction where id = '${message.interactionId ?? ""}'`)).toEqual([{ channel: "email", queue: "written", agent_id: "1001", end_reason: "finished" }]);
    expect(await rows(`select channel, outcome, agent from acd_queue_entry where interaction_id = '${message.interactionId ?? ""}'`)).toEqual([{ channel: "email", outcome: "answered", agent: "1001" }]);
    const { intervals } = await test.services.get(ACD).figures({ queue: "written", from: 0, to: test.clock.now() + 900_000 });
    expect(intervals.map(({ channel, offered: all, answered }) => ({ channel, all, answered })).sort((a, b) => a.channel.localeCompare(b.channel))).toEqual([
      { channel: "email", all: 3, answered: 2 },
      { channel: "fax", all: 1, answered: 1 },
    ]);
    expect(told.filter(({ messageId }) => messageId === message.id).map(({ state, agent: who, cause }) => `${state} ${who ?? "-"} ${cause}`)).toEqual(["waiting - arrived", "active 1001 accepted", "done 1001 finished"]);
  });

  it("makes room for a call: who is only asked to take it is rung at once, and asked again afterwards", async () => {
    await test.agent("1001");
    await test.advance(100);
    await arrive("email");
    const { id } = await offered("1001");
    const chat = test.services.get(ACD).serveWork({ interactionId: "call", channel: "voice", ended: test.clock.sleep(60_000), offer: () => Promise.resolve("accepted"), connected: () => undefined }, { queue: "general" });
    await test.advance(100);
    expect(agent("1001")).toMatchObject({ state: "busy", work: [{ channel: "voice", interactionId: "call" }] });
    expect(await queue().get(id)).toMatchObject({ state: "waiting", offered: expect.any(Boolean) as unknown });
    await test.advance(75_000);
    await expect(chat).resolves.toMatchObject({ outcome: "answered", agent: "1001", waitMs: 0 });
    expect(await queue().get(id)).toMatchObject({ state: "waiting", offered: true, agent: "1001" });
  });

  it("that is declined, or not answered, is offered to the next; late and foreign answers are refused", async () => {
    await test.agent("1001");
    await test.agent("1002");
    await arrive("fax");
    const first = (await of("1001")).length > 0 ? "1001" : "1002";
    const second = first === "1001" ? "1002" : "1001";
    const { id } = await offered(first);
    await expect(queue().answer(id, second, true)).rejects.toMatchObject({ code: "HTL_TICKETS_NOT_OFFERED" });
    await expect(queue().finish(id, first)).rejects.toMatchObject({ code: "HTL_TICKETS_NOT_YOURS" });
    await queue().answer(id, first, false);
    await test.advance(300);
    expect(await offered(second)).toMatchObject({ id });
    await test.advance(15_000);
    await expect(queue().answer(id, second, true)).rejects.toMatchObject({ code: "HTL_TICKETS_NOT_OFFERED" });
    // Nobody stands and waits: neither the longest wait nor the length of the line counts.
    await test.advance(10 * 60_000);
    expect(await queue().get(id)).toMatchObject({ state: "waiting" });
  });

  it("waits for who is there whatever the queue's limits, an agent on demand is asked when nobody else is free", async () => {
    await arrive("fax");
    await arrive("email");
    await test.advance(3_600_000);
    expect(test.services.get(ACD).waiting("written")).toHaveLength(2);
    await test.agent("1001");
    await test.services.get(ACD).setAgentState("1001", "on-demand", { actor: "test" });
    await test.advance(300);
    // The place in the line is that of the arrival.
    expect(await accept("1001")).toMatchObject({ channel: "fax" });
    expect(await offered("1001")).toMatchObject({ channel: "email" });
  });

  it("goes back to its place when the agent is signed out, in front of what came later", async () => {
    await test.agent("1001");
    await arrive("email");
    const taken = await accept("1001");
    await test.services.get(ACD).setAgentState("1001", "not-ready", { actor: "test", reason: "rest" });
    await arrive("fax");
    expect(await queue().get(taken.id)).toMatchObject({ state: "active", agent: "1001" });
    await test.services.get(ACD).signOut("1001", { actor: "u-1501" });
    await test.advance(300);
    expect(await queue().get(taken.id)).toMatchObject({ state: "waiting", agent: null, queuedAt: taken.queuedAt });
    expect(agent("1001")).toMatchObject({ state: "offline", work: [] });
    expect(test.services.get(ACD).waiting("written").map(({ channel }) => channel)).toEqual(["email", "fax"]);
    await test.agent("1002");
    await test.advance(300);
    expect(await accept("1002")).toMatchObject({ id: taken.id, agent: "1002" });
    expect(told.filter(({ messageId }) => messageId === taken.id).map(({ cause }) => cause)).toEqual(["arrived", "accepted", "signed-out", "accepted"]);
    expect(await rows("select count(*) as n from tickets_ticket")).toEqual([{ n: 2 }]);
  });

  it("is done with by a step of its ticket, by whomever; what waited is taken back and is nobody's giving up", async () => {
    await test.agent("1001");
    const worked = await arrive("email");
    const { id } = await accept("1001");
    await test.services.get(TICKETS).transition({ ticketId: worked, action: "register", actor: "u-1001", data: { kind: "complaint", category: "" } });
    await test.advance(300);
    expect(await queue().get(id)).toMatchObject({ state: "done" });
    expect(agent("1001")).toMatchObject({ state: "available", work: [] });

    await test.services.get(ACD).setAgentState("1001", "not-ready", { actor: "test", reason: "rest" });
    const waiting = await arrive("fax");
    await test.services.get(TICKETS).transition({ ticketId: waiting, action: "register", actor: "u-1601", data: { kind: "complaint", category: "" } });
    await test.advance(300);
    expect(test.services.get(ACD).waiting("written")).toEqual([]);
    expect(await rows("select channel, outcome from acd_queue_entry order by id")).toEqual([{ channel: "email", outcome: "answered" }, { channel: "fax", outcome: "exit" }]);
    expect(told.slice(-1)).toMatchObject([{ ticketId: waiting, state: "done", cause: "ticket" }]);
    expect(await rows("select count(*) as n from core_interaction where ended_at is null")).toEqual([{ n: 0 }]);
  });

  it("survives the end of the process: what was worked on is with the same agent unasked, what waited has its place, nothing is there twice", async () => {
    await test.agent("1001");
    await arrive("email");
    const worked = await accept("1001");
    await test.services.get(ACD).setAgentState("1001", "not-ready", { actor: "test", reason: "rest" });
    await arrive("fax");
    await arrive("email");
    await restart();
    // Not ready: hers all the same, and she can finish it; the others are offered to a colleague, in the old order.
    expect((await of("1001")).map(({ id, offered: asked, state }) => ({ id, asked, state }))).toEqual([{ id: worked.id, asked: false, state: "active" }]);
    expect(await accept("1002")).toMatchObject({ channel: "fax" });
    expect(await accept("1002")).toMatchObject({ channel: "email" });
    await test.services.get(ACD).setAgentState("1001", "available", { actor: "test" });
    await test.advance(300);
    expect(agent("1001")).toMatchObject({ state: "busy", work: [{ channel: "email" }] });
    await queue().finish(worked.id, "1001");
    await test.advance(300);
    expect(agent("1001")).toMatchObject({ state: "available", work: [] });
    expect(await rows("select state, count(*) as n from tickets_queued_message group by state order by state")).toEqual([{ state: "active", n: 2 }, { state: "done", n: 1 }]);
    expect(told.filter(({ messageId }) => messageId === worked.id).map(({ cause }) => cause)).toEqual(["arrived", "accepted", "finished"]);
  });

  it("whose agent was signed out while nothing ran goes back to the line", async () => {
    await test.agent("1001");
    await arrive("email");
    const { id } = await accept("1001");
    // Stored, and the process dies before anybody is told.
    await test.services.get(UNIT_OF_WORK).run((uow) => uow.em.execute("update acd_agent set choice = 'offline' where number = '1001'", [], "run"));
    await restart();
    expect(await offered("1002")).toMatchObject({ id, state: "waiting" });
  });

  it("whose agent serves its queue no more after a restart goes back to the line", async () => {
    await test.agent("1001");
    await arrive("email");
    const { id } = await accept("1001");
    await test.services.get(UNIT_OF_WORK).run((uow) => uow.em.execute(`update acd_agent set settings = '{"queues":["calls"]}' where number = '1001'`, [], "run"));
    await restart();
    expect(await offered("1002")).toMatchObject({ id, state: "waiting" });
    expect(told.filter(({ messageId }) => messageId === id).at(-1)).toMatchObject({ state: "waiting", cause: "reassigned" });
  });

  it("handed in twice is queued once; an answer in its thread joins what waits, and later goes first to who knows the matter", async () => {
    await test.agent("1001");
    await test.agent("1002");
    const message = { externalId: "<root@example.cn>", headers: { "message-id": "<root@example.cn>" } };
    const ticketId = await arrive("email", message);
    const first = (await of("1001")).length > 0 ? "1001" : "1002";
    await test.services.get(UNIT_OF_WORK).run((uow) => uow.em.execute("delete from core_message", [], "run"));
    expect(await arrive("email", message)).toBe(ticketId);
    const reply = { inReplyTo: ["<root@example.cn>"] };
    expect(await arrive("email", reply)).toBe(ticketId);
    expect(await rows("select id from tickets_queued_message")).toHaveLength(1);
    const { id } = await accept(first);
    await queue().finish(id, first);
    await test.advance(60_000);
    await arrive("email", reply);
    expect(await offered(first)).toMatchObject({ ticket: { id: ticketId } });
  });

  it("is left to the department that handles its ticket", async () => {
    const ticketId = await arrive("email", { externalId: "<d@example.cn>", headers: { "message-id": "<d@example.cn>" } });
    await test.services.get(UNIT_OF_WORK).run((uow) => uow.em.execute("update tickets_ticket set handling_department = '204'", [], "run"));
    await test.services.get(TICKETS).transition({ ticketId, action: "register", actor: "u-1601", data: { kind: "complaint", category: "" } });
    await arrive("email", { inReplyTo: ["<d@example.cn>"] });
    expect(await rows("select state from tickets_queued_message")).toEqual([{ state: "done" }]);
  });

  it("can be put into another queue by a supervisor", async () => {
    await arrive("email");
    const [{ placeAt = 0, interactionId = "" } = {}] = test.services.get(ACD).waiting("written");
    await test.services.get(ACD).move(interactionId, "general", { actor: "u-1501" });
    expect(test.services.get(ACD).waiting("general")).toMatchObject([{ channel: "email", placeAt }]);
    await test.agent("1001");
    await test.advance(300);
    expect(await accept("1001")).toMatchObject({ state: "active" });
  });

  it("waits over closing time in its place, and is let in out of hours", async () => {
    await test.close();
    test = await start({ calendar: "hours" });
    await arrive("fax");
    const [before] = test.services.get(ACD).waiting("written");
    await test.advance(20 * 60_000);
    await arrive("email");
    expect(test.services.get(ACD).waiting("written")).toMatchObject([{ channel: "fax", placeAt: before?.placeAt }, { channel: "email" }]);
    await test.agent("1001");
    await test.advance(300);
    expect(await accept("1001")).toMatchObject({ channel: "fax" });
  });
});

describe("a written message that its agent gives on", () => {
  /** 1001 works on a letter; 1002 is there too, and 1003 in a queue of their own. */
  let id: string;
  beforeEach(async () => {
    await test.close();
    told = [];
    test = await start({ third: true });
    await test.agent("1001");
    await arrive("email");
    ({ id } = await accept("1001"));
    await test.agent("1002");
    await test.agent("1003");
    await test.advance(100);
  });
  const kept = async (): Promise<unknown> => queue().get(id);
  const events = async (): Promise<readonly string[]> => (await rows<{ type: string }>(`select type from core_interaction_event where type like 'message.%' order by at, id`)).map(({ type }) => type);

  it("to a named colleague stays until it is taken; then it is theirs with its interaction, and the giver is free", async () => {
    const { interactionId } = (await kept()) as QueuedMessage;
    expect(await queue().transfer(id, "1001", { agent: "1002" })).toMatchObject({ state: "active", agent: "1001", offered: false, transfer: { to: "1002", name: "乙" } });
    await test.advance(300);
    expect(await kept()).toMatchObject({ state: "active", agent: "1001", offered: false, transfer: null });
    expect(await offered("1002")).toMatchObject({ id, agent: "1002", givenBy: { number: "1001", name: "甲" } });
    expect((await of("1003")).length).toBe(0);
    await expect(queue().transfer(id, "1001", { agent: "1003" })).rejects.toMatchObject({ code: "HTL_TICKETS_MESSAGE_TRANSFERRING" });
    await expect(queue().transfer(id, "1001", { queue: "law" })).rejects.toMatchObject({ code: "HTL_TICKETS_MESSAGE_TRANSFERRING" });

    await queue().answer(id, "1002", true);
    await test.advance(300);
    expect(await kept()).toMatchObject({ state: "active", agent: "1002", queue: "written", interactionId, givenBy: { number: "1001" }, transfer: null });
    expect(await of("1001")).toEqual([]);
    expect(agent("1001")).toMatchObject({ work: [] });
    expect(agent("1002")).toMatchObject({ work: [{ channel: "email", interactionId }] });
    expect(told.at(-1)).toMatchObject({ messageId: id, state: "active", agent: "1002", cause: "given" });
    expect(await rows(`select agent_id, ended_at from core_interaction where id = '${interactionId ?? ""}'`)).toEqual([{ agent_id: "1002", ended_at: null }]);
    await expect(queue().finish(id, "1001")).rejects.toMatchObject({ code: "HTL_TICKETS_NOT_YOURS" });
    expect(await queue().finish(id, "1002")).toMatchObject({ state: "done", agent: "1002" });
    await test.advance(300);
    expect(agent("1002")).toMatchObject({ work: [] });
    expect(await events()).toEqual(["message.transfer-begun", "message.given"]);
  });

  it("to a colleague who says no, signs out, or is kept from it by the giver, stays with the giver", async () => {
    await queue().transfer(id, "1001", { agent: "1002" });
    await test.advance(300);
    await queue().answer(id, "1002", false);
    await test.advance(20_000);
    expect(await of("1001")).toMatchObject([{ id, state: "active", agent: "1001", transfer: null }]);
    expect(await of("1002")).toEqual([]);

    await queue().transfer(id, "1001", { agent: "1002" });
    await test.advance(300);
    await offered("1002");
    await test.services.get(ACD).setAgentState("1002", "offline", { actor: "test" });
    await test.advance(300);
    expect(await of("1001")).toMatchObject([{ id, transfer: null }]);
    await expect(queue().transfer(id, "1001", { agent: "1002" })).rejects.toMatchObject({ code: "HTL_TICKETS_RECIPIENT_AWAY" });

    await queue().transfer(id, "1001", { agent: "1003" });
    await test.advance(300);
    await offered("1003");
    await queue().cancelTransfer(id, "1001");
    await queue().cancelTransfer(id, "1001");
    await test.advance(300);
    expect(await of("1003")).toEqual([]);
    expect(agent("1003")).toMatchObject({ state: "available", work: [] });
    await expect(queue().answer(id, "1003", true)).rejects.toMatchObject({ code: "HTL_TICKETS_NOT_OFFERED" });
    expect(await queue().finish(id, "1001")).toMatchObject({ state: "done", agent: "1001" });
  });

  it("to a colleague who is on a break is asked after it; a step of the ticket before that leaves nothing behind", async () => {
    await test.services.get(ACD).setAgentState("1002", "not-ready", { actor: "test" });
    await queue().transfer(id, "1001", { agent: "1002" });
    await test.advance(600_000);
    expect(await of("1002")).toEqual([]);
    expect(await of("1001")).toMatchObject([{ id, transfer: { to: "1002" } }]);
    await test.services.get(ACD).setAgentState("1002", "available", { actor: "test" });
    await test.advance(300);
    await offered("1002");
    await queue().finish(id, "1001");
    await test.advance(300);
    expect(await of("1002")).toEqual([]);
    for (const number of ["1001", "1002"]) expect(agent(number)).toMatchObject({ state: "available", work: [] });
    expect(await kept()).toMatchObject({ state: "done", agent: "1001" });
  });

  it("to another queue waits there at its old place, is offered to its agents and not to the giver, also after a restart", async () => {
    const { interactionId, queuedAt } = (await kept()) as QueuedMessage;
    await test.services.get(ACD).setAgentState("1003", "not-ready", { actor: "test" });
    expect(await queue().transfer(id, "1001", { queue: "law" })).toMatchObject({ state: "waiting", queue: "law", agent: null, queuedAt, givenBy: { number: "1001" } });
    await test.advance(300);
    expect(agent("1001")).toMatchObject({ work: [] });
    expect(await of("1001")).toEqual([]);
    expect(told.at(-1)).toMatchObject({ messageId: id, state: "waiting", queue: "law", agent: null, cause: "given" });
    expect(await rows(`select end_reason from core_interaction where id = '${interactionId ?? ""}'`)).toEqual([{ end_reason: "given" }]);
    // Back into the first queue by its next agent: 1001 may be asked for what 1003 gives.
    await test.services.get(ACD).setAgentState("1003", "available", { actor: "test" });
    await test.advance(300);
    await accept("1003");
    await queue().transfer(id, "1003", { queue: "written" });
    await test.advance(300);
    const asked = (await Promise.all(["1001", "1002"].map(of))).flat();
    expect(asked).toMatchObject([{ id, offered: true, givenBy: { number: "1003", name: "丙" } }]);

    await accept(asked[0]?.agent ?? "");
    await test.services.get(ACD).setAgentState(asked[0]?.agent === "1001" ? "1002" : "1001", "offline", { actor: "test" });
    await queue().transfer(id, asked[0]?.agent ?? "", { queue: "general" });
    await test.close();
    test = await start({ third: true });
    await test.agent(asked[0]?.agent ?? "");
    await test.advance(1_000);
    expect(await of(asked[0]?.agent ?? "")).toEqual([]);
    expect(await kept()).toMatchObject({ state: "waiting", queue: "general", queuedAt });
  });

  it("goes to nobody who is not there, not to oneself, and only from who has it", async () => {
    await test.services.get(ACD).setAgentState("1002", "not-ready", { actor: "test", reason: "rest" });
    // Who could not be asked at once comes last, with why.
    const agents = [
      { number: "1003", name: "丙", state: "available", channels: [], reasonName: null, reasonNameEn: null, free: true },
      { number: "1002", name: "乙", state: "not-ready", channels: [], reasonName: "小休：休息", reasonNameEn: "Break: rest", free: false },
    ];
    expect(queue().targets("1001", "written")).toEqual({ agents, queues: [{ key: "general", name: "综合咨询" }, { key: "law", name: "法律" }] });
    for (const to of [{ agent: "1001" }, { agent: "9999" }, { queue: "written" }, { queue: "empty" }, { queue: "none" }]) await expect(queue().transfer(id, "1001", to)).rejects.toMatchObject({ code: "HTL_TICKETS_NO_RECIPIENT" });
    await expect(queue().transfer(id, "1002", { agent: "1003" })).rejects.toMatchObject({ code: "HTL_TICKETS_NOT_YOURS" });
    await expect(queue().cancelTransfer(id, "1002")).rejects.toMatchObject({ code: "HTL_TICKETS_NOT_YOURS" });
    await expect(queue().transfer("none", "1001", { agent: "1002" })).rejects.toMatchObject({ code: "HTL_TICKETS_NO_MESSAGE" });
  });
});

describe("queued messages", () => {
  it("are off by default, and for channels without a queue", async () => {
    await arrive("sms");
    expect(await rows("select id from tickets_queued_message")).toEqual([]);
    await test.close();
    test = await start({ intake: { email: { kind: "help" } } });
    await arrive("email");
    expect(await rows("select id from tickets_queued_message")).toEqual([]);
  });

  it("without plugin-acd wait in the list of tickets", async () => {
    await test.close();
    test = await start({ without: true });
    const id = await arrive("email");
    expect(await test.services.get(TICKETS).get(id)).toMatchObject({ status: "received" });
    expect(await rows("select id from tickets_queued_message")).toEqual([]);
  });

  it("are refused at the start where their queue does not exist", async () => {
    await test.close();
    test = await start({ intake: { email: { kind: "help", queue: "writen" } } });
    const { plugins } = await test.hotline.health();
    expect(plugins.find(({ name }) => name === "tickets")).toMatchObject({ ok: false, message: expect.stringContaining("There is no queue writen for messages of the channel email; known: general, written") as unknown });
  });

  it("are shown to the agent alone, masked for who may not see names", async () => {
    const screens: unknown[] = [];
    await test.close();
    test = await createTestHotline({
      dataDir,
      plugins: [
        acd({ queues: [{ key: "written", name: "书面来件" }], agents: [{ number: "1001", name: "甲", address: "sip:1001", queues: ["written"] }] }),
        tickets({ intake: INTAKE }),
        definePlugin({ name: "screens", version: "0.1.0", core: "*", config: z.strictObject({}), provides: [SCREENS], register: ({ services }) => services.provide(SCREENS, () => ({ tell: (to: unknown, what: unknown) => void screens.push([to, what]) }) as never) })(),
      ],
    });
    await test.agent("1001");
    await arrive("email");
    const { id } = await offered("1001");
    expect(screens).toContainEqual([{ agents: ["1001"] }, { topic: "tickets.message-queue", data: { messageId: id, state: "offered" } }]);
    const route = (method: string, path: string) => test.services.get(ROUTES).find((each) => each.route.path === path && each.route.method === method)?.route;
    const who = { ...person("u-1001", "agent"), agentNumber: "1001" };
    const ask = (method: string, path: string, params: unknown, principal: typeof who | Omit<typeof who, "agentNumber">): unknown => route(method, path)?.handler({ params, principal, services: test.services } as unknown as HttpRequest<never, never, never>);
    expect(await ask("GET", "/api/queued-messages", {}, who)).toMatchObject({ items: [{ id, offered: true, ticket: { contactEmail: "wang@example.cn" } }] });
    const unnamed = { ...who, permissions: new Set([...who.permissions].filter((permission) => permission !== "tickets.personal")) };
    expect(JSON.stringify(await ask("GET", "/api/queued-messages", {}, unnamed))).not.toContain("wang@example.cn");
    const { agentNumber: _none, ...office } = who;
    await expect(ask("GET", "/api/queued-messages", {}, office)).rejects.toMatchObject({ code: "HTL_TICKETS_NO_AGENT" });
    expect(await ask("POST", "/api/queued-messages/:id/accept", { id }, who)).toMatchObject({ id });
    await test.advance(300);
    expect(await ask("POST", "/api/queued-messages/:id/finish", { id }, who)).toMatchObject({ state: "done" });
    await expect(ask("POST", "/api/queued-messages/:id/finish", { id: "none" }, who)).rejects.toMatchObject({ code: "HTL_TICKETS_NO_MESSAGE" });
  });
});
