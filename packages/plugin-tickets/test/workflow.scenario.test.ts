import { afterEach, describe, expect, it } from "vitest";
import { definePlugin, SCREENS, type ScreenAudience } from "@hotlinejs/core";
import { z } from "zod";
import { DEFAULT_WORKFLOW } from "../src/index.js";
import type { NewTicket } from "../src/index.js";
import { Desk, person, plugin } from "./support/desk.js";
import { at, text } from "./support/office.js";

const agent = person("agent", "agent", "201");
const dispatcher = person("dispatcher", "dispatcher", "201");
const director = person("director", "director", "201");
const liaison = person("liaison", "dept_liaison", "204");
const stranger = person("stranger", "dept_liaison", "202");
const officer = person("officer", "report_officer", "201");
const MONDAY = at("2026-03-02 10:00");

let desk: Desk;
afterEach(() => desk.test.close());
const open = async (options: Parameters<typeof Desk.open>[0] = {}): Promise<void> => void (desk = await Desk.open({ startAt: MONDAY, ...options }));
const file = async (more: Partial<NewTicket> = {}): Promise<string> =>
  (await desk.service.create({ kind: "投诉", source: "agent", actor: "agent", summary: "反映拖欠工资", contactName: "王女士", contactNumber: "13800138000", contactEmail: "Wang@Example.cn", ...more })).id;
const refused = (code: string, status: number): object => ({ code: `HTL_TICKETS_${code}`, status });

describe("open pages", () => {
  it("are told that a ticket has changed, those of a secret one only to whom it is shown", async () => {
    const told: { audience: ScreenAudience; data: unknown }[] = [];
    const screens = definePlugin({
      name: "screens",
      version: "0.1.0",
      core: "*",
      config: z.strictObject({}),
      provides: [SCREENS],
      register: ({ services }) => services.provide(SCREENS, () => ({ tell: (audience, { data }) => void told.push({ audience, data }) })),
    });
    await open({ more: [screens()] });
    const plain = await file();
    const secret = await file({ confidentiality: "secret" });
    await desk.move(officer, secret, "reject", { reason: "不属受理范围" });
    await desk.test.advance(5_000);
    expect(told.filter(({ data }) => (data as { ticketId: string }).ticketId === plain).map(({ audience }) => audience)).toEqual([{ permission: "tickets.read" }]);
    expect(told.filter(({ data }) => (data as { ticketId: string }).ticketId === secret).map(({ audience }) => audience)).toEqual([{ permission: "tickets.confidential" }, { permission: "tickets.confidential" }]);
  });
});

