import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Logger } from "@hotlinejs/core";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { AcdPluginOptions } from "../src/index.js";
import { closeStages, crash, stage, team } from "./stage.js";

let dataDir = "";
beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "acd-"));
});
afterEach(async () => {
  await closeStages();
  rmSync(dataDir, { recursive: true, force: true });
});

const before = team({ strategy: "longest-idle" });
/** Another strategy, another name, a queue more; 1002 serves nothing and is rung elsewhere; 1003 is new. */
const after: AcdPluginOptions = {
  ...team({ strategy: "fewest-calls" }),
  queues: [{ key: "q", name: "咨询", strategy: "fewest-calls" }, { key: "law", name: "法律" }],
  agents: [{ number: "1001", name: "坐席1001", queues: ["q"] }, { number: "1002", name: "坐席1002", address: "sip:77", queues: [] }, { number: "1003", name: "坐席1003", queues: ["law"] }],
};

it("what is configured later counts only where the code manages; what agents chose, and who is no longer configured, stays", async () => {
  let at = await stage({ dataDir, acd: before });
  await at.acd.setAgentState("1002", "not-ready", { actor: "t", reason: "rest" });
  const next = async (acd: AcdPluginOptions): Promise<void> => {
    const startAt = at.test.clock.now() + 1_000;
    await crash(at);
    at = await stage({ dataDir, acd, startAt });
  };
  await next(after);
  expect(at.acd.queue("q")).toMatchObject({ name: "综合咨询", strategy: "longest-idle" });
  expect(at.acd.agent("1002")).toMatchObject({ address: "sip:1002", queues: ["q"] });
  // What is new is made all the same.
  expect([at.acd.queue("law")?.name, at.acd.agent("1003")?.queues]).toEqual(["法律", ["law"]]);
  await next({ ...after, managed: "code" });
  expect(at.acd.queue("q")).toMatchObject({ name: "咨询", strategy: "fewest-calls" });
  expect(at.acd.agent("1002")).toMatchObject({ address: "sip:77", queues: [], choice: "not-ready", reason: "rest" });
  await next({ ...team({}, ["1001"]), managed: "code" });
  expect(at.acd.queue("q")).toMatchObject({ name: "综合咨询", strategy: "longest-idle" });
  expect(at.acd.queues().map(({ key }) => key)).toEqual(["law", "q"]);
  expect(at.acd.agents().map(({ number }) => number)).toEqual(["1001", "1002", "1003"]);
});

it("settings that do nothing are named in the log, and only those", async () => {
  const at = await stage({ dataDir, acd: before });
  const startAt = at.test.clock.now() + 1_000;
  await crash(at);
  const told: unknown[] = [];
  const note = (level: string) => (fields: object | string, message = "") => void (message.startsWith("the configuration has a") && told.push([level, fields]));
  const quiet = (): undefined => undefined;
  const logger: Logger = { trace: quiet, debug: quiet, info: note("info"), warn: note("warn"), error: quiet, fatal: quiet, child: () => logger };
  await stage({ dataDir, acd: after, startAt, logger });
  expect(told).toEqual([
    ["warn", { queue: "q", settings: ["name", "strategy"] }],
    ["info", { agent: "1002", settings: ["address", "queues"] }],
  ]);
});
