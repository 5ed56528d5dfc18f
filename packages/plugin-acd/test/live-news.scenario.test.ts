import { isDeepStrictEqual } from "node:util";
import type { FakeAgent, FakeCaller } from "@hotlinejs/testing";
import fc from "fast-check";
import { afterEach, expect, it } from "vitest";
import type { AgentSnapshot, QueueSnapshot } from "../src/index.js";
import { closeStages, pages, stage, type Stage } from "./stage.js";

afterEach(closeStages);

const NUMBERS = ["1001", "1002", "1003"];
const QUEUES = ["a", "b"];

/** What a page knows that has asked once and heard the news since. */
interface Page {
  readonly agents: Map<string, AgentSnapshot>;
  readonly queues: Map<string, QueueSnapshot>;
}

async function open(): Promise<{ readonly at: Stage; readonly page: Page }> {
  const page: Page = { agents: new Map(), queues: new Map() };
  const screens = pages((_to, { topic, data }) => {
    // As it goes over the wire: a later change of the object is no news.
    const copy = structuredClone(data);
    if (topic === "acd.agent") page.agents.set((copy as AgentSnapshot).number, copy as AgentSnapshot);
    if (topic === "acd.queue") page.queues.set((copy as QueueSnapshot).key, copy as QueueSnapshot);
  });
  const at = await stage({
    acd: {
      wrapUp: 3,
      queues: QUEUES.map((key) => ({ key, name: key, connectPrompt: false as const, whisper: false as const, joinEmpty: true, leaveEmpty: false, maxWaitSeconds: 40, ringTimeoutSeconds: 6, pauseAfterMisses: 2, ...(key === "a" ? { strategy: "ring-all" as const, overflow: [{ afterSeconds: 5, queues: ["b"] }] } : {}) })),
      profiles: [{ key: "wide", name: "W", queues: QUEUES }, { key: "narrow", name: "N", queues: ["b"] }],
      groups: [{ key: "g", name: "G" }],
      agents: NUMBERS.map((number, index) => ({ number, name: number, queues: index === 0 ? ["a"] : QUEUES })),
    },
    plan: { handler: "queue", target: "a" },
    plugins: [screens],
  });
  for (const agent of at.acd.agents()) page.agents.set(agent.number, structuredClone(agent));
  for (const queue of at.acd.queues()) page.queues.set(queue.key, structuredClone(queue));
  return { at, page };
}

/** Without what goes on by itself between two pieces of news: the day's figures, and the wait that grows. */
const steady = (queue: QueueSnapshot | undefined) => queue && (({ oldestWaitMs: _grows, occupancy: _day, expectedWaitMs: _guess, today: { offered, answered, abandoned }, ...rest }) => ({ ...rest, offered, answered, abandoned }))(queue);
const still = (agent: AgentSnapshot | undefined) => agent && (({ today: _day, ...rest }) => rest)(agent);

const who = fc.constantFrom(...NUMBERS);
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constant("dial" as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("give-up" as const), nth: fc.nat(5) }) },
  { weight: 5, arbitrary: fc.record({ do: fc.constant("answer" as const), who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("hang-up" as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("decline" as const), who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant("choose" as const), who, choice: fc.constantFrom("available" as const, "on-demand" as const, "not-ready" as const, "offline" as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("unplug" as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("plug" as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("assign" as const), who, profile: fc.constantFrom("wide", "narrow", null) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("profile" as const), queues: fc.constantFrom(["a"], ["b"], ["a", "b"]) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("move" as const), queue: fc.constantFrom(...QUEUES) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant("wrap-up-done" as const), who }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.constantFrom(50, 1_000, 7_000) }) },
);

it("a page that has asked once and hears the news since knows what a snapshot says: whatever callers, agents and supervisors do", { timeout: 240_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), async (steps) => {
      const { at, page } = await open();
      const phones = new Map<string, FakeAgent>();
      for (const number of NUMBERS) phones.set(number, await at.phone(number));
      const callers: FakeCaller[] = [];
      let nth = 0;
      for (const one of steps) {
        const phone = "who" in one ? phones.get(one.who) : undefined;
        if (one.do === "dial") callers.push(await at.dial(`1380000${String(1000 + nth++)}`));
        else if (one.do === "give-up") await callers[one.nth % Math.max(1, callers.length)]?.hangup();
        else if (one.do === "answer" && phone?.ringing === true) await phone.answer();
        else if (one.do === "hang-up" && phone?.talking === true) await phone.hangup();
        else if (one.do === "decline" && phone?.ringing === true) await phone.decline();
        else if (one.do === "choose") await at.acd.setAgentState(one.who, one.choice, { actor: "u", ...(one.choice === "not-ready" ? { reason: "rest" } : {}) });
        else if (one.do === "unplug") await phone?.unplug();
        else if (one.do === "plug") await phone?.plugIn();
        else if (one.do === "assign") await at.acd.assign(one.who, { profile: one.profile }, { actor: "u" });
        else if (one.do === "profile") await at.acd.setProfile({ key: "wide", name: "W", queues: one.queues, skills: {} }, { actor: "u" });
        else if (one.do === "wrap-up-done") at.acd.finishWrapUp(one.who);
        else if (one.do === "move") {
          const [first] = [...at.acd.waiting("a"), ...at.acd.waiting("b")];
          if (first !== undefined && first.queue !== one.queue) await at.acd.move(first.interactionId, one.queue, { actor: "u" });
        } else if (one.do === "wait") await at.test.advance(one.ms);
      }
      // News of queues are told together, four times a second: what has changed in the last quarter is told in the next.
      const told = (): boolean => QUEUES.every((key) => isDeepStrictEqual(steady(page.queues.get(key)), steady(at.acd.queue(key))));
      for (let tries = 0; tries === 0 || (tries < 3 && !told()); tries++) await at.test.advance(260);
      for (const key of QUEUES) expect(steady(page.queues.get(key))).toEqual(steady(at.acd.queue(key)));
      for (const number of NUMBERS) expect(still(page.agents.get(number))).toEqual(still(at.acd.agent(number)));
      // And what snapshots say adds up.
      for (const key of QUEUES) {
        const { waiting, ringing, agents } = at.acd.queue(key) as QueueSnapshot;
        expect(waiting + ringing).toBe(at.acd.waiting(key).length);
        expect(agents).toBe(at.acd.agents().filter(({ queues }) => queues.includes(key)).length);
      }
      await closeStages();
    }),
    {
      numRuns: 30,
      examples: [
        // Who chooses during a call to be off afterwards is no longer staff of the queue.
        [[{ do: "dial" }, { do: "answer", who: "1003" }, { do: "wait", ms: 7_000 }, { do: "choose", who: "1003", choice: "offline" }]],
        // Nor does a telephone that is gone change what an agent on a break does.
        [[{ do: "choose", who: "1002", choice: "not-ready" }, { do: "dial" }, { do: "wait", ms: 1_000 }, { do: "unplug", who: "1002" }]],
      ],
    },
  );
});
