import { afterEach, describe, expect, it } from "vitest";
import { queueNode } from "../src/ivr/queue-node.js";
import { closeStages, stage, team } from "./stage.js";

afterEach(closeStages);

/** Monday 2026-03-02, 17:20 in Shanghai: the office closes at 17:30 in the calendar below. */
const BEFORE_CLOSING = Date.UTC(2026, 2, 2, 9, 20);
const MINUTE = 60_000;

describe("closing time", () => {
  const open = (atClosing: "serve" | "callback" | "voicemail") => stage({ startAt: BEFORE_CLOSING, request: {}, calendars: [{ key: "hours", week: { 1: [["09:00", "17:30"]], 2: [["09:00", "17:30"]] } }], acd: team({ calendar: "hours", atClosing, joinEmpty: true, leaveEmpty: false, maxWaitSeconds: 0, ringTimeoutSeconds: 300 }, ["1001"]) });

  it.each(["callback", "voicemail"] as const)("who waits leaves for a %s, with the place kept; whose agent is being rung is served", async (rule) => {
    const at = await open(rule);
    const phone = await at.phone("1001");
    const first = await at.dial("111");
    await at.dial("222");
    // Missed once after five minutes, the phone rings over closing time.
    await at.test.advance(10 * MINUTE + 2_000);
    expect(phone.ringing).toBe(true);
    expect(at.results).toMatchObject([{ outcome: "closed", closing: rule, callerGone: false }]);
    expect(at.results[0]?.placeAt).toBeGreaterThanOrEqual(BEFORE_CLOSING);
    await phone.answer();
    await at.test.advance(5_000);
    expect(at.acd.agent("1001")?.state).toBe("busy");
    expect(at.results).toHaveLength(1);
    await first.hangup();
  });

  it("`serve`: who waits stays", async () => {
    const at = await open("serve");
    await at.dial("111");
    await at.test.advance(15 * MINUTE);
    expect(at.results).toEqual([]);
    expect(at.acd.queue("q")?.waiting).toBe(1);
  });
});

describe("a direct number", () => {
  it("keeps the caller for the agent at work, then the queue serves", async () => {
    const at = await stage({ acd: team(), request: { preferredAgent: "1001", preferredSeconds: 30 } });
    const [one, two] = [await at.phone("1001"), await at.phone("1002")];
    await at.dial("111");
    await one.answer();
    await at.test.advance(5_000);
    await at.dial("222");
    await at.test.advance(29_000);
    expect(two.ringing).toBe(false);
    await at.test.advance(2_000);
    expect(two.ringing).toBe(true);
  });

  it("is an option of the queue node, as is what closing time leads to", () => {
    const config = queueNode.config.parse({ queue: "q", agent: "1001", distinguish: ["callback"] });
    expect(config).toMatchObject({ agent: "1001", agentSeconds: 30 });
    expect(queueNode.outcomes(config as never).map(({ name }) => name)).toContain("callback");
  });
});
