import type { IvrNodeContext, IvrStep } from "@hotlinejs/core";
import { definePlugin, defineIvrNode, PROMPTS } from "@hotlinejs/core";
import type { TestHotline } from "@hotlinejs/testing";
import { createTestHotline, fakePrompts } from "@hotlinejs/testing";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import type { FlowDefinition } from "../src/contract.js";
import { FLOWS } from "../src/contract.js";
import { ivr } from "../src/plugin.js";
import { FLOW_12333, PROMPTS_12333 } from "./flow-12333.js";

type Run = (context: IvrNodeContext) => Promise<IvrStep>;

/** Node types of a test: `probe` does what it is told. */
const probe = (run: Run) =>
  definePlugin({
    name: "probe",
    version: "0.1.0",
    core: ">=0.1.0 <1.0.0",
    requires: ["tts"],
    config: z.strictObject({}),
    ivrNodes: [defineIvrNode({ type: "probe", config: z.looseObject({}), outcomes: () => [{ name: "done" }, { name: "other", optional: true }], run })],
    register({ services, onReady }) {
      onReady(() => services.get(PROMPTS).define(PROMPTS_12333));
    },
  })();

const open: TestHotline[] = [];
afterEach(async () => {
  for (const test of open.splice(0)) await test.close();
});

async function start(flows: readonly FlowDefinition[] = [FLOW_12333], run: Run = () => Promise.resolve({ outcome: "done" }), options: Parameters<typeof ivr>[0] = {}) {
  const test = await createTestHotline({ plugins: [fakePrompts(), probe(run), ivr({ flows: [...flows], routes: [{ number: "12333", flow: flows[0]?.id ?? "main" }], ...options })] });
  open.push(test);
  return test;
}

/** What was said, without silences. */
const said = (caller: { heard: readonly string[] }) => caller.heard.filter((text) => text !== "silence");

describe("the 12333 flow", () => {
  it("welcomes, leads to self-service and through its menus", async () => {
    const test = await start();
    const caller = await test.dial("12333");
    expect(caller.answered).toBe(true);
    await caller.hears("人工服务请按1");
    await caller.press("2");
    await caller.hears("结果查询请按6");
    await caller.press("1");
    await caller.hears("就业政策请按2");
    await caller.press("1");
    await caller.hears("社保信息的内容");
    await caller.hears("就业政策请按2");
    await caller.hangup();
    expect(caller.end?.by).toBe("remote");
    expect(test.services.get(FLOWS).list()[0]).toMatchObject({ id: "main", calls: 0 });
  });

  it("says goodbye in the end and hangs up itself", async () => {
    const test = await start();
    const caller = await test.dial("12333");
    await caller.hears("人工服务请按1");
    await caller.press("1");
    await caller.hears("感谢来电，再见");
    await test.advance(10_000);
    expect(caller.end).toMatchObject({ reason: "hangup", by: "local" });
  });
});
