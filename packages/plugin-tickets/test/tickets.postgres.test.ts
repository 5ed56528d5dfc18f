import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { MikroORM } from "@mikro-orm/postgresql";
import { JOBS, MESSAGE_INTAKE, READ_POOL } from "@hotlinejs/core";
import { recording } from "@hotlinejs/plugin-recording";
import { RECORDINGS } from "@hotlinejs/plugin-recording/contract";
import { surveys } from "@hotlinejs/plugin-surveys";
import { SURVEYS } from "@hotlinejs/plugin-surveys/contract";
import { createTestHotline } from "@hotlinejs/testing";
import type { TestHotline } from "@hotlinejs/testing";
import { postgresPresent, startPostgres } from "../../core/test/postgres.js";
import type { TestPostgres } from "../../core/test/postgres.js";
import { TICKETS, tickets } from "../src/index.js";
import type { NewTicket, Tickets } from "../src/index.js";
import { Desk, person } from "./support/desk.js";
import { at, text } from "./support/office.js";

const complaint = (more: Partial<NewTicket> = {}): NewTicket => ({ kind: "投诉", source: "ivr", actor: "citizen", contactNumber: "13800138000", ...more });

describe.skipIf(!postgresPresent())("on PostgreSQL", () => {
  let server: TestPostgres;
  let url: string;
  let test: TestHotline;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server.stop());
  afterEach(() => test.close());

  async function start(): Promise<Tickets> {
    url = await server.database();
    const survey = { key: "s", title: "S", question: "p", options: [{ key: "1", label: "是" }] };
    test = await createTestHotline({ databaseUrl: url, plugins: [recording(), tickets(), surveys({ surveys: [survey] })] });
    return test.services.get(TICKETS);
  }

  it("serial numbers have no gap and no double, with transactions at once and some rolled back", async () => {
    const service = await start();
    const results = await Promise.allSettled(
      Array.from({ length: 60 }, (_, i) => service.create(complaint(), i % 6 === 0 ? { within: () => Promise.reject(new Error("no")) } : {})),
    );
    const orders = results.flatMap((each) => (each.status === "fulfilled" ? [Number(each.value.serial.slice(6, 11))] : [])).sort((a, b) => a - b);
    expect(orders).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
  });

  it("one key asked for at once is one ticket", async () => {
    const service = await start();
    const made = await Promise.all(Array.from({ length: 12 }, () => service.create(complaint({ idempotencyKey: "k" }))));
    expect(new Set(made.map((ticket) => ticket.serial)).size).toBe(1);
    expect((await service.create(complaint())).serial.slice(6, 11)).toBe("00002");
  });

  it("tries at once are counted one after the other", async () => {
    const service = await start();
    const { serial, queryCode } = await service.create(complaint());
    const results = await Promise.all(Array.from({ length: 20 }, (_, i) => service.answerFor(serial, `9${i}`, { channel: "phone", from: String(i) })));
    expect(results.filter((each) => each.result === "wrong")).toHaveLength(2);
    expect(await service.answerFor(serial, queryCode, { channel: "web", from: "x" })).toMatchObject({ result: "ok" });
  });

  it("rows come back as they went in, and the schema is what the entities say", async () => {
    const service = await start();
    const { id, serial } = await service.create(complaint({ kind: "举报", summary: "虚报", recordingIds: ["r1"] }));
    await service.transition({ ticketId: id, action: "register", actor: "u1", note: "好" });
    expect(await service.findBySerial(serial)).toMatchObject({ id, status: "accepted", version: 2, anonymous: false, recordings: ["r1"], contactNumber: "13800138000" });
    await service.draft({ ...complaint(), idempotencyKey: "d" }, test.clock.now() + 1000);
    await test.advance(5000);
    expect(await service.latestStatus("13800138000")).toMatchObject({ found: true });
    expect(await test.services.get(RECORDINGS).byInteraction("none")).toEqual([]);
    const polls = test.services.get(SURVEYS);
    await polls.answer("s", "1", { interactionId: "i", channel: "phone" });
    expect(await polls.results("s")).toMatchObject({ total: 1, options: [{ count: 1, share: 1 }] });
    expect(await test.services.get(READ_POOL).read((em) => em.execute("select count(*)::int as n from tickets_event"))).toEqual([{ n: 3 }]);

    const entities = [recording, tickets, surveys].flatMap(({ definition }) => [...(definition.entities ?? [])]);
    const orm = await MikroORM.init({ clientUrl: url, entities });
    try {
      expect(await orm.schema.getUpdateSchemaSQL({ wrap: false, dropTables: false, safe: true })).toBe("");
    } finally {
      await orm.close();
    }
  });

  it("a ticket goes its way, with pause, urging and a letter; what comes at once comes once", async () => {
    const desk = await Desk.open({ databaseUrl: await server.database(), startAt: at("2026-04-28 14:00") });
    test = desk.test;
    const { ref } = await test.services.get(MESSAGE_INTAKE).arrive({ channel: "email", externalId: "<a@x.cn>", from: "wang@x.cn", to: "12333@x.cn", subject: "欠薪", text: "三个月", attachments: [], receivedAt: desk.now });
    const id = ref.replace("ticket:", "");
    const [agent, dispatcher, liaison] = [person("a", "agent"), person("d", "dispatcher"), person("l", "dept_liaison", "204")];
    await desk.move(agent, id, "register");
    const moves = await Promise.allSettled(Array.from({ length: 6 }, () => desk.move(dispatcher, id, "dispatch", { department: "204", limitDays: 5 }, { version: 2 })));
    expect(moves.filter((each) => each.status === "fulfilled")).toHaveLength(1);
    for (const each of moves) if (each.status === "rejected") expect(each.reason).toMatchObject({ code: "HTL_TICKETS_CONFLICT" });
    await desk.move(liaison, id, "sign");
    await desk.until(at("2026-04-30 10:00"));
    await desk.move(liaison, id, "ask-citizen", { need: "工资表" });
    await desk.until(at("2026-05-08 15:00"));
    await desk.move(agent, id, "supplemented");
    expect(text((await desk.service.get(id))?.clock.dueAt ?? 0)).toBe("2026-05-12 17:30");
    await desk.until(at("2026-05-12 08:59"));
    // The job and five doubles of it, all at once.
    const [planned] = await desk.rows<{ id: string; plan: number }>("select id, plan from tickets_urge where level = 'urge' and state = 'planned'");
    for (let i = 0; i < 5; i++) await test.services.get(JOBS).enqueue({ name: "tickets.urge", payload: { urgeId: planned?.id, plan: planned?.plan }, runAt: at("2026-05-12 09:00") });
    desk.told();
    await desk.until(at("2026-05-12 09:01"));
    expect([...desk.told()].sort()).toEqual([["email", "204@haiyan.example", "ticket.urge"], ["screen", "department:204", "ticket.urge"], ["screen", "user:l", "ticket.urge"]]);
    const found = await desk.ask<{ items: unknown[] }>(dispatcher, "GET", "/api/tickets", { query: { overdue: "false", handlingDepartment: "204" } });
    expect(found.items).toHaveLength(1);
    await desk.move(liaison, id, "reply", { answer: "已付" });
    expect((await desk.about(id)).find((each) => each.template === "ticket.replied")?.headers["in-reply-to"]).toBe("<a@x.cn>");
  });
});