describe("from registration to the end", () => {
  it("goes to a department and back, to it again, is signed for, answered and closed, every step in the history", async () => {
    await open();
    const id = await file({ status: "received", source: "voicemail" });
    await desk.move(agent, id, "register", { category: "090101" });
    await expect(desk.move(agent, id, "dispatch", { department: "204" })).rejects.toMatchObject(refused("FORBIDDEN", 403));
    expect(await desk.move(dispatcher, id, "dispatch", { department: "202", limitDays: 5 })).toMatchObject({ status: "dispatched", handlingDepartment: "202", departmentCode: null });
    await desk.move(stranger, id, "return", { reason: "非本单位职责", proposedDepartment: "204" });
    // What one department writes to another is not told to the citizen.
    expect((await desk.service.get(id))?.reason).toBeNull();
    expect(await desk.move(dispatcher, id, "redispatch", { department: "204" })).toMatchObject({ status: "dispatched", handlingDepartment: "204" });
    await expect(desk.move(stranger, id, "sign")).rejects.toMatchObject(refused("NOT_FOUND", 404));
    expect(await desk.move(liaison, id, "sign")).toMatchObject({ status: "handling", handler: "liaison" });
    expect(await desk.move(liaison, id, "reply", { answer: "拖欠工资已付清" })).toMatchObject({ status: "replied", answer: "拖欠工资已付清", clock: { state: "stopped" } });
    await expect(desk.move(liaison, id, "close")).rejects.toMatchObject(refused("FORBIDDEN", 403));
    expect(await desk.move(dispatcher, id, "close")).toMatchObject({ status: "closed" });
    const { history, actions } = await desk.see(dispatcher, id);
    expect(history.map(({ action, from, to, actor }) => [action, from, to, actor])).toEqual([
      ["create", null, "received", "agent"],
      ["register", "received", "accepted", "agent"],
      ["dispatch", "accepted", "dispatched", "dispatcher"],
      ["return", "dispatched", "return-pending", "stranger"],
      ["redispatch", "return-pending", "dispatched", "dispatcher"],
      ["sign", "dispatched", "handling", "liaison"],
      ["reply", "handling", "replied", "liaison"],
      ["close", "replied", "closed", "dispatcher"],
    ]);
    expect(history[3]?.data).toEqual({ reason: "非本单位职责", proposedDepartment: "204" });
    expect(actions).toEqual([]);
  });

  it("tells the citizen, the department and the dispatchers, in the transaction of the step", async () => {
    await open();
    const id = await file();
    await desk.move(dispatcher, id, "dispatch", { department: "202" });
    await desk.move(stranger, id, "return", { reason: "属地管辖不符" });
    await desk.move(dispatcher, id, "return-no", { opinion: "按职责清单第三条应由你单位办理" });
    await desk.move(stranger, id, "sign");
    await desk.move(stranger, id, "reply", { answer: "已补缴" });
    await desk.test.advance(1000);
    expect([...desk.told()].sort()).toEqual(
      [
        ["email", "wang@example.cn", "ticket.dispatched"],
        ["screen", "department:202", "ticket.dispatched-unit"],
        ["screen", "permission:tickets.dispatch", "ticket.return-requested"],
        ["screen", "department:202", "ticket.return-refused"],
        ["email", "wang@example.cn", "ticket.replied"],
      ].sort(),
    );
    const answer = (await desk.about(id)).find((each) => each.template === "ticket.replied");
    expect(answer?.text).toContain("王女士：\n您反映的“反映拖欠工资”答复如下：\n\n已补缴");
    expect((await desk.about(id)).find((each) => each.template === "ticket.dispatched")?.text).toBe("王女士：\n您反映的事项已转社保中心办理，预计3月16日前答复。");
    // Staff are not told who it is.
    for (const each of await desk.about(id)) if (each.channel === "screen") expect(`${each.title}${each.text}`).not.toMatch(/王女士|1380|wang/i);
  });

  it("leaves nothing of a step that fails in the end", async () => {
    let broken = false;
    await open({ more: [plugin("breaks", ({ hooks }) => hooks.ticketTransition.tap((transition) => transition.within(() => (broken ? Promise.reject(new Error("disk")) : Promise.resolve()))))] });
    const id = await file();
    broken = true;
    await expect(desk.move(dispatcher, id, "dispatch", { department: "204" })).rejects.toThrow("disk");
    await desk.test.advance(1000);
    expect(desk.told()).toEqual([]);
    expect(await desk.see(dispatcher, id)).toMatchObject({ status: "accepted", version: 1, handlingDepartment: null, history: [{ action: "create" }] });
  });

  it("two at once: one wins, the other is told so", async () => {
    await open();
    const id = await file();
    const results = await Promise.allSettled([desk.move(dispatcher, id, "dispatch", { department: "204" }, { version: 1 }), desk.move(dispatcher, id, "dispatch", { department: "202" }, { version: 1 })]);
    expect(results.map((each) => each.status).sort()).toEqual(["fulfilled", "rejected"]);
    expect(results.find((each) => each.status === "rejected")).toMatchObject({ reason: refused("CONFLICT", 409) });
    await desk.test.advance(1000);
    expect(desk.told().filter(([channel]) => channel === "screen")).toHaveLength(1);
  });
});

