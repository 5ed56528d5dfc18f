import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { JOBS } from "@hotlinejs/core";
import type { CalendarData } from "@hotlinejs/core";
import { Desk, person, plugin } from "./support/desk.js";
import { at, officeHours, text } from "./support/office.js";

const dispatcher = person("dispatcher", "dispatcher", "201");
const director = person("director", "director", "201");
const expediter = person("expediter", "expediter", "201");
const liaison = person("liaison", "dept_liaison", "204");
/** A Monday. */
const START = at("2026-03-02 10:00");

let desk: Desk;
const folders: string[] = [];
afterEach(async () => {
  await desk.test.close();
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});
const open = async (options: Parameters<typeof Desk.open>[0] = {}): Promise<void> => void (desk = await Desk.open({ startAt: START, ...options }));
function folder(): string {
  const made = mkdtempSync(join(tmpdir(), "hotline-urging-"));
  folders.push(made);
  return made;
}
/** With the brigade, due on Thursday 2026-03-05 17:30. */
async function dispatched(limitDays = 3): Promise<string> {
  const { id } = await desk.service.create({ kind: "投诉", source: "agent", actor: "a", summary: "拖欠工资", contactNumber: "13800138000" });
  await desk.move(dispatcher, id, "dispatch", { department: "204", limitDays });
  await desk.test.advance(1000);
  desk.told();
  return id;
}
const urgings = async (id: string): Promise<readonly string[]> => (await desk.service.urgings(id)).map((each) => `${each.level} ${each.state} ${text(each.plannedAt)}`);
/** What has fired, from the history: what counts in the end. */
const fired = async (id: string): Promise<readonly unknown[]> => (await desk.see(director, id)).history.filter((line) => line.action === "urge").map((line) => line.data["level"]);

