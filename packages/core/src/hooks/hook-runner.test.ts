import { beforeEach, describe, expect, it } from "vitest";
import type { OutboundContext, RouteContext } from "../contracts/route.js";
import type { IvrNodeContext } from "../contracts/ivr.js";
import type { TicketTransition } from "../contracts/ticket.js";
import { createSilentLogger } from "../log/pino-logger.js";
import { VirtualClock } from "../time/virtual-clock.js";
import { createHooks } from "./hooks.js";
import { HookRunner } from "./hook-runner.js";
import { pluginHooks } from "./taps.js";

let clock: VirtualClock;
let hooks: ReturnType<typeof createHooks>;
let runner: HookRunner;
let degraded: string[];

beforeEach(() => {
  clock = new VirtualClock();
  hooks = createHooks();
  degraded = [];
  runner = new HookRunner(hooks, { clock, log: createSilentLogger(), degraded: (_tap, { plugin, hook, mutedUntil }) => degraded.push(`${plugin}:${hook}${mutedUntil === undefined ? " not muted" : ""}`), recovered: (_tap, plugin, hook) => degraded.push(`${plugin}:${hook} works`) });
});

const route = (): RouteContext => ({}) as RouteContext;
const outbound = (): OutboundContext => ({ to: "tel:1" }) as OutboundContext;

describe("hooks", () => {
  it("runs taps by stage, then in the order of the plugins, and hands the plan along", async () => {
    const order: string[] = [];
    pluginHooks(hooks, "policy").callRoute.tap((plan) => (order.push("policy"), { ...plan, target: `${plan.target}!` }), { stage: 10 });
    pluginHooks(hooks, "a").callRoute.tap((plan) => (order.push("a"), { ...plan, target: "a" }));
    pluginHooks(hooks, "b").callRoute.tap(() => void order.push("b"));
    pluginHooks(hooks, "guard").callRoute.tap(() => void order.push("guard"), { stage: -100 });
    const plan = await runner.callRoute({ handler: "flow", target: "" }, route());
    expect(order).toEqual(["guard", "a", "b", "policy"]);
    expect(plan.target).toBe("a!");
  });

  it("skips a tap that throws where the hotline must answer", async () => {
    pluginHooks(hooks, "bad").callArrival.tap(() => {
      throw new Error("no");
    });
    pluginHooks(hooks, "good").callArrival.tap(() => ({ accept: false, reason: "blocked" }));
    expect(await runner.callArrival({} as never)).toEqual({ accept: false, reason: "blocked" });
  });

  it("cuts a tap off at the budget of the whole run", async () => {
    pluginHooks(hooks, "slow").callRoute.tap(() => new Promise(() => undefined));
    pluginHooks(hooks, "next").callRoute.tap((plan) => ({ ...plan, target: "kept" }));
    const run = runner.callRoute({ handler: "flow", target: "x" }, route());
    await clock.advance(499);
    let done = false;
    void run.then(() => (done = true));
    await clock.advance(0);
    expect(done).toBe(false);
    await clock.advance(2);
    // The budget is spent: a later tap that answers at once is still heard.
    expect(await run).toEqual({ handler: "flow", target: "kept" });
  });

  it("refuses an outgoing call when a check fails or is late", async () => {
    pluginHooks(hooks, "dnc").callOutbound.tap(() => Promise.reject(new Error("database away")));
    expect(await runner.callOutbound(outbound())).toMatchObject({ refused: true, code: "check-failed" });
    hooks = createHooks();
    runner = new HookRunner(hooks, { clock, log: createSilentLogger(), degraded: () => undefined, recovered: () => undefined });
    pluginHooks(hooks, "dnc").callOutbound.tap(() => new Promise(() => undefined));
    const late = runner.callOutbound(outbound());
    await clock.advance(501);
    expect(await late).toMatchObject({ refused: true, code: "check-failed" });
  });

  it("never mutes a fail-closed tap, however often it fails", async () => {
    pluginHooks(hooks, "gate").ticketTransition.tap(() => {
      throw new Error("down");
    });
    for (let i = 0; i < 12; i++) expect(await runner.ticketTransition({} as TicketTransition)).toMatchObject({ veto: true });
    // Told all the same: nobody can move a ticket.
    expect(degraded).toEqual(["gate:ticketTransition not muted", "gate:ticketTransition not muted"]);
  });

  it("mutes a tap after five failures in a row for a minute and tells it", async () => {
    let calls = 0;
    pluginHooks(hooks, "bad").callArrival.tap(() => {
      calls++;
      throw new Error("no");
    });
    for (let i = 0; i < 8; i++) await runner.callArrival({} as never);
    expect(calls).toBe(5);
    expect(degraded).toEqual(["bad:callArrival"]);
    await clock.advance(60_001);
    await runner.callArrival({} as never);
    expect(calls).toBe(6);
  });

  it("tells when a tap that was muted works again, once", async () => {
    let broken = true;
    pluginHooks(hooks, "flaky").callArrival.tap(() => {
      if (broken) throw new Error("no");
    });
    for (let i = 0; i < 5; i++) await runner.callArrival({} as never);
    broken = false;
    await runner.callArrival({} as never);
    expect(degraded).toEqual(["flaky:callArrival"]);
    await clock.advance(60_001);
    for (let i = 0; i < 3; i++) await runner.callArrival({} as never);
    expect(degraded).toEqual(["flaky:callArrival", "flaky:callArrival works"]);
  });

  it("does not count a node that was torn off by its caller's hang-up", async () => {
    const gone = { signal: AbortSignal.abort() } as unknown as IvrNodeContext;
    pluginHooks(hooks, "ivr").ivrNode.for("play").tap(({ signal }) => {
      signal.throwIfAborted();
      return { outcome: "done" };
    });
    for (let i = 0; i < 7; i++) await expect(runner.ivrNode("play", gone)).rejects.toThrow();
    expect(degraded).toEqual([]);
    expect(await runner.ivrNode("play", { signal: new AbortController().signal } as IvrNodeContext)).toEqual({ outcome: "done" });
  });

  it("lets a node's failure reach the flow, and gives nodes no budget", async () => {
    pluginHooks(hooks, "ivr").ivrNode.for("play").tap(() => {
      throw new Error("no voice");
    });
    await expect(runner.ivrNode("play", {} as IvrNodeContext)).rejects.toThrow("no voice");
    expect(await runner.ivrNode("unknown", {} as IvrNodeContext)).toBeUndefined();
  });

  it("un-taps, and tells of a mistyped hook with the list of hooks", async () => {
    const untap = pluginHooks(hooks, "a").callArrival.tap(() => ({ accept: false, reason: "x" }));
    untap();
    expect(await runner.callArrival({} as never)).toBeUndefined();
    expect(() => (pluginHooks(hooks, "a") as unknown as Record<string, unknown>).callArival).toThrow(/callArival.*callArrival, callRoute/);
  });
});
