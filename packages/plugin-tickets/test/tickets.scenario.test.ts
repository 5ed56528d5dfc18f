import { DATASETS, definePlugin, READ_POOL, ROUTES, UNIT_OF_WORK } from "@hotlinejs/core";
import type { Plugin, PluginContext, Principal } from "@hotlinejs/core";
import { createTestHotline } from "@hotlinejs/testing";
import type { TestHotline } from "@hotlinejs/testing";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { isSerial, TICKETS, tickets } from "../src/index.js";
import type { NewTicket, Tickets, TicketView } from "../src/index.js";

let test: TestHotline;
afterEach(() => test.close());

function plugin(register: (context: PluginContext<Record<string, never>>) => void): Plugin {
  return definePlugin({ name: "demo", version: "0.1.0", core: "*", config: z.strictObject({}), register })();
}
async function start(options: Parameters<typeof tickets>[0] = {}, more: readonly Plugin[] = [], startAt?: number): Promise<Tickets> {
  test = await createTestHotline({ plugins: [tickets(options), ...more], ...(startAt === undefined ? {} : { startAt }) });
  return test.services.get(TICKETS);
}
const rows = <T>(sql: string): Promise<T[]> => test.services.get(READ_POOL).read((em) => em.execute<T[]>(sql));
const complaint = (more: Partial<NewTicket> = {}): NewTicket => ({ kind: "投诉", source: "ivr", actor: "citizen", contactNumber: "13800138000", ...more });
const asker = { channel: "phone", from: "13900139000" };
const principal = (...permissions: string[]): Principal => ({ userId: "u1", username: "u", displayName: "U", roles: [], permissions: new Set(permissions) });
async function request(method: string, path: string, given: { params?: unknown; query?: unknown; body?: unknown }, who: Principal): Promise<unknown> {
  const route = test.services.get(ROUTES).find((each) => each.route.path === path && each.route.method === method)?.route;
  if (route === undefined) throw new Error(`no route ${path}`);
  const parsed = { params: route.params?.parse(given.params), query: route.query?.parse(given.query ?? {}), body: route.body?.parse(given.body) };
  return route.handler({ ...parsed, principal: who, services: test.services, signal: new AbortController().signal, remoteAddress: "127.0.0.1", headers: {} } as never);
}