describe("the ladder", () => {
  it("urges by screen and mail at its times, marks what is late, gives cards, each level once", async () => {
    const events: string[] = [];
    await open({
      more: [
        plugin("spy", ({ events: bus }) => {
          for (const name of ["ticket.due-soon", "ticket.overdue", "ticket.urged"] as const) bus.consume(`spy-${name}`, name, async (payload) => void events.push("level" in payload ? `urged ${payload.level}` : name));
        }),
      ],
    });
    const id = await dispatched();
    await desk.move(liaison, id, "sign");
    expect(await urgings(id)).toEqual([
      "pre-reminder planned 2026-03-04 09:00",
      "urge planned 2026-03-05 09:00",
      "overdue planned 2026-03-05 17:30",
      "yellow planned 2026-03-06 17:30",
      "red planned 2026-03-10 17:30",
      "report planned 2026-03-12 17:30",
    ]);
    await desk.until(at("2026-03-04 09:00") - 1);
    expect(desk.told()).toEqual([]);
    await desk.until(at("2026-03-04 09:00"));
    expect([...desk.told()].sort()).toEqual([["screen", "department:204", "ticket.pre-reminder"], ["screen", "user:liaison", "ticket.pre-reminder"]]);
    await desk.until(at("2026-03-05 09:00"));
    expect([...desk.told()].sort()).toEqual([["email", "204@haiyan.example", "ticket.urge"], ["screen", "department:204", "ticket.urge"], ["screen", "user:liaison", "ticket.urge"]]);
    expect((await desk.service.get(id))?.clock).toMatchObject({ overdueAt: null, card: null });
    await desk.until(at("2026-03-05 17:30"));
    expect((await desk.service.get(id))?.clock).toMatchObject({ overdueAt: at("2026-03-05 17:30"), card: null });
    desk.told();
    await desk.until(at("2026-03-06 17:30"));
    expect((await desk.service.get(id))?.clock).toMatchObject({ card: "yellow" });
    expect([...desk.told()].sort()).toEqual([["email", "204@haiyan.example", "ticket.yellow"], ["screen", "department:204", "ticket.yellow"], ["screen", "permission:tickets.urge", "ticket.yellow"]]);
    expect((await desk.about(id)).find((each) => each.template === "ticket.yellow")?.text).toContain("已超期1个工作日");
    await desk.until(at("2026-03-20 10:00"));
    expect(desk.told().map(([, to, template]) => `${to} ${template}`)).toEqual(expect.arrayContaining(["permission:tickets.supervise ticket.red", "permission:tickets.supervise ticket.report"]));
    expect((await desk.service.get(id))?.clock).toMatchObject({ card: "red" });
    const levels = ["pre-reminder", "urge", "overdue", "yellow", "red", "report"];
    expect(await fired(id)).toEqual(levels);
    expect(events.sort()).toEqual(["ticket.due-soon", "ticket.overdue", ...levels.map((level) => `urged ${level}`)].sort());
    const late = await desk.ask<{ items: { id: string }[] }>(director, "GET", "/api/tickets", { query: { overdue: "true" } });
    expect(late.items.map((item) => item.id)).toEqual([id]);
    // Who answers at last is not told that somebody changed the ticket meanwhile.
    expect(await desk.move(liaison, id, "reply", { answer: "已付" }, { version: 3 })).toMatchObject({ status: "replied" });
  });

  it("falls silent with the answer", async () => {
    await open();
    const id = await dispatched();
    await desk.move(liaison, id, "sign");
    await desk.until(at("2026-03-04 12:00"));
    await desk.move(liaison, id, "reply", { answer: "已付" });
    await desk.test.advance(1000);
    desk.told();
    await desk.until(at("2026-04-30 10:00"));
    expect(desk.told()).toEqual([]);
    expect(await fired(id)).toEqual(["pre-reminder"]);
    expect((await desk.service.get(id))?.clock).toMatchObject({ state: "stopped", overdueAt: null });
  });

  it("never fires on rest days (National Day)", async () => {
    await open({ startAt: at("2026-09-24 10:15") });
    const id = await dispatched(10);
    await desk.until(at("2026-10-22 18:00"));
    const at0 = (await desk.service.urgings(id)).filter((each) => each.state === "fired").map((each) => [each.level, text(each.firedAt ?? 0)]);
    expect(at0).toEqual([
      ["pre-reminder", "2026-10-14 09:00"],
      ["urge", "2026-10-15 09:00"],
      ["overdue", "2026-10-15 17:30"],
      ["yellow", "2026-10-16 17:30"],
      ["red", "2026-10-20 17:30"],
      ["report", "2026-10-22 17:30"],
    ]);
  });

  it("moves with an extension; what was given stays given", async () => {
    await open();
    const id = await dispatched();
    await desk.move(liaison, id, "sign");
    await desk.until(at("2026-03-04 10:00"));
    await desk.move(director, id, "extend", { days: 2, reason: "等待对方举证" });
    desk.told();
    await desk.until(at("2026-03-06 16:00"));
    // The reminder has been given; the old due day passes without a word.
    expect(desk.told().filter(([channel]) => channel === "screen")).toEqual([["screen", "department:204", "ticket.extension-unit"]]);
    await desk.until(at("2026-03-09 10:00"));
    expect(await fired(id)).toEqual(["pre-reminder", "urge"]);
    expect((await desk.service.urgings(id)).find((each) => each.level === "urge")).toMatchObject({ firedAt: at("2026-03-09 09:00") });
  });

  it("waits while the clock stands, and goes on where it was", async () => {
    await open();
    const id = await dispatched();
    await desk.move(liaison, id, "sign");
    await desk.until(at("2026-03-03 10:00"));
    await desk.move(liaison, id, "ask-citizen", { need: "工资表" });
    await desk.until(at("2026-03-10 10:00"));
    expect(await fired(id)).toEqual([]);
    await desk.move(liaison, id, "supplemented");
    // Day 1 is the 10th itself: the clock runs at its end.
    expect((await desk.service.get(id))?.clock.dueAt).toBe(at("2026-03-12 17:30"));
    await desk.until(at("2026-03-12 17:30"));
    expect(await fired(id)).toEqual(["pre-reminder", "urge", "overdue"]);
  });

  it("urges the dispatchers as long as no department has it, and begins anew with the department", async () => {
    await open();
    const { id } = await desk.service.create({ kind: "咨询", source: "web", actor: "citizen", contactNumber: "13800138000" });
    await desk.until(at("2026-03-05 10:00"));
    expect(desk.told()).toEqual([["screen", "permission:tickets.dispatch", "ticket.pre-reminder"], ["screen", "permission:tickets.dispatch", "ticket.urge"]]);
    await desk.move(dispatcher, id, "register");
    await desk.move(dispatcher, id, "dispatch", { department: "204", limitDays: 3 });
    await desk.until(at("2026-03-10 10:00"));
    expect(await fired(id)).toEqual(["pre-reminder", "urge", "pre-reminder", "urge"]);
    expect(desk.told().filter(([, , template]) => template === "ticket.urge")).toEqual([["screen", "department:204", "ticket.urge"], ["email", "204@haiyan.example", "ticket.urge"]]);
  });

  it("of a secret ticket goes to report officers alone, and never by mail", async () => {
    await open();
    const { id } = await desk.service.create({ kind: "举报", source: "ivr", actor: "citizen", confidentiality: "secret", summary: "虚报冒领" });
    const officer = person("officer", "report_officer", "201");
    await desk.move(officer, id, "register");
    await desk.move(officer, id, "dispatch", { department: "204", limitDays: 3 });
    await desk.until(at("2026-03-20 10:00"));
    expect(new Set(desk.told().map(([channel, to]) => `${channel} ${to}`))).toEqual(new Set(["screen permission:tickets.confidential"]));
    expect(JSON.stringify(await desk.about(id))).not.toContain("虚报冒领");
    await expect(desk.see(liaison, id)).rejects.toMatchObject({ status: 404 });
    await expect(desk.see(director, id)).rejects.toMatchObject({ status: 404 });
  });

  it("does not come late with what is moot: a reminder is no news on the due day", async () => {
    await open();
    const id = await dispatched(1);
    // Due tomorrow: today's reminder would have been at nine.
    expect((await urgings(id)).find((each) => each.startsWith("pre-reminder"))).toMatch(/dropped/);
    await desk.until(at("2026-03-03 09:00"));
    expect(await fired(id)).toEqual(["urge"]);
  });
});

