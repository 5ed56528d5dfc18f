import { CALL_PIPELINE, definePlugin, METRICS } from "@hotlinejs/core";
import { afterEach, expect, it } from "vitest";
import { z } from "zod";
import { createTestHotline, type TestHotline } from "./create-test-hotline.js";

let test: TestHotline;
afterEach(() => test.close());

/** Takes calls until they hang up, and turns away who withholds the number. */
const taker = definePlugin({
  name: "taker",
  version: "0.1.0",
  core: ">=0.1.0 <1.0.0",
  config: z.strictObject({}),
  register({ hooks, services }) {
    hooks.callArrival.tap(({ call }) => (call.from.number === "" ? { accept: false, status: 433, reason: "anonymous" } : undefined));
    hooks.callRoute.tap((plan) => ({ ...plan, handler: "take" }));
    services.get(CALL_PIPELINE).handler("take", async ({ call }) => {
      await call.answer();
      await call.ended;
    });
  },
});

/** Values by name and labels. */
async function values(): Promise<Record<string, number>> {
  const families = await test.services.get(METRICS).read();
  return Object.fromEntries(families.flatMap(({ name, samples }) => samples.map(({ value, labels = {} }) => [[name, ...Object.values(labels)].join(" "), value])));
}

it("calls are counted as they come, are refused and end", async () => {
  test = await createTestHotline({ plugins: [taker()] });
  const first = await test.dial("12333");
  const second = await test.dial("12333");
  await test.dial("12333", { from: "" });
  expect(await values()).toMatchObject({ hotline_running: 1, hotline_calls_live: 2, "hotline_calls_total inbound": 3, "hotline_calls_total outbound": 0, "hotline_calls_refused_total anonymous 433": 1, "hotline_calls_ended_total rejected": 1 });
  await first.hangup();
  await second.call.hangup();
  test.services.get(CALL_PIPELINE).turnedAway({ from: first.call.from, to: first.call.to, via: first.call.via }, 503);
  await test.advance(1_000);
  const after = await values();
  expect(after).toMatchObject({ hotline_calls_live: 0, "hotline_calls_ended_total remote-hangup": 1, "hotline_calls_ended_total hangup": 1, "hotline_calls_refused_total turned-away 503": 1, hotline_journal_backlog_rows: 0, hotline_database_units_waiting: 0, hotline_metrics_unread: 0 });
  expect(Object.keys(after)).toEqual(expect.arrayContaining(["hotline_jobs waiting", "hotline_jobs failed"]));
});

it("what a consumer of durable events has before it is counted", async () => {
  let fails = true;
  const consumer = definePlugin({
    name: "consumer",
    version: "0.1.0",
    core: ">=0.1.0 <1.0.0",
    config: z.strictObject({}),
    register: ({ events }) => events.consume("ends", "interaction.ended", () => (fails ? Promise.reject(new Error("not now")) : Promise.resolve())),
  });
  test = await createTestHotline({ plugins: [taker(), consumer()] });
  for (let i = 0; i < 3; i++) await (await test.dial("12333")).hangup();
  await test.advance(500);
  expect(await values()).toMatchObject({ "hotline_outbox_held_events consumer/ends": 3, "hotline_outbox_backlog_events consumer/ends": 0 });
  fails = false;
  await test.advance("30m");
  expect(await values()).toMatchObject({ "hotline_outbox_held_events consumer/ends": 0 });
});