describe("creation", () => {
  it("gives serial numbers without a gap or a double to 200 at once", async () => {
    const service = await start({}, [], Date.parse("2026-03-09T09:00:00+08:00"));
    const created = await Promise.all(Array.from({ length: 200 }, (_, i) => service.create(complaint({ summary: `第${i}件` }))));
    const orders = created.map(({ serial }) => {
      expect(isSerial(serial)).toBe(true);
      expect(serial.startsWith("260309")).toBe(true);
      return Number(serial.slice(6, 11));
    });
    expect(orders.sort((a, b) => a - b)).toEqual(Array.from({ length: 200 }, (_, i) => i + 1));
    expect(await rows("select count(*) as n from tickets_event")).toEqual([{ n: 200 }]);
    expect(new Set(created.map((ticket) => ticket.queryCode)).size).toBeGreaterThan(190);
  });

  it("begins a new day at midnight of the hotline, not of the machine", async () => {
    const service = await start({}, [], Date.parse("2026-12-31T23:59:59.500+08:00"));
    const last = await service.create(complaint());
    await test.advance(499);
    const still = await service.create(complaint());
    await test.advance(1);
    const first = await service.create(complaint());
    expect([last, still, first].map(({ serial }) => serial.slice(0, 11))).toEqual(["26123100001", "26123100002", "27010100001"]);
    expect(await service.get(first.id)).toMatchObject({ businessDate: "2027-01-01" });
  });

  it("keeps the 工号 of the agent who registers it, and offers it for counting without anything of the citizen", async () => {
    await start();
    const agent = { ...principal("tickets.create"), agentNumber: "1601" };
    await request("POST", "/api/tickets", { body: { kind: "举报", contactName: "王五", contactNumber: "13800138000", staffCode: "10101" } }, agent);
    await request("POST", "/api/tickets", { body: { kind: "咨询" } }, principal("tickets.create"));
    const dataset = test.services.get(DATASETS).find(({ name }) => name === "tickets.tickets");
    const fields = dataset?.fields.map(({ name }) => name) ?? [];
    expect(await rows(`select ${fields.join(", ")} from ${dataset?.source} order by created_at, kind`)).toMatchObject([{ kind: "consultation", agent: null }, { kind: "report", agent: "1601", confidentiality: "confidential", business_date: "2026-03-02" }]);
    const { id } = await test.services.get(TICKETS).create(complaint());
    await request("POST", "/api/tickets/:id/transitions", { params: { id }, body: { action: "register" } }, { ...agent, permissions: new Set(["tickets.read", "tickets.create", "tickets.all"]) });
    expect(await rows("select agent, status from tickets_ticket where source = 'ivr'")).toEqual([{ agent: "1601", status: "accepted" }]);
    for (const told of ["contact_name", "contact_number", "contact_sealed", "contact_index", "summary", "content", "staff_code", "serial", "interaction_id", "query_code_sealed"]) expect(fields).not.toContain(told);
  });

  it("leaves no gap when the transaction is rolled back", async () => {
    const service = await start();
    const one = await service.create(complaint());
    await expect(service.create(complaint(), { within: () => Promise.reject(new Error("no")) })).rejects.toThrow("no");
    const two = await service.create(complaint());
    expect(Number(two.serial.slice(6, 11)) - Number(one.serial.slice(6, 11))).toBe(1);
    expect(await rows("select id from tickets_ticket")).toHaveLength(2);
    expect(await rows("select id from core_audit where action = 'ticket.created'")).toHaveLength(2);
  });

  it("keeps the query code unreadable and what `within` writes in the same transaction", async () => {
    const service = await start();
    const ticket = await service.create(complaint(), { within: async (uow) => void (await uow.seedOnce("along", () => Promise.resolve())) });
    expect(ticket.queryCode).toMatch(/^\d{6}$/);
    const [row] = await rows<{ query_code_sealed: string }>("select * from tickets_ticket");
    expect(JSON.stringify(row)).not.toContain(`"${ticket.queryCode}"`);
    expect(row?.query_code_sealed).not.toContain(ticket.queryCode);
    expect(JSON.stringify(await rows("select * from core_audit"))).not.toContain("13800138000");
  });

  it("makes one ticket of one key, also of two at once, and tells the same code again", async () => {
    const service = await start();
    const [a, b] = await Promise.all([service.create(complaint({ idempotencyKey: "k" })), service.create(complaint({ idempotencyKey: "k" }))]);
    expect(b).toEqual(a);
    expect(await service.create(complaint({ idempotencyKey: "k" }))).toEqual(a);
    expect(await rows("select id from tickets_ticket")).toHaveLength(1);
  });

  it("asks the hook before, fails closed, and writes what taps write along", async () => {
    let mode: "pass" | "veto" | "throw" = "pass";
    const seen: unknown[] = [];
    const service = await start({}, [
      plugin(({ hooks }) => {
        hooks.ticketTransition.tap((transition) => {
          seen.push([transition.from, transition.to, transition.action, transition.serial]);
          if (mode === "throw") throw new Error("broken tap");
          transition.within(async (uow) => void (await uow.seedOnce(`tap:${transition.ticketId}`, () => Promise.resolve())));
          return mode === "veto" ? { veto: true, code: "nuisance", message: "骚扰来电" } : undefined;
        });
      }),
    ]);
    const { id } = await service.create(complaint());
    expect(await rows(`select key from core_seed where key = 'tap:${id}'`)).toHaveLength(1);
    mode = "veto";
    await expect(service.create(complaint())).rejects.toMatchObject({ code: "HTL_TICKETS_VETOED", message: "骚扰来电", status: 409 });
    expect(await service.transition({ ticketId: id, action: "register", actor: "u1" })).toMatchObject({ done: false, veto: { code: "nuisance" } });
    mode = "throw";
    await expect(service.create(complaint())).rejects.toMatchObject({ code: "HTL_TICKETS_VETOED" });
    expect(await rows("select id from tickets_ticket")).toHaveLength(1);
    expect(seen[0]).toEqual([null, "received", "create", null]);
    expect(await rows("select id from core_audit where outcome = 'vetoed'")).toHaveLength(3);
    mode = "pass";
    expect(Number((await service.create(complaint())).serial.slice(6, 11))).toBe(2);
  });

  it.each([
    [{ kind: "骂人" }, "UNKNOWN_KIND"],
    [{ category: "99" }, "UNKNOWN_CATEGORY"],
    [{ anonymous: true }, "ANONYMOUS_NOT_ALLOWED"],
    [{ summary: "x".repeat(501) }, "BAD_VALUE"],
  ])("refuses %j", async (more, name) => {
    const service = await start({ categories: [{ code: "0601", name: "工资" }] });
    await expect(service.create(complaint(more))).rejects.toMatchObject({ code: `HTL_TICKETS_${name}` });
    expect(await service.get((await service.create(complaint({ category: "0601" }))).id)).toMatchObject({ category: "0601", categoryName: "工资" });
  });
});