describe("over a restart", () => {
  it.each([true, false])("each level fires once (drain %s), what fell due meanwhile at the start", async (drain) => {
    const dataDir = folder();
    await open({ dataDir });
    const id = await dispatched();
    await desk.until(at("2026-03-04 09:00"));
    expect(desk.told()).toHaveLength(1);
    await desk.test.close({ drain });
    // Down from Wednesday to Friday noon.
    await open({ dataDir, startAt: at("2026-03-06 12:00") });
    await desk.test.advance(1000);
    // The urging of the due day has become moot; that it is late has not.
    expect([...desk.told()]).toEqual([["screen", "department:204", "ticket.overdue"]]);
    expect((await urgings(id)).map((each) => each.split(" ").slice(0, 2).join(" "))).toEqual(["pre-reminder fired", "urge dropped", "overdue fired", "yellow planned", "red planned", "report planned"]);
    await desk.test.close({ drain });
    await open({ dataDir, startAt: at("2026-03-06 17:00") });
    await desk.until(at("2026-03-06 18:00"));
    await desk.test.close({ drain });
    await open({ dataDir, startAt: at("2026-03-06 18:30") });
    await desk.until(at("2026-03-09 18:00"));
    expect(await fired(id)).toEqual(["pre-reminder", "overdue", "yellow"]);
    expect((await desk.about(id)).filter((each) => each.template === "ticket.yellow")).toHaveLength(3);
  });

  it("a job that runs twice urges once", async () => {
    await open();
    const id = await dispatched();
    await desk.until(at("2026-03-04 09:00"));
    const before = await desk.about(id);
    const [row] = await desk.rows<{ id: string; plan: number }>("select id, plan from tickets_urge where level = 'pre-reminder' and state = 'fired'");
    await desk.test.services.get(JOBS).enqueue({ name: "tickets.urge", payload: { urgeId: row?.id, plan: row?.plan } });
    await desk.test.advance(1000);
    expect(await desk.about(id)).toEqual(before);
    expect(await fired(id)).toEqual(["pre-reminder"]);
  });

  it("due days are counted again by the calendar of now, and nothing is urged a second time", async () => {
    const dataDir = folder();
    await open({ dataDir });
    const id = await dispatched();
    await desk.until(at("2026-03-04 10:00"));
    desk.told();
    await desk.test.close();
    // A storm: Thursday has become a rest day.
    const storm: CalendarData = { ...officeHours, exceptions: [...(officeHours.exceptions ?? []), { date: "2026-03-05", kind: "holiday", name: "台风停工" }] };
    await open({ dataDir, startAt: at("2026-03-04 11:00"), calendars: [storm] });
    await desk.test.advance(1000);
    expect((await desk.service.get(id))?.clock.dueAt).toBe(at("2026-03-06 17:30"));
    expect((await desk.service.due(id))?.text).toContain("3月5日台风停工放假，不计");
    await desk.until(at("2026-03-06 18:00"));
    expect(await fired(id)).toEqual(["pre-reminder", "urge", "overdue"]);
    expect((await desk.service.urgings(id)).filter((each) => each.state === "fired").map((each) => text(each.firedAt ?? 0))).toEqual(["2026-03-04 09:00", "2026-03-06 09:00", "2026-03-06 17:30"]);
  });
});

