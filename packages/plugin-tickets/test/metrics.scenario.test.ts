import { METRICS } from "@hotlinejs/core";
import { afterEach, expect, it } from "vitest";
import { Desk, person } from "./support/desk.js";
import { at } from "./support/office.js";

const dispatcher = person("dispatcher", "dispatcher", "201");
let desk: Desk;
afterEach(() => desk.test.close());

it("the desk tells how many tickets are open, in which state, and how many are overdue", async () => {
  desk = await Desk.open({ startAt: at("2026-03-02 10:00") });
  const read = async (): Promise<{ open: Record<string, number>; overdue: number | undefined }> => {
    const families = await desk.test.services.get(METRICS).read();
    const samples = (name: string) => families.find((family) => family.name === name)?.samples ?? [];
    return { open: Object.fromEntries(samples("hotline_tickets_open").map(({ value, labels }) => [labels?.state ?? "", value])), overdue: samples("hotline_tickets_overdue")[0]?.value };
  };
  const none = await read();
  expect(none.overdue).toBe(0);
  expect(Object.values(none.open).every((n) => n === 0)).toBe(true);
  const ids: string[] = [];
  for (let i = 0; i < 3; i++) ids.push((await desk.service.create({ kind: "投诉", source: "agent", actor: "a", summary: "拖欠工资", contactNumber: "13800138000" })).id);
  const [first = "", second = "", third = ""] = ids;
  for (const id of [first, second]) await desk.move(dispatcher, id, "dispatch", { department: "204", limitDays: 3 });
  const { open, overdue } = await read();
  expect(Object.values(open).reduce((sum, n) => sum + n, 0)).toBe(3);
  expect(open.dispatched).toBe(2);
  expect(overdue).toBe(0);
  await desk.until(at("2026-03-06 09:00"));
  expect((await read()).overdue).toBe(2);
  await desk.move(dispatcher, third, "void", { reason: "重复" });
  expect(Object.values((await read()).open).reduce((sum, n) => sum + n, 0)).toBe(2);
});
