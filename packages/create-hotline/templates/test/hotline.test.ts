import assert from "node:assert/strict";
import { test } from "node:test";
import { createTestHotline, fakePrompts } from "@hotlinejs/testing";
import { capabilities } from "../src/hotline.js";
import { prompts } from "../src/prompts.js";

// The real kernel and database, fake telephones, and time that moves when the test says so.
const start = () => createTestHotline({ plugins: [fakePrompts({ prompts: [...prompts] }), ...capabilities()], environment: { HOTLINE_HTTP_PORT: "0" } });

test("a caller hears the menu", async () => {
  const hotline = await start();
  try {
    const caller = await hotline.dial("12345");
    await caller.hears(prompts[0]?.text ?? "?");
    assert.ok(caller.answered);
  } finally {
    await hotline.close();
  }
});

// begin with acd
test("1 rings an agent, who talks with the caller", async () => {
  const hotline = await start();
  try {
    const agent = await hotline.agent("1001");
    const caller = await hotline.dial("12345");
    await caller.press("1");
    await hotline.advance(2_000);
    await agent.answer();
    assert.ok(agent.talking);
    assert.ok(caller.answered);
    await caller.hangup();
    assert.equal(caller.end?.reason, "remote-hangup");
  } finally {
    await hotline.close();
  }
});
// end