describe("by hand", () => {
  const urge = (who: typeof expediter, id: string, body: object): Promise<{ status: number; body: { id: string; state: string; plannedAt: number } }> => desk.ask(who, "POST", "/api/tickets/:id/urgings", { params: { id }, body });

  it("urges now or at a set time, by those who may, beside the ladder", async () => {
    await open();
    const id = await dispatched(10);
    await expect(urge(liaison, id, { text: "快" })).rejects.toThrow("no permission tickets.urge");
    await expect(desk.service.urge({ ticketId: id, actor: "x", text: "快", principal: liaison })).rejects.toMatchObject({ code: "HTL_TICKETS_FORBIDDEN" });
    await urge(expediter, id, { text: "市长热线关注，请加快" });
    await desk.test.advance(1000);
    expect([...desk.told()].sort()).toEqual([["email", "204@haiyan.example", "ticket.manual-urge"], ["screen", "department:204", "ticket.manual-urge"]]);
    expect((await desk.about(id)).find((each) => each.template === "ticket.manual-urge")?.text).toContain("催办：市长热线关注，请加快（时限：3月16日）");
    const timed = await urge(expediter, id, { text: "明早答复", at: "2026-03-03T09:00:00+08:00", idempotencyKey: "k1" });
    expect(timed).toMatchObject({ status: 201, body: { state: "planned", plannedAt: at("2026-03-03 09:00") } });
    expect((await urge(expediter, id, { text: "明早答复", at: "2026-03-03T09:00:00+08:00", idempotencyKey: "k1" })).body.id).toBe(timed.body.id);
    await desk.until(at("2026-03-03 09:00") - 1);
    expect(desk.told()).toEqual([]);
    await desk.until(at("2026-03-03 09:00"));
    expect(desk.told()).toHaveLength(2);
    expect((await urgings(id)).filter((each) => each.startsWith("manual"))).toEqual(["manual fired 2026-03-02 10:00", "manual fired 2026-03-03 09:00"]);
    expect((await desk.see(expediter, id)).urgings.filter((each) => each.state === "planned").map((each) => each.level)).toEqual(["pre-reminder", "urge", "overdue", "yellow", "red", "report"]);
  });

  it("can be taken back before its time, and is refused where nothing is to be urged", async () => {
    await open();
    const id = await dispatched(10);
    const { body } = await urge(expediter, id, { text: "明早答复", at: "2026-03-03T09:00:00+08:00" });
    await desk.ask(expediter, "DELETE", "/api/tickets/:id/urgings/:urgingId", { params: { id, urgingId: body.id } });
    await expect(desk.ask(expediter, "DELETE", "/api/tickets/:id/urgings/:urgingId", { params: { id, urgingId: body.id } })).rejects.toMatchObject({ code: "HTL_TICKETS_NO_URGE" });
    // The ladder is not to be taken back.
    const planned = (await desk.service.urgings(id)).find((each) => each.level === "urge" && each.state === "planned");
    await expect(desk.ask(expediter, "DELETE", "/api/tickets/:id/urgings/:urgingId", { params: { id, urgingId: planned?.id } })).rejects.toMatchObject({ code: "HTL_TICKETS_NO_URGE" });
    await desk.until(at("2026-03-03 10:00"));
    expect(desk.told()).toEqual([]);
    await expect(urge(expediter, id, { text: "以后", at: START + 400 * 86_400_000 })).rejects.toMatchObject({ code: "HTL_TICKETS_BAD_TIME" });
    await desk.move(liaison, id, "sign");
    const { body: late } = await urge(expediter, id, { text: "后天", at: "2026-03-05T09:00:00+08:00" });
    await desk.move(liaison, id, "reply", { answer: "已付" });
    await expect(urge(expediter, id, { text: "快" })).rejects.toMatchObject({ code: "HTL_TICKETS_NOTHING_TO_URGE" });
    await desk.until(at("2026-03-06 10:00"));
    expect((await desk.service.urgings(id)).find((each) => each.id === late.id)?.state).toBe("dropped");
  });
});