describe("who may what", () => {
  it("lists every step with what it needs, and why not", async () => {
    await open();
    const id = await file();
    const actions = Object.fromEntries((await desk.see(agent, id)).actions.map((action) => [action.id, action]));
    expect(Object.keys(actions).sort()).toEqual(["answer-at-once", "dispatch", "reject", "reply", "start", "void"]);
    expect(actions["answer-at-once"]).toMatchObject({ allowed: true, why: null, needs: [{ name: "answer", label: "答复内容", type: "longText", required: true }] });
    expect(actions["dispatch"]).toMatchObject({ allowed: false, why: "没有“转办”的权限（tickets.dispatch）", to: "dispatched", toName: "待签收" });
    await desk.move(dispatcher, id, "dispatch", { department: "204" });
    expect((await desk.see(liaison, id)).actions.map(({ id: action, allowed }) => [action, allowed])).toEqual([["sign", true], ["return", true]]);
    const elsewhere = { ...person("x", "dept_liaison", "202"), permissions: new Set([...stranger.permissions, "tickets.all"]) };
    expect((await desk.see(elsewhere, id)).actions.map(({ why }) => why)).toEqual(["只有承办单位（204）可以签收", "只有承办单位（204）可以申请退回"]);
    await expect(desk.move(elsewhere, id, "sign")).rejects.toMatchObject(refused("OTHER_DEPARTMENT", 403));
    await desk.move(liaison, id, "sign");
    await desk.move(liaison, id, "ask-citizen", { need: "工资表" });
    await desk.move(liaison, id, "supplemented");
    expect((await desk.see(liaison, id)).actions.find((action) => action.id === "ask-citizen")).toMatchObject({ allowed: false, why: "请求补充只能一次，已经办理过" });
    await expect(desk.move(liaison, id, "ask-citizen", { need: "考勤" })).rejects.toMatchObject(refused("ONCE_ONLY", 409));
  });

  it("shows departments their own tickets alone", async () => {
    await open();
    const [own, other, undispatched] = [await file(), await file(), await file()];
    await desk.move(dispatcher, own, "dispatch", { department: "204" });
    await desk.move(dispatcher, other, "dispatch", { department: "202" });
    const list = async (who: typeof liaison, query: object = {}): Promise<string[]> => (await desk.ask<{ items: { id: string }[] }>(who, "GET", "/api/tickets", { query })).items.map((item) => item.id);
    expect(await list(liaison)).toEqual([own]);
    expect(await list(liaison, { handlingDepartment: "202" })).toEqual([]);
    expect(await list({ ...liaison, departmentCode: undefined } as unknown as typeof liaison)).toEqual([]);
    expect((await list(dispatcher)).sort()).toEqual([own, other, undispatched].sort());
    expect(await list(dispatcher, { handlingDepartment: "202" })).toEqual([other]);
    for (const id of [other, undispatched]) {
      await expect(desk.see(liaison, id)).rejects.toMatchObject(refused("NOT_FOUND", 404));
      await expect(desk.ask(liaison, "GET", "/api/tickets/:id/due", { params: { id } })).rejects.toMatchObject(refused("NOT_FOUND", 404));
    }
  });

  it("gives tickets to departments that exist and take them, and never a confidential one to whom it is about", async () => {
    await open();
    const id = await file();
    for (const department of ["999", "114"]) await expect(desk.move(dispatcher, id, "dispatch", { department })).rejects.toMatchObject(refused("UNKNOWN_DEPARTMENT", 400));
    const report = await file({ kind: "举报", departmentCode: "204", staffCode: "20401" });
    await expect(desk.move(dispatcher, report, "dispatch", { department: "202" })).rejects.toMatchObject(refused("FORBIDDEN", 403));
    await expect(desk.move(officer, report, "dispatch", { department: "204" })).rejects.toMatchObject(refused("ACCUSED_DEPARTMENT", 409));
    expect(await desk.move(officer, report, "dispatch", { department: "202" })).toMatchObject({ handlingDepartment: "202" });
    // A complaint that hides nobody may well go to the department it is about.
    const complaint = await file({ departmentCode: "204" });
    await desk.move(dispatcher, complaint, "dispatch", { department: "204" });
    const seen = await desk.see(stranger, report);
    expect(seen).toMatchObject({ summary: null, contactName: null, contactEmail: null, answer: null });
    expect(seen.actions.every((action) => !action.allowed && action.why === "保密工单，需要权限 tickets.confidential")).toBe(true);
    await desk.test.advance(1000);
    expect(desk.sent.filter((each) => each.subject?.id === report).map((each) => [each.channel, each.to])).toEqual([["screen", "department:202"]]);
    expect(desk.sent.find((each) => each.subject?.id === report)?.text).toContain("（保密）");
  });

  it("seals the citizen when the kind is corrected to one that hides who reports", async () => {
    await open();
    const id = await file({ status: "received", source: "email" });
    expect(await desk.move(officer, id, "register", { kind: "举报" })).toMatchObject({ kind: "report", confidentiality: "confidential", contactName: "王女士", contactEmail: "wang@example.cn" });
    expect(JSON.stringify(await desk.rows("select * from tickets_ticket"))).not.toMatch(/王女士|13800138000|wang@/);
    await desk.test.advance(1000);
    expect(desk.told()).toEqual([]);
    const found = (number: string): Promise<{ items: unknown[] }> => desk.ask(officer, "GET", "/api/tickets", { query: { contactNumber: number } });
    expect((await found("13800138000")).items).toEqual([]);
  });

  it("finds a caller's tickets by number, for those who may know numbers", async () => {
    await open();
    const id = await file();
    const sealed = await file({ confidentiality: "confidential" });
    await file({ contactNumber: "13900139000" });
    const found = await desk.ask<{ items: { id: string; contactNumber: string | null }[] }>(agent, "GET", "/api/tickets", { query: { contactNumber: "+86 138 0013 8000" } });
    expect(found.items.map((item) => [item.id, item.contactNumber]).sort()).toEqual([[id, "13800138000"], [sealed, null]].sort());
    const expediter = person("e", "expediter");
    await expect(desk.ask(expediter, "GET", "/api/tickets", { query: { contactNumber: "13800138000" } })).rejects.toMatchObject(refused("FORBIDDEN", 403));
  });
});