describe("confidentiality", () => {
  it("keeps the number of who reports encrypted, and none of who stays unnamed", async () => {
    const service = await start();
    const named = await service.create(complaint({ kind: "举报", contactName: "王秀兰" }));
    const unnamed = await service.create(complaint({ kind: "report", anonymous: true, contactName: "王秀兰" }));
    expect(named.queryCode).toMatch(/^\d{6}$/);
    const stored = JSON.stringify(await rows("select * from tickets_ticket"));
    expect(stored).not.toContain("13800138000");
    expect(stored).not.toContain("王秀兰");
    expect(await service.get(named.id)).toMatchObject({ confidentiality: "confidential", contactNumber: "13800138000", contactName: "王秀兰" });
    expect(await service.get(unnamed.id)).toMatchObject({ anonymous: true, contactNumber: null, contactName: null });
    expect(await service.latestStatus("13800138000")).toEqual({ found: false });
  });

  it("is masked in what people without the permission are given", async () => {
    const service = await start();
    const plain = await service.create(complaint({ contactName: "王秀兰" }));
    const report = await service.create(complaint({ kind: "举报", summary: "虚报学员", interactionId: "i1" }));
    const secret = await service.create(complaint({ confidentiality: "secret" }));
    const list = async (...permissions: string[]): Promise<readonly TicketView[]> => ((await request("GET", "/api/tickets", {}, principal("tickets.read", "tickets.all", ...permissions))) as { items: TicketView[] }).items;
    const few = await list();
    expect(few.map((item) => item.id)).toEqual([report.id, plain.id]);
    expect(few[0]).toMatchObject({ contactNumber: null, summary: null, interactionId: null, kind: "report" });
    expect(few[1]).toMatchObject({ contactNumber: "138****8000", contactName: "王**" });
    expect((await list("tickets.personal"))[1]).toMatchObject({ contactNumber: "13800138000" });
    expect((await list("tickets.personal", "tickets.confidential")).map((item) => item.contactNumber)).toEqual(["13800138000", "13800138000", "13800138000"]);
    await expect(request("GET", "/api/tickets/:id", { params: { id: secret.id } }, principal("tickets.read", "tickets.all"))).rejects.toMatchObject({ status: 404 });
    await expect(request("POST", "/api/tickets/:id/transitions", { params: { id: report.id }, body: { action: "register" } }, principal("tickets.handle", "tickets.create", "tickets.all"))).rejects.toMatchObject({ status: 403 });
  });
});

