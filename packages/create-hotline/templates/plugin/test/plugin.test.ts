import assert from "node:assert/strict";
import { after, before, describe, it, test } from "node:test";
import { acd } from "@hotlinejs/plugin-acd";
import { createTestHotline } from "@hotlinejs/testing";
import { pluginContract } from "@hotlinejs/testing/contract";
import { MY_PLUGIN, myPlugin } from "../src/index.js";

// The real kernel and database, fake telephones, and time that moves when the test says so.
test("its callers pass those who wait", async () => {
  const queue = acd({ wrapUp: 0, queues: [{ key: "q", name: "Queue" }], agents: [{ number: "1001", name: "Li", queues: ["q"] }] });
  const hotline = await createTestHotline({ plugins: [queue, myPlugin({ numbers: ["13800138000"] })], calls: { initial: { handler: "queue", target: "q" } } });
  try {
    const agent = await hotline.agent("1001");
    const first = await hotline.dial("12345", { from: "13900000001" });
    await agent.answer();
    const waiting = await hotline.dial("12345", { from: "13900000002" });
    await hotline.advance({ minutes: 2 });
    const theirs = await hotline.dial("12345", { from: "13800138000" });
    assert.deepEqual(hotline.events.of("my-plugin.arrived").map(({ number }) => number), ["13800138000"]);
    assert.equal(hotline.services.get(MY_PLUGIN).arrived, 1);

    await first.hangup();
    await hotline.advance("2s");
    await agent.answer();
    await hotline.advance("5s");
    assert.deepEqual([waiting, theirs].map((caller) => caller.call.leg?.bridgedWith.size), [0, 1]);
  } finally {
    await hotline.close();
  }
});

// What every plugin owes its hotline: names of its own, checked options, nothing left behind by a stop or a failed start.
pluginContract({ after, before, describe, it }, myPlugin, { options: () => ({ numbers: ["13800138000"] }) });
