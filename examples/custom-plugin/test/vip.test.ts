import { UNIT_OF_WORK } from "@hotlinejs/core";
import { acd } from "@hotlinejs/plugin-acd";
import { createTestHotline } from "@hotlinejs/testing";
import { pluginContract } from "@hotlinejs/testing/contract";
import * as vitest from "vitest";
import { vip } from "../src/vip.js";

vitest.it("lets an important caller pass those who wait", async () => {
  const queue = acd({ wrapUp: 0, queues: [{ key: "q", name: "Queue" }], agents: [{ number: "1001", name: "Li", queues: ["q"] }] });
  const test = await createTestHotline({ plugins: [queue, vip()], calls: { initial: { handler: "queue", target: "q" } } });
  await test.services.get(UNIT_OF_WORK).run(({ em }) => em.execute("insert into vip_caller (number, name) values ('13800138000', 'Mayor')", [], "run"));
  const agent = await test.agent("1001");

  const first = await test.dial("12333", { from: "1" });
  await agent.answer();
  const waiting = await test.dial("12333", { from: "2" });
  await test.advance({ minutes: 2 });
  const mayor = await test.dial("12333", { from: "13800138000" });
  vitest.expect(test.events.of("vip.arrived")).toMatchObject([{ name: "Mayor" }]);

  await first.hangup();
  await test.advance("2s");
  await agent.answer();
  await test.advance("5s");
  vitest.expect([waiting, mayor].map((caller) => caller.call.leg?.bridgedWith.size)).toEqual([0, 1]);
  await test.close();
});

pluginContract(vitest, vip);