describe("the clock of a ticket", () => {
  const due = async (id: string): Promise<string> => text((await desk.service.get(id))?.clock.dueAt ?? 0);

  it("runs from registration, anew from dispatching, and is stopped by the answer", async () => {
    await open({ config: { categories: [{ code: "090101", name: "拖欠工资", limitDays: { 投诉: 5 } }] } });
    const id = await file({ category: "090101" });
    expect(await due(id)).toBe("2026-03-09 17:30");
    await desk.test.advance(86_400_000);
    await desk.move(dispatcher, id, "dispatch", { department: "204" });
    expect(await due(id)).toBe("2026-03-10 17:30");
    expect(await desk.service.due(id)).toMatchObject({ rule: { source: "category", days: 5, extendedDays: 0 }, startDay: "2026-03-03", calendar: { key: "default", timezone: "Asia/Shanghai" } });
    await desk.move(liaison, id, "sign");
    await desk.move(liaison, id, "reply", { answer: "已付" });
    await desk.until(at("2026-04-01 10:00"));
    expect((await desk.service.get(id))?.clock).toMatchObject({ state: "stopped", overdueAt: null, card: null });
    const other = await file();
    await desk.move(dispatcher, other, "dispatch", { department: "204", limitDays: 2 });
    expect(await desk.service.due(other)).toMatchObject({ rule: { source: "dispatch", days: 2 } });
    expect(await desk.service.due(await file({ kind: "无效" }))).toMatchObject({ clock: { state: "none" }, rule: null, text: "该工单没有办理时限。" });
  });

  it("stands while the citizen is asked, and tells so (worked example DD5)", async () => {
    await open({ startAt: at("2026-04-28 14:00") });
    const id = await file({ kind: "求助" });
    await desk.move(dispatcher, id, "dispatch", { department: "204" });
    await desk.move(liaison, id, "sign");
    await desk.until(at("2026-04-30 10:00"));
    expect(await desk.move(liaison, id, "ask-citizen", { need: "工资表" })).toMatchObject({ clock: { state: "paused", dueAt: null, pausedAt: at("2026-04-30 10:00") } });
    expect((await desk.service.due(id))?.text).toContain("计时暂停中");
    await desk.until(at("2026-05-08 15:00"));
    await desk.move(agent, id, "supplemented");
    expect(await due(id)).toBe("2026-05-12 17:30");
    const why = await desk.ask<{ pauses: unknown; trace: { date: string; reason: string }[] }>(liaison, "GET", "/api/tickets/:id/due", { params: { id } });
    expect(why.pauses).toEqual([{ from: at("2026-04-30 10:00"), to: at("2026-05-08 15:00") }]);
    expect(why.trace.filter((day) => day.reason.startsWith("暂停")).map((day) => day.date)).toEqual(["2026-04-30", "2026-05-06", "2026-05-07"]);
  });

  it("is extended from the due day once (worked example DD4)", async () => {
    await open({ startAt: at("2026-09-20 09:30") });
    const id = await file();
    await desk.move(dispatcher, id, "dispatch", { department: "204" });
    await desk.move(liaison, id, "sign");
    expect(await due(id)).toBe("2026-10-10 17:30");
    await desk.until(at("2026-10-09 10:00"));
    await expect(desk.move(liaison, id, "extend", { days: 5, reason: "等待对方举证" })).rejects.toMatchObject(refused("FORBIDDEN", 403));
    expect(await desk.move(director, id, "extend", { days: 5, reason: "等待对方举证" })).toMatchObject({ status: "handling", handler: "liaison" });
    expect(await due(id)).toBe("2026-10-16 17:30");
    await expect(desk.move(director, id, "extend", { days: 1, reason: "再等" })).rejects.toMatchObject(refused("ONCE_ONLY", 409));
  });

  it("leaves at least two working days to the next department, and no more than were left otherwise", async () => {
    await open();
    const id = await file();
    await desk.move(dispatcher, id, "dispatch", { department: "202", limitDays: 5 });
    await desk.move(stranger, id, "return", { reason: "非本单位职责" });
    await desk.move(dispatcher, id, "redispatch", { department: "204" });
    expect(await due(id)).toBe("2026-03-09 17:30");
    await desk.move(liaison, id, "return", { reason: "要素不全无法办理" });
    await desk.until(at("2026-03-09 16:00"));
    await desk.move(dispatcher, id, "redispatch", { department: "202" });
    expect(await due(id)).toBe("2026-03-11 17:30");
    expect(await desk.service.due(id)).toMatchObject({ restDays: 2, startDay: "2026-03-09" });
  });
});

