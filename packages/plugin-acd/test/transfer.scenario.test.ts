import { definePlugin } from "@hotlinejs/core";
import type { FakeCall } from "@hotlinejs/testing";
import { createTestHotline } from "@hotlinejs/testing";
import { expect, it } from "vitest";
import { z } from "zod";
import { ACD, acd } from "../src/index.js";

const toQueue = definePlugin({ name: "route", version: "0.1.0", core: "*", config: z.strictObject({}), register: ({ hooks }) => void hooks.callRoute.tap(() => ({ handler: "queue", target: "general" })) });

it("an agent who transfers the caller is free for the next one, while the caller talks on", async () => {
  const test = await createTestHotline({ plugins: [toQueue(), acd({ wrapUp: 1, queues: [{ key: "general", name: "综合" }], agents: [{ number: "1001", name: "A", queues: ["general"] }] })] });
  try {
    const agent = await test.agent("1001");
    const office = await test.agent("2101");
    const caller = await test.dial("12333");
    await test.advance(5_000);
    await agent.answer();
    await test.advance(5_000);
    (agent.call as FakeCall).tell({ type: "transfer-request", to: "sip:2101@hotline.test", accept: () => undefined, reject: () => expect.unreachable() });
    await test.advance(500);
    await office.answer();
    await test.advance(3_000);
    expect(test.services.get(ACD).agent("1001")?.state).toBe("available");
    expect(caller.answered).toBe(true);
    const next = await test.dial("12333", { from: "13900139000" });
    await test.advance(5_000);
    expect(agent.ringing).toBe(true);
    await agent.answer();
    await test.advance(4_000);
    expect(next.answered).toBe(true);
    await office.hangup();
    await test.advance(2_000);
    // The first caller's call is over with the office's; the second talks on.
    expect(caller.end).toBeDefined();
    expect(next.answered).toBe(true);
  } finally {
    await test.close();
  }
});