describe("status and answer", () => {
  it("tells the bare state by serial alone, never of reports, secret ones or unknown numbers", async () => {
    const service = await start();
    const plain = await service.create(complaint());
    const report = await service.create(complaint({ kind: "举报" }));
    const secret = await service.create(complaint({ confidentiality: "secret" }));
    expect(await service.status(plain.serial)).toEqual({ found: true, serial: plain.serial, status: "received", statusName: "待受理" });
    for (const serial of [report.serial, secret.serial, "260309000025", "abc"]) expect(await service.status(serial)).toEqual({ found: false });
    expect(await service.latestStatus("+8613800138000")).toMatchObject({ found: true, serial: plain.serial });
    expect(await service.latestStatus("")).toEqual({ found: false });
  });

  it("opens the answer with the code", async () => {
    const service = await start();
    const { id, serial, queryCode } = await service.create(complaint({ kind: "举报" }));
    expect(await service.answerFor(serial, queryCode, asker)).toMatchObject({ result: "ok", status: "received", answer: null });
    await service.transition({ ticketId: id, action: "register", actor: "u1" });
    await service.transition({ ticketId: id, action: "reply", actor: "u1", data: { answer: "已责令改正" } });
    expect(await service.answerFor(serial, queryCode, asker)).toMatchObject({ result: "ok", statusName: "已答复", answer: "已责令改正" });
  });

  it("locks serial and asker after three failures, for half an hour, alike for numbers that do not exist", async () => {
    const service = await start();
    const { serial, queryCode } = await service.create(complaint());
    const wrong = queryCode === "000000" ? "111111" : "000000";
    expect(await service.answerFor(serial, wrong, asker)).toEqual({ result: "wrong", left: 2 });
    expect(await service.answerFor("260309999990", wrong, asker)).toEqual({ result: "wrong", left: 1 });
    expect(await service.answerFor(serial, wrong, asker)).toMatchObject({ result: "locked" });
    // The asker is shut out of everything, also with the right code.
    expect(await service.answerFor(serial, queryCode, asker)).toMatchObject({ result: "locked" });
    expect(await service.lockedUntil(asker)).toBe(test.clock.now() + 30 * 60_000);
    // Two failures on this serial so far: one more of somebody else locks it for all on this channel.
    expect(await service.answerFor(serial, wrong, { channel: "phone", from: "13700137000" })).toMatchObject({ result: "locked" });
    expect(await service.answerFor(serial, queryCode, { channel: "phone", from: "13600136000" })).toMatchObject({ result: "locked" });
    expect(await service.answerFor(serial, queryCode, { channel: "web", from: "13600136000" })).toMatchObject({ result: "ok" });
    await test.advance(30 * 60_000 + 1);
    expect(await service.lockedUntil(asker, serial)).toBeUndefined();
    expect(await service.answerFor(serial, queryCode, asker)).toMatchObject({ result: "ok" });
    expect(JSON.stringify(await rows("select key from tickets_query_lock"))).not.toContain("139");
  });

  it("counts tries that come all at once", async () => {
    const service = await start();
    const { serial } = await service.create(complaint());
    const results = await Promise.all(Array.from({ length: 30 }, (_, i) => service.answerFor(serial, `9${i}`, { channel: "phone", from: `1390013900${i}` })));
    expect(results.filter((each) => each.result === "wrong")).toHaveLength(2);
  });

  it("a right code does not give the asker free guesses at other tickets", async () => {
    const service = await start();
    const own = await service.create(complaint());
    const other = await service.create(complaint());
    await service.answerFor(other.serial, "x1", asker);
    await service.answerFor(other.serial, "x2", asker);
    expect(await service.answerFor(own.serial, own.queryCode, asker)).toMatchObject({ result: "ok" });
    const third = await service.create(complaint());
    expect(await service.answerFor(third.serial, "x3", asker)).toMatchObject({ result: "locked" });
  });
});