describe("the table as configuration", () => {
  it("may be another one", async () => {
    const more = { id: "escalate", name: "上报", from: ["handling"], to: "escalated", permission: "tickets.extend" };
    await open({ config: { workflow: { states: [...DEFAULT_WORKFLOW.states, { id: "escalated", name: "已上报", prompt: "tickets.state.handling", closed: true }], transitions: [...DEFAULT_WORKFLOW.transitions, more] } as never } });
    const id = await file();
    await desk.move(agent, id, "start");
    expect(await desk.move(director, id, "escalate")).toMatchObject({ status: "escalated", statusName: "已上报", clock: { state: "stopped" } });
  });

  it.each([
    ["a permission nobody declares", { workflow: { states: DEFAULT_WORKFLOW.states, transitions: DEFAULT_WORKFLOW.transitions.map((each) => ({ ...each, permission: each.id === "sign" ? "tickets.fly" : each.permission })) } }, /HTL_TICKETS_BAD_WORKFLOW|tickets\.fly/],
    ["a template nobody wrote", { workflow: { states: DEFAULT_WORKFLOW.states, transitions: DEFAULT_WORKFLOW.transitions.map((each) => ({ ...each, notify: [{ template: "poem", to: "citizen" }] })) } }, /There is no template poem/],
    ["a template with a value no ticket has", { templates: { urge: { title: "催办", text: "{weather}" } } }, /weather/],
    ["a ladder with a level twice", { ladder: [0, 1].map(() => ({ id: "urge", name: "催办", days: 0, at: "opening", to: [], via: [], template: "urge" })) }, /given twice/],
  ])("is refused at start with %s", async (_what, config, message) => {
    // The plugin is not critical: the hotline answers the telephone all the same, and health says why there are no tickets.
    await open({ config: config as never });
    const health = await desk.test.hotline.health();
    expect(health.plugins.find((each) => each.name === "tickets")).toMatchObject({ ok: false, message: expect.stringMatching(message) as unknown });
  });
});
