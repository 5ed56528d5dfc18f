import { afterEach, expect, it } from "vitest";
import { closeStages, MONDAY_10, stage } from "./stage.js";

afterEach(closeStages);

it("what a campaign can be set to: queues by name, calendars by name with the hours of the next day they are open, and what it has where nothing is chosen", async () => {
  const at = await stage({ startAt: MONDAY_10 });
  const hour = (of: string): number => Date.parse(`2026-03-02T${of}:00+08:00`);
  const choices = (await at.route("GET", "/api/campaigns/choices", {})) as { calendars: readonly { key: string }[] };
  expect(choices).toMatchObject({ calendar: "citizens", callerId: "12333", queues: [{ key: "q", name: "综合咨询" }], flows: [] });
  // The key stands for one that nobody named.
  expect(choices.calendars.find(({ key }) => key === "often")).toMatchObject({ name: null });
  expect(choices.calendars.find(({ key }) => key === "citizens")).toEqual({ key: "citizens", name: "可致电时间", slots: [{ from: hour("08:00"), to: hour("21:00") }] });
});
