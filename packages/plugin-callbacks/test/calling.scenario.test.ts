import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ACD, AGENT_CALLS } from "@hotlinejs/plugin-acd";
import { afterEach, describe, expect, it } from "vitest";
import { CAMPAIGNS } from "../src/index.js";
import type { CallbacksOptions } from "../src/index.js";
import { CITIZEN, closeStages, crash, HOUR, MINUTE, stage } from "./stage.js";
import type { Stage } from "./stage.js";

let folder: string | undefined;
afterEach(async () => {
  await closeStages();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  folder = undefined;
});

/** A missed call, an agent at the desk, one click, the agent has answered and been told: the citizen rings. */
async function dialled(at: Stage, agent?: Awaited<ReturnType<Stage["phone"]>>): Promise<Awaited<ReturnType<Stage["phone"]>>> {
  const desk = agent ?? (await at.phone());
  await at.click((await at.task()).id);
  await at.test.advance(500);
  await desk.answer();
  await at.test.advance(8_000);
  return desk;
}
const last = (at: Stage) => at.rings.at(-1);

describe("one click", () => {
  it("rings the agent, tells who is called, rings the citizen with ring-back to the agent, joins both and closes it", async () => {
    const at = await stage();
    await at.abandons();
    const task = await at.task();
    const agent = await at.phone();
    await at.click(task.id);
    await at.test.advance(500);
    expect(agent.ringing).toBe(true);
    expect(agent.call?.from.number).toBe(CITIZEN);
    expect(at.rings).toHaveLength(0);
    expect(at.state()).toBe("occupied");
    expect(await at.task()).toMatchObject({ status: "calling" });
    await agent.answer();
    await at.test.advance(500);
    expect(agent.call?.leg?.texts).toEqual([`现在为您回拨${CITIZEN}，请稍候。`]);
    await at.test.advance(8_000);
    expect(agent.call?.leg?.texts.at(-1)).toBe("tone:ringback");
    expect(last(at)?.from.number).toBe("12333");
    expect(at.asked).toEqual([`callback tel:${CITIZEN}`, "agent sip:1001"]);
    await last(at)?.answer();
    await at.test.advance(1_000);
    expect(agent.call?.leg?.bridgedWith.has(last(at)?.leg as never)).toBe(true);
    // Nobody from the queue comes in between.
    const other = await at.test.dial("12333", { from: "13900139000" });
    await at.test.advance(2_000);
    expect(agent.calls).toHaveLength(1);
    await other.hangup();
    await last(at)?.finish("remote-hangup", "remote");
    await at.test.advance(1_000);
    expect(agent.talking).toBe(false);
    expect(at.state()).toBe("wrap-up");
    expect(await at.tasks()).toMatchObject([{ status: "closed", result: "reached", attempts: 1, closedBy: "user-1001" }, {}]);
    expect(at.told.filter(({ name }) => name !== "callback.created")).toEqual([{ name: "callback.closed", result: "reached" }, { name: "callback.attempted", result: "answered" }]);
    const [interaction] = await at.rows<{ direction: string; agent_id: string; called_number: string }>("select * from core_interaction where direction = 'outbound'");
    expect(interaction).toMatchObject({ agent_id: "1001", called_number: CITIZEN });
    expect(await at.rows("select role from core_leg where interaction_id = (select id from core_interaction where direction = 'outbound') order by started_at")).toEqual([{ role: "agent" }, { role: "citizen" }]);
  });

  it.each([
    ["busy", 486, "busy"],
    ["unreachable", 480, "unreachable"],
    ["not-found", 404, "unreachable"],
    ["failed", 500, "failed"],
  ] as const)("%s is the result; it is tried again by the rule, final after three", async (reason, status, result) => {
    const at = await stage();
    await at.abandons();
    let agent: Awaited<ReturnType<Stage["phone"]>> | undefined;
    for (const [index, wait] of [30, 120, undefined].entries()) {
      agent = await dialled(at, agent);
      last(at)?.finish(reason, "remote", status);
      await at.test.advance(1_000);
      const task = await at.task();
      const attempts = await at.attempts();
      expect(attempts.at(-1)).toMatchObject({ result, answeredAt: null });
      expect(task.attempts).toBe(index + 1);
      if (wait === undefined) expect(task).toMatchObject({ status: "closed", result });
      else {
        expect(task.status).toBe("open");
        expect(task.nextAt - Number(attempts.at(-1)?.endedAt)).toBe(wait * MINUTE);
      }
      // No after-call work for a call that was none.
      expect(at.state()).toBe("available");
    }
  });

  it("no answer: the citizen's phone rings so long and no longer", async () => {
    const at = await stage({ callbacks: { ringSeconds: 25 } });
    await at.abandons();
    await dialled(at);
    await at.test.advance(26_000);
    expect(await at.attempts()).toMatchObject([{ result: "no-answer" }]);
    expect(last(at)?.state).toBe("ended");
  });

  it("who declines is not called again; nor is who must not be called, and no phone rings then", async () => {
    const at = await stage();
    await at.abandons();
    const agent = await dialled(at);
    last(at)?.finish("declined", "remote", 603);
    await at.test.advance(1_000);
    expect(await at.task()).toMatchObject({ status: "closed", result: "declined" });
    await agent.unplug();
    await at.abandons();
    await agent.plugIn();
    at.refuse = { refused: true, code: "do-not-call", message: "不再拨打" };
    const task = (await at.tasks())[1];
    await at.click(task?.id ?? "");
    await at.test.advance(1_000);
    expect(agent.calls).toHaveLength(1);
    expect((await at.tasks())[1]).toMatchObject({ status: "closed", result: "refused" });
    expect(at.state()).toBe("available");
  });

  it("an agent who does not pick up, or hangs up while it rings, has made no attempt that counts", async () => {
    const at = await stage();
    await at.abandons();
    const agent = await at.phone();
    await at.click((await at.task()).id);
    await at.test.advance(25_000);
    expect(await at.attempts()).toMatchObject([{ result: "no-agent", dialledAt: null }]);
    expect(await at.task()).toMatchObject({ status: "open", attempts: 0 });
    await dialled(at, agent);
    await agent.hangup();
    await at.test.advance(1_000);
    expect(last(at)?.state).toBe("ended");
    expect((await at.attempts())[1]).toMatchObject({ result: "cancelled" });
    expect(await at.task()).toMatchObject({ status: "open", attempts: 0 });
  });

  it("is refused for an agent who talks, twice at once, in the quiet hours, and for what is closed", async () => {
    const at = await stage({ startAt: Date.parse("2026-03-02T20:30:00+08:00") });
    await at.abandons();
    const { id } = await at.task();
    await at.phone("1001");
    await at.phone("1002");
    const both = await Promise.allSettled([at.click(id), at.click(id, { agent: "1002" })]);
    expect(both.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected"]);
    const busy = both[0]?.status === "fulfilled" ? "1001" : "1002";
    await expect(at.click(id, { agent: busy })).rejects.toMatchObject({ code: "HTL_CALLBACKS_AGENT_NOT_FREE" });
    await at.test.advance(HOUR);
    await expect(at.click(id)).rejects.toMatchObject({ code: "HTL_CALLBACKS_QUIET_HOURS" });
    await at.click(id, { onRequest: true });
    await at.test.advance(HOUR);
    await expect(at.click("nothing", { onRequest: true })).rejects.toMatchObject({ code: "HTL_CALLBACKS_NOT_FOUND" });
    await expect(at.click(id, { agent: "9999", onRequest: true })).rejects.toMatchObject({ code: "HTL_ACD_UNKNOWN_AGENT" });
  });

  it("a citizen who reaches an agent by calling meanwhile is called no more", async () => {
    const at = await stage();
    await at.abandons();
    const other = await at.phone("1002");
    await dialled(at);
    const caller = await at.test.dial("12333", { from: CITIZEN });
    await at.test.advance(1_000);
    await other.answer();
    await at.test.advance(6_000);
    await caller.hangup();
    await at.test.advance(500);
    last(at)?.finish("busy", "remote", 486);
    await at.test.advance(1_000);
    expect(await at.task()).toMatchObject({ status: "closed", result: "reached" });
  });

  it("a citizen whose agent is lost at the moment of the answer goes to the next agent before all others", async () => {
    const at = await stage();
    await at.abandons();
    const agent = await dialled(at);
    const other = await at.phone("1002");
    const citizen = last(at);
    // Both in one moment: the answer was first.
    const answering = citizen?.answer();
    agent.call?.finish("remote-hangup", "remote");
    await answering;
    await at.test.advance(500);
    expect(other.ringing).toBe(true);
    await other.answer();
    await at.test.advance(6_000);
    expect(other.call?.leg?.bridgedWith.has(citizen?.leg as never)).toBe(true);
  });
});

describe("nobody is called for nothing, and nobody is lost", () => {
  it("a citizen who answers and has nobody to talk with is called again", async () => {
    const at = await stage();
    await at.abandons();
    const agent = await dialled(at);
    const citizen = last(at);
    const answering = citizen?.answer();
    agent.call?.finish("remote-hangup", "remote");
    await answering;
    await at.test.advance(2_000);
    await at.test.services.get(ACD).setAgentState("1001", "not-ready", { actor: "test" });
    await at.test.advance(30_000);
    citizen?.finish("remote-hangup", "remote");
    await at.test.advance(2_000);
    expect(await at.attempts()).toMatchObject([{ result: "answered" }]);
    expect(await at.task()).toMatchObject({ status: "open", result: null, attempts: 1 });
    expect((await at.task()).nextAt - at.test.clock.now()).toBeGreaterThan(25 * MINUTE);
  });

  it.each(["toll-concurrent", "toll-daily", "toll-hours", "check-failed"])("a refusal in passing (%s) is no attempt: a minute later it may be tried again", async (code) => {
    const at = await stage();
    await at.abandons();
    at.refuse = { refused: true, code, message: "not now" };
    await at.phone();
    await at.click((await at.task()).id);
    await at.test.advance(2_000);
    expect(at.rings).toHaveLength(0);
    expect(await at.attempts()).toMatchObject([{ result: "cancelled", dialledAt: null }]);
    expect(await at.task()).toMatchObject({ status: "open", attempts: 0 });
    at.refuse = undefined;
    await at.test.advance(MINUTE);
    await dialled(at, await at.phone("1002").then(() => at.phone("1001")));
    expect(at.rings).toHaveLength(1);
  });

  it("who must not be called is not, also where a number is dialled with digits before it", async () => {
    const at = await stage({ callbacks: { automatic: true, address: "tel:9{number}" } });
    await at.abandons();
    await at.test.services.get(CAMPAIGNS).addDoNotCall(CITIZEN, { actor: "test" });
    await at.phone();
    await at.test.advance(10_000);
    expect(await at.task()).toMatchObject({ status: "closed", result: "refused" });
  });
});

describe("a process that dies", () => {
  async function restarted(before: (at: Stage) => Promise<void>): Promise<Stage> {
    folder = mkdtempSync(join(tmpdir(), "callbacks-"));
    const at = await stage({ dataDir: folder, callbacks: { automatic: true } });
    await at.abandons();
    await before(at);
    // The database as a crash leaves it: what was committed, and nothing of the tidying of a stop.
    const copy = mkdtempSync(join(tmpdir(), "callbacks-crash-"));
    cpSync(folder, copy, { recursive: true });
    const now = at.test.clock.now();
    await crash(at);
    rmSync(folder, { recursive: true, force: true });
    folder = copy;
    return stage({ dataDir: copy, callbacks: { automatic: true }, startAt: now + 5_000, seed: 2 });
  }

  it("between the dial and its result leaves exactly one attempt, uncertain: listed, never dialled again by itself", async () => {
    const at = await restarted(async (before) => {
      const agent = await before.phone();
      await before.test.advance(500);
      await agent.answer();
      await before.test.advance(8_000);
      expect(before.rings).toHaveLength(1);
    });
    const agent = await at.phone();
    await at.test.advance(5 * HOUR);
    expect(agent.calls).toHaveLength(0);
    expect(at.rings).toHaveLength(0);
    expect(await at.task()).toMatchObject({ status: "uncertain", attempts: 1 });
    expect(await at.attempts()).toMatchObject([{ result: "uncertain" }]);
    // By hand it may be.
    await at.click((await at.task()).id);
    await at.test.advance(500);
    expect(agent.ringing).toBe(true);
  });

  it("while the agent rings has dialled nobody: the plan calls again", async () => {
    const at = await restarted(async (before) => {
      const agent = await before.phone();
      await before.test.advance(500);
      expect(agent.ringing).toBe(true);
    });
    expect(await at.attempts()).toMatchObject([{ result: "cancelled", dialledAt: null }]);
    const agent = await at.phone();
    await at.test.advance(2 * MINUTE);
    expect(agent.calls).toHaveLength(1);
  });
});

describe("the agent's phone breaks off in the talk", () => {
  const talking = async (): Promise<{ at: Stage; agent: Awaited<ReturnType<Stage["phone"]>> }> => {
    const at = await stage();
    await at.abandons();
    const agent = await dialled(at);
    await last(at)?.answer();
    await at.test.advance(1_000);
    expect(at.test.services.get(AGENT_CALLS).current("1001")).toMatchObject({ state: "talking", direction: "outbound", citizenNumber: CITIZEN });
    return { at, agent };
  };

  it("the citizen hears music and has the agent again once the phone is back; the agent is taken all along", async () => {
    const { at, agent } = await talking();
    await agent.unplug();
    expect(last(at)?.leg?.texts.at(-1)).toMatch(/^[0-9a-f]{64}$/);
    expect(at.state()).toBe("occupied");
    await at.test.advance(20_000);
    await agent.plugIn();
    await agent.answer();
    await at.test.advance(500);
    expect(agent.call?.leg?.bridgedWith.has(last(at)?.leg as never)).toBe(true);
    await agent.hangup();
    await at.test.advance(1_000);
    expect(last(at)?.state).toBe("ended");
    expect(at.state()).toBe("wrap-up");
    expect(await at.task()).toMatchObject({ status: "closed", result: "reached" });
  });

  it("for good: the citizen is first in the queue, and another agent's", async () => {
    const { at, agent } = await talking();
    await agent.unplug();
    await at.test.advance(30_500);
    expect(at.test.services.get(ACD).waiting("q")).toMatchObject([{ channel: "voice", priority: 100 }]);
    const second = await at.phone("1002");
    await at.test.advance(500);
    await second.answer();
    await at.test.advance(5_000);
    expect(second.call?.leg?.bridgedWith.has(last(at)?.leg as never)).toBe(true);
    await last(at)?.finish("remote-hangup", "remote");
    await at.test.advance(1_000);
    expect(await at.task()).toMatchObject({ status: "closed", result: "reached" });
  });

  it("given on to a colleague by the agent, the citizen keeps the agent from nothing", async () => {
    const { at } = await talking();
    const second = await at.phone("1002");
    const given = at.test.services.get(AGENT_CALLS).transfer("1001", "1002", "user-1001");
    await at.test.advance(500);
    await given;
    await second.answer();
    await at.test.advance(1_000);
    expect(second.call?.leg?.bridgedWith.has(last(at)?.leg as never)).toBe(true);
    expect(at.state()).toBe("wrap-up");
    await second.hangup();
    await at.test.advance(1_000);
    expect(last(at)?.state).toBe("ended");
    expect(await at.task()).toMatchObject({ status: "closed", result: "reached" });
  });
});

describe("settings that name what is not there", () => {
  const state = async (callbacks: CallbacksOptions): Promise<string> => {
    const { test } = await stage({ callbacks });
    return (await test.hotline.health()).plugins.flatMap(({ name, message }) => (name === "callbacks" ? [message ?? "well"] : [])).join();
  };

  it.each<[CallbacksOptions, string]>([
    [{ calendar: "nowhere" }, "There is no calendar nowhere"],
    [{ agentPrompt: "nothing" }, "There is no prompt nothing"],
    [{ agentPrompt: { id: "nothing" } }, "There is no prompt nothing"],
  ])("%j are told at the start, not when the first citizen is to be called", async (callbacks, message) => {
    expect(await state(callbacks)).toContain(message);
  });

  it("words of one's own, a beep and a prompt that is there are fine", async () => {
    for (const agentPrompt of [{ text: "回拨" }, false, "callbacks.agent"] as const) expect(await state({ agentPrompt })).toBe("well");
  });
});