describe("transitions", () => {
  it("are kept with history, event and version; who comes late is told so", async () => {
    const events: unknown[] = [];
    const service = await start({}, [plugin(({ events: bus }) => bus.consume("spy", "ticket.transitioned", async (payload) => void events.push(payload)))]);
    const { id, serial } = await service.create(complaint());
    const [first, second] = await Promise.allSettled([
      service.transition({ ticketId: id, action: "register", actor: "u1", version: 1 }),
      service.transition({ ticketId: id, action: "void", actor: "u2", version: 1, data: { reason: "重复" } }),
    ]);
    expect([first, second].filter((each) => each.status === "fulfilled")).toHaveLength(1);
    expect([first, second].find((each) => each.status === "rejected")).toMatchObject({ reason: { code: "HTL_TICKETS_CONFLICT" } });
    await expect(service.transition({ ticketId: id, action: "start", actor: "u1", version: 1 })).rejects.toMatchObject({ code: "HTL_TICKETS_CONFLICT" });
    await expect(service.transition({ ticketId: "none", action: "start", actor: "u1" })).rejects.toMatchObject({ status: 404 });
    await test.advance(1000);
    expect(events).toMatchObject([{ ticketId: id, serial, from: "received" }]);
    const detail = (await request("GET", "/api/tickets/:id", { params: { id: serial } }, principal("tickets.read", "tickets.all"))) as { history: { action: string }[]; version: number };
    expect(detail.version).toBe(2);
    expect(detail.history).toHaveLength(2);
  });
});

describe("the interface", () => {
  it("registers, lists with filters and cursor, and moves on", async () => {
    await start();
    const agent = principal("tickets.read", "tickets.all", "tickets.create", "tickets.handle", "tickets.personal");
    const ids: string[] = [];
    for (let i = 0; i < 5; i++) {
      await test.advance(1000);
      const reply = (await request("POST", "/api/tickets", { body: { kind: i % 2 ? "求助" : "complaint", summary: "工资" } }, agent)) as { status: number; body: { id: string; serial: string; queryCode: string } };
      expect(reply.status).toBe(201);
      expect(reply.body.queryCode).toMatch(/^\d{6}$/);
      ids.unshift(reply.body.id);
    }
    type Page = { items: TicketView[]; next: string | null };
    const seen: string[] = [];
    for (let cursor: string | null = ""; cursor !== null; ) {
      const page: Page = (await request("GET", "/api/tickets", { query: { limit: "2", ...(cursor === "" ? {} : { cursor }) } }, agent)) as Page;
      seen.push(...page.items.map((item) => item.id));
      cursor = page.next;
    }
    expect(seen).toEqual(ids);
    const list = async (query: object): Promise<number> => ((await request("GET", "/api/tickets", { query }, agent)) as Page).items.length;
    expect(await list({ kind: "投诉" })).toBe(3);
    expect(await list({ kind: "2,3" })).toBe(5);
    expect(await list({ status: "received" })).toBe(0);
    expect(await list({ status: "accepted,closed" })).toBe(5);
    expect(await list({ source: "agent" })).toBe(5);
    expect(await list({ from: String(test.clock.now()) })).toBe(1);
    const one = (await request("GET", "/api/tickets", { query: { limit: "1" } }, agent)) as Page;
    expect(await list({ q: one.items[0]?.serial ?? "" })).toBe(1);
    expect(await list({ q: (one.items[0]?.serial ?? "").slice(0, 6) })).toBe(5);
    expect(Object.keys(one.items[0] ?? {})).toEqual(expect.arrayContaining(["id", "serial", "kind", "category", "status", "source", "recordings"]));
    expect(() => test.services.get(ROUTES).find((each) => each.route.path === "/api/tickets")?.route.query?.parse({ q: "1%" })).toThrow();
    const moved = await request("POST", "/api/tickets/:id/transitions", { params: { id: ids[0] }, body: { action: "answer-at-once", data: { answer: "请到大厅办理" }, version: 1 } }, agent);
    expect(moved).toMatchObject({ status: "answered-once", answer: "请到大厅办理", version: 2 });
    const same = { kind: "咨询", idempotencyKey: "form-1" };
    const first = (await request("POST", "/api/tickets", { body: same }, agent)) as { body: { id: string } };
    const again = (await request("POST", "/api/tickets", { body: same }, agent)) as { body: { id: string } };
    expect(again.body.id).toBe(first.body.id);
  });

  it("writes nothing outside the unit of work", async () => {
    const service = await start();
    await expect(
      test.services.get(UNIT_OF_WORK).run(async () => {
        await service.create(complaint());
        throw new Error("later");
      }),
    ).rejects.toThrow("later");
    expect(await rows("select serial from tickets_ticket")).toEqual([]);
    expect((await service.create(complaint())).serial.slice(6, 11)).toBe("00001");
  });
});
