import { METRICS } from "@hotlinejs/core";
import { afterEach, expect, it } from "vitest";
import { closeStages, stage, team } from "./stage.js";

afterEach(closeStages);

it("queues and agents tell their metrics: who waits and how long, agents by state, figures of the day", async () => {
  const at = await stage({ acd: team({ serviceLevelSeconds: 20, connectPrompt: false, whisper: false }, ["1001", "1002"], 0) });
  const values = async (): Promise<Record<string, number>> =>
    Object.fromEntries((await at.test.services.get(METRICS).read()).flatMap(({ name, samples }) => samples.map(({ value, labels = {} }) => [[name.replace("hotline_acd_", ""), ...Object.values(labels)].join(" "), value])));
  const before = await values();
  expect(before).toMatchObject({ "queue_waiting q": 0, "queue_longest_wait_seconds q": 0, "agents unreachable": 2, "agents available": 0, "queue_agents q unreachable": 2, "queue_offered_today q": 0 });
  // Nobody was answered yet: there is no share.
  expect(before).not.toHaveProperty(["queue_service_level_today_ratio q"]);
  const phone = await at.phone("1001");
  await at.dial("111");
  while (!phone.ringing) await at.test.advance(250);
  expect(await values()).toMatchObject({ "queue_waiting q": 0, "queue_ringing q": 1, "agents reserved": 1, "queue_agents q reserved": 1 });
  await phone.answer();
  await at.test.advance(500);
  expect(await values()).toMatchObject({ "queue_ringing q": 0, "agents busy": 1, "agents unreachable": 1, "queue_answered_today q": 1, "queue_service_level_today_ratio q": 1 });
  await at.dial("222");
  await at.dial("333");
  await at.test.advance(30_000);
  const waiting = await values();
  expect(waiting).toMatchObject({ "queue_waiting q": 2, "queue_offered_today q": 3, "queue_answered_today q": 1, "queue_abandoned_today q": 0 });
  expect(waiting["queue_longest_wait_seconds q"]).toBeGreaterThanOrEqual(30);
  expect(waiting["queue_longest_wait_seconds q"]).toBeLessThan(32);
});
