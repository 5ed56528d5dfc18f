import { createContext, runInContext } from "node:vm";
import { ActivityCounter, createHotline, createPinoLogger, createSilentLogger, CALL_CONTROL, CALL_PIPELINE, defineEvent, definePlugin, HEALTH, JOBS, MESSAGE_INTAKE, READ_POOL, ROUTES, TICKET_GATE, token, VirtualClock } from "@hotlinejs/core";
import type { Admission, EventMap, HttpRequest, Logger, Plugin, PluginContext, PluginDefinition, PluginHealth, RoutePlan } from "@hotlinejs/core";
import { createTestHotline, type TestHotline } from "@hotlinejs/testing";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";

type Empty = Record<string, never>;
type Register = (context: PluginContext<Empty>) => void;

function plugin(name: string, register: Register = () => undefined, extra: Partial<PluginDefinition<Empty, Empty>> = {}): Plugin {
  return definePlugin<Empty, Empty>({ name, version: "0.1.0", core: "*", config: z.strictObject({}) as unknown as z.ZodType<Empty, Empty>, register, ...extra })();
}

/** Answers every call and says goodbye after ten seconds. Its own tap is asked last but for audit. */
const desk = plugin("desk", ({ hooks, services }) => {
  hooks.callRoute.tap((plan) => ({ ...plan, handler: "desk", target: plan.target === "" ? "plain" : plan.target }), { stage: 50 });
  services.get(CALL_PIPELINE).handler("desk", async ({ call }) => {
    await call.answer();
    await call.ended;
  });
});

let test: TestHotline;
let told: string[];
const listener = plugin("listener", ({ events }) => {
  events.handle("plugin.degraded", ({ plugin: name, hook, failures, mutedMs }) => void told.push(`${name} degraded at ${hook} after ${failures}, muted ${mutedMs}`));
  events.handle("plugin.recovered", ({ plugin: name, hook }) => void told.push(`${name} recovered at ${hook}`));
  events.handle("plugin.failed", ({ plugin: name, phase, code }) => void told.push(`${name} failed to ${phase}: ${code}`));
});

async function start(...plugins: Plugin[]): Promise<TestHotline> {
  told = [];
  // The real logger: what is thrown is also logged.
  test = await createTestHotline({ plugins: [listener, ...plugins, desk], logger: createPinoLogger({ name: "isolation", level: "silent" }) });
  return test;
}
/** Of a group whose tests start a hotline each. */
const closing = (): void => void afterEach(() => test.close());

/** Somebody calls, is answered whatever the plugins do, and hangs up; the record is complete. */
async function callGoesOn(): Promise<void> {
  const caller = await test.dial("12333");
  await test.advance(6_000);
  expect(caller.answered).toBe(true);
  await caller.hangup();
  await test.advance(6_000);
  expect(await test.services.get(READ_POOL).read((em) => em.execute("select id from core_interaction where ended_at is null"))).toEqual([]);
}

/** Health while the clock goes on: a report may have to run into its limit. */
async function healthOf(name: string): Promise<PluginHealth | undefined> {
  const report = test.services.get(HEALTH).report();
  await test.advance(3_000);
  return (await report).plugins.find((each) => each.name === name);
}

const foreign = (code: string): unknown => runInContext(code, createContext({}));
const hangs = (): Promise<never> => new Promise(() => undefined);
const notForYou = (): never => {
  throw new Error("not for you");
};
const unreadable = new Proxy({}, { get: notForYou, getPrototypeOf: notForYou, ownKeys: notForYou });

const misdeeds: readonly (readonly [string, () => unknown])[] = [
  ["throws", () => { throw new Error("no"); }],
  ["throws nothing", () => { throw undefined as unknown as Error; }],
  ["throws a frozen error", () => { throw Object.freeze(new Error("cold")); }],
  ["throws what cannot be read", () => { throw unreadable as unknown as Error; }],
  ["rejects", () => Promise.reject(new Error("no"))],
  ["rejects in another realm", () => foreign("Promise.reject(new Error('far away'))")],
  ["hangs", hangs],
  ["returns a thenable that throws", () => ({ then: () => { throw new Error("no then"); } })],
  ["returns null", () => null],
  ["returns true", () => true],
  ["returns a number", () => 42],
  ["returns a string", () => "yes"],
  ["returns a list", () => [1, 2]],
  ["returns a function", () => () => undefined],
  ["returns an object of another kind", () => ({ accept: "perhaps", handler: 7, refused: "no", veto: 1 })],
  ["returns what cannot be read", () => unreadable],
  ["returns a promise of rubbish", () => Promise.resolve({ handler: null, accept: null })],
];

/** One misdeed after the other in one hotline. Between them the minute passes for which a tap that failed too often is muted. */
async function each(run: () => Promise<void>, which = misdeeds): Promise<void> {
  for (const [what, misdeed] of which) {
    current = misdeed;
    try {
      await run();
    } catch (cause) {
      throw new Error(`a plugin that ${what}: ${String(cause)}`, { cause });
    }
    await test.advance("61s");
  }
}
let current: () => unknown;
const misbehave = (): undefined => current() as undefined;

describe("a tap that misbehaves", () => {
  closing();
  it("at arrival, route and end is passed over: the call goes on", async () => {
    let asked = 0;
    await start(plugin("rogue", ({ hooks }) => {
      hooks.callArrival.tap(() => (asked++, misbehave()));
      hooks.callRoute.tap(misbehave);
      hooks.callEnd.tap(misbehave);
    }));
    await each(callGoesOn);
    expect(asked).toBe(misdeeds.length);
  });

  it("where failing must be safe refuses", async () => {
    await start(plugin("rogue", ({ hooks }) => {
      hooks.callOutbound.tap(misbehave);
      hooks.ticketTransition.tap(misbehave);
    }));
    await each(refuses);
    await callGoesOn();
  });
  async function refuses(): Promise<void> {
    const dialled = test.services.get(CALL_CONTROL).originate({ to: "tel:13800138000", interactionId: "0198", purpose: "callback", role: "citizen" }).then(() => "dialled", (error: { code?: string }) => error.code);
    const veto = test.services.get(TICKET_GATE).ask({ ticketId: "t", serial: null, kind: "k", from: null, to: "open", action: "create", actor: "citizen", data: {}, within: () => undefined });
    await test.advance(2_000);
    expect(await dialled).toBe("HTL_CORE_OUTBOUND_REFUSED");
    expect(await veto).toMatchObject({ veto: true, code: "check-failed" });
  }

  it("leaves a message to the next tap", async () => {
    await start(plugin("rogue", ({ hooks }) => void hooks.messageArrival.tap(misbehave)), plugin("takes", ({ hooks }) => void hooks.messageArrival.tap(() => ({ accepted: true, ref: "ticket:1" }))));
    let messages = 0;
    await each(async () => {
      const taken = test.services.get(MESSAGE_INTAKE).arrive({ channel: "email", externalId: `<${messages++}@x>`, from: "a@x", to: "b@x", text: "", attachments: [], receivedAt: test.clock.now() });
      await test.advance(6_000);
      expect(await taken).toEqual({ accepted: true, ref: "ticket:1" });
    });
  });

  it("after five failures is muted, seen in health and told; works again, and that is seen and told", async () => {
    let broken = true;
    await start(plugin("rogue", ({ hooks }) => void hooks.callArrival.tap((): Admission | undefined => {
      if (broken) throw new Error("no list");
      return undefined;
    })));
    expect(await healthOf("rogue")).toEqual({ name: "rogue", version: "0.1.0", state: "running", ok: true });
    const callers = [];
    for (let i = 0; i < 5; i++) callers.push(await test.dial("12333"));
    for (const caller of callers) await caller.hangup();
    expect(told).toEqual(["rogue degraded at callArrival after 5, muted 60000"]);
    expect(await healthOf("rogue")).toMatchObject({ state: "degraded", ok: false, message: "failing again and again: callArrival", taps: [{ hook: "callArrival", failures: 5, why: "no list", mutedUntil: expect.any(Number) as number }] });
    expect((await test.hotline.health()).ok).toBe(false);
    broken = false;
    await callGoesOn();
    expect((await healthOf("rogue"))?.state).toBe("degraded");
    await test.advance("61s");
    await callGoesOn();
    expect(told.slice(1)).toEqual(["rogue recovered at callArrival"]);
    expect(await healthOf("rogue")).toMatchObject({ state: "running", ok: true });
  });

  it("where failing must be safe is told too, but asked for ever", async () => {
    let asked = 0;
    await start(plugin("rogue", ({ hooks }) => void hooks.ticketTransition.tap(() => {
      asked++;
      throw new Error("no");
    })));
    for (let i = 0; i < 7; i++) await test.services.get(TICKET_GATE).ask({ ticketId: "t", serial: null, kind: "k", from: null, to: "open", action: "create", actor: "citizen", data: {}, within: () => undefined });
    expect(asked).toBe(7);
    expect(told).toEqual(["rogue degraded at ticketTransition after 5, muted null"]);
    expect((await healthOf("rogue"))?.taps).toMatchObject([{ hook: "ticketTransition", mutedUntil: null }]);
  });

  it("cannot change the plan but by returning another, nor what was asked about", async () => {
    const seen: RoutePlan[] = [];
    const dialled: string[] = [];
    await start(
      plugin("rogue", ({ hooks }) => {
        hooks.callRoute.tap((plan) => {
          (plan as { target: string }).target = "stolen";
          throw new Error("and gone");
        });
        hooks.callOutbound.tap((request) => void ((request as { to: string }).to = "tel:0900"));
      }),
      plugin("sees", ({ hooks }) => {
        hooks.callRoute.tap((plan) => void seen.push(plan), { stage: 100 });
        hooks.callOutbound.tap(({ to }) => void dialled.push(to), { stage: -100 });
      }),
    );
    await callGoesOn();
    expect(seen).toMatchObject([{ handler: "desk", target: "plain" }]);
    await expect(test.services.get(CALL_CONTROL).originate({ to: "tel:110", interactionId: "0198", purpose: "callback", role: "citizen" })).rejects.toMatchObject({ code: "HTL_CORE_OUTBOUND_REFUSED" });
    expect(dialled).toEqual(["tel:110"]);
  });

  it.each<[string, () => unknown]>([
    ["frozen", () => Object.freeze({ handler: "desk", target: "vip", params: Object.freeze({ a: 1 }) })],
    ["of another realm", () => foreign("({ handler: 'desk', target: 'vip', params: { a: 1 } })")],
    ["without a prototype", () => Object.assign(Object.create(null) as object, { handler: "desk", target: "vip", params: { a: 1 } })],
    ["promised in another realm", () => foreign("Promise.resolve({ handler: 'desk', target: 'vip', params: { a: 1 } })")],
    ["with more than is known", () => ({ handler: "desk", target: "vip", params: { a: 1 }, colour: "red" })],
  ])("no misdeed: a plan %s is taken as it is meant", async (_what, plan) => {
    const seen: RoutePlan[] = [];
    await start(plugin("odd", ({ hooks }) => void hooks.callRoute.tap(plan as () => RoutePlan)), plugin("sees", ({ hooks }) => void hooks.callRoute.tap((given) => void seen.push(given), { stage: 100 })));
    await callGoesOn();
    expect(seen).toMatchObject([{ handler: "desk", target: "vip", params: { a: 1 } }]);
  });

  it("is slow, and late taps of others are still heard", async () => {
    await start(plugin("slow", ({ hooks, services }) => void hooks.callArrival.tap(async () => {
      await test.clock.sleep(290);
      void services;
      return undefined;
    })), plugin("guard", ({ hooks }) => void hooks.callArrival.tap(({ call }) => (call.from.number === "13800138001" ? { accept: false, reason: "blocked", status: 603 } : undefined))));
    const blocked = await test.dial("12333", { from: "13800138001" });
    await test.advance(500);
    expect(blocked.end).toMatchObject({ status: 603 });
    await callGoesOn();
    expect((await healthOf("slow"))?.state).toBe("running");
  });

  it("takes itself out while it runs: it is not asked again, and the others are", async () => {
    const asked: string[] = [];
    await start(plugin("once", ({ hooks }) => {
      const untap = hooks.callRoute.tap(() => {
        untap();
        untap();
        asked.push("once");
      });
      hooks.callRoute.tap(() => void asked.push("after"));
    }));
    await callGoesOn();
    await callGoesOn();
    expect(asked).toEqual(["once", "after", "after"]);
  });

  it("has a mistyped name: the error lists the hooks", async () => {
    await start();
    const failing = createTestHotline({ plugins: [plugin("typo", ({ hooks }) => void (hooks as unknown as { callArival: { tap(): void } }).callArival.tap())] });
    await expect(failing).rejects.toMatchObject({ code: "HTL_CORE_HOOK_UNKNOWN", message: expect.stringMatching(/callArival.*callArrival, callRoute, callOutbound, ivrNode, callEnd, messageArrival, ticketTransition, notify/) as string });
    await callGoesOn();
  });
});

describe("an event handler that misbehaves", () => {
  closing();
  it("fails nobody", async () => {
    const heard: string[] = [];
    const late: unknown[] = [];
    const logger: Logger = {
      ...createSilentLogger(),
      child: () => logger,
      error: (fields) => {
        const { event, err } = fields as { event?: string; err?: unknown };
        // What else was thrown may not be looked at.
        if (event !== undefined && err !== unreadable && (err as { code?: string } | undefined)?.code === "HTL_CORE_EVENT_HANDLER_TIMEOUT") late.push(event);
      },
    };
    test = await createTestHotline({ logger, plugins: [desk, plugin("rogue", ({ events }) => {
      for (const name of ["interaction.started", "leg.answered", "interaction.ended"] as const) events.handle(name, misbehave as (payload: EventMap[typeof name]) => void);
      events.on("interaction.started").subscribe(() => misbehave());
    }), plugin("hears", ({ events }) => void events.handle("interaction.started", () => void heard.push("started")))] });
    await each(callGoesOn);
    expect(heard).toHaveLength(misdeeds.length);
    // Nobody waits for one that hangs; after a minute it is told of.
    expect(late).toEqual(["interaction.started", "leg.answered", "interaction.ended"]);
  });
});

describe("an event handler that changes what it is told", () => {
  closing();
  it("changes it for nobody else", async () => {
    const heard: unknown[] = [];
    await start(
      plugin("rogue", ({ events }) => {
        events.handle("interaction.started", (payload) => void delete (payload as Partial<typeof payload>).callerNumber);
        events.handle("interaction.started", (_payload, envelope) => void Object.assign(envelope, { payload: {} }));
        events.on("interaction.started").subscribe(({ payload }) => void Object.assign(payload, { callerNumber: "forged" }));
      }),
      plugin("hears", ({ events }) => {
        events.handle("interaction.started", ({ callerNumber }, { payload }) => void heard.push(callerNumber, payload.callerNumber));
        events.on("interaction.started").subscribe(({ payload }) => void heard.push(payload.callerNumber));
      }),
    );
    await callGoesOn();
    expect(heard).toEqual(["13800138000", "13800138000", "13800138000"]);
  });
});

describe("a call handler that misbehaves", () => {
  closing();
  it("leaves the call to the fallback", async () => {
    const failing = misdeeds.filter(([what]) => what.startsWith("throws") || what.startsWith("rejects"));
    told = [];
    test = await createTestHotline({
      plugins: [
        plugin("rogue", ({ hooks, services }) => {
          hooks.callRoute.tap((plan) => ({ ...plan, handler: "rogue" }), { stage: 60 });
          services.get(CALL_PIPELINE).handler("rogue", () => current() as Promise<void>);
        }),
        desk,
      ],
      calls: { fallback: { handler: "desk", target: "plain" } },
    });
    for (const [, misdeed] of failing) {
      current = misdeed;
      await callGoesOn();
    }
  });
});

describe("a call handler that goes on after the caller hung up", () => {
  closing();
  it.each<[string, "ends at once" | "hangs", number]>([
    ["is warned of", "hangs", 1],
    ["is not warned of where the call ended because it was through", "ends at once", 0],
  ])("%s", async (_what, does, warnings) => {
    const warned: string[] = [];
    const logger = { ...createSilentLogger(), warn: (_fields: object, text: string) => void warned.push(text) } as Logger;
    Object.assign(logger, { child: () => logger });
    told = [];
    test = await createTestHotline({
      plugins: [
        plugin("brief", ({ services }) => {
          services.get(CALL_PIPELINE).handler("brief", async ({ call }) => {
            await call.answer();
            if (does === "hangs") await hangs();
          });
        }),
      ],
      calls: { initial: { handler: "brief", target: "" } },
      logger,
    });
    const caller = await test.dial("12333");
    await test.advance(1_000);
    await caller.hangup();
    await test.advance(6_000);
    expect(test.services.get(CALL_PIPELINE).active).toBe(0);
    expect(warned.filter((text) => text.includes("goes on after the caller hung up"))).toHaveLength(warnings);
  });
});

describe("a plugin that is not critical", () => {
  closing();
  const failures: readonly (readonly [string, () => unknown, string])[] = [
    ["throws", () => { throw new Error("no printer"); }, "HTL_CORE_PLUGIN_FAILED"],
    ["rejects", () => Promise.reject(new Error("no printer")), "HTL_CORE_PLUGIN_FAILED"],
  ];
  it.each((["ready", "start"] as const).flatMap((phase) => failures.map(([what, fn, code]) => [what, phase, fn, code] as const)))("and %s in %s is taken out; its taps, nodes, handlers and routes with it", async (_what, phase, fn, code) => {
    const log: string[] = [];
    await start(
      plugin("extra", ({ hooks, events, onReady, onStart, onStop }) => {
        hooks.callArrival.tap(() => ({ accept: false, reason: "never" }));
        events.handle("interaction.started", () => void log.push("heard"));
        (phase === "ready" ? onReady : onStart)(fn as () => void);
        onStop(() => void log.push("stopped"));
      }, { critical: false, routes: [{ method: "GET", path: "/api/extra", permission: "public", summary: "", handler: () => Promise.resolve("served") }] }),
      plugin("dependant", () => undefined, { critical: false, requires: ["extra"] }),
    );
    // What it had begun is let go of at once.
    expect(log).toEqual(["stopped"]);
    expect(told).toEqual([`extra failed to ${phase}: ${code}`, `dependant failed to ${phase}: HTL_CORE_PLUGIN_REQUIREMENT_FAILED`]);
    expect(await healthOf("extra")).toMatchObject({ state: "failed", ok: false, code, message: expect.stringContaining("no printer") as string });
    expect(await healthOf("dependant")).toMatchObject({ state: "failed", code: "HTL_CORE_PLUGIN_REQUIREMENT_FAILED" });
    const route = test.services.get(ROUTES).find((each) => each.plugin === "extra")?.route;
    await expect(route?.handler({} as HttpRequest<never, never, never>)).rejects.toMatchObject({ code: "HTL_CORE_PLUGIN_UNAVAILABLE", status: 503 });
    await callGoesOn();
    expect(log).toEqual(["stopped"]);
  });

  it.each<[string, Register, string]>([
    ["throws", () => { throw new Error("no printer"); }, "HTL_CORE_PLUGIN_FAILED"],
    ["is asynchronous and rejects", (() => Promise.reject(new Error("no printer"))) as Register, "HTL_CORE_PLUGIN_ASYNC_REGISTER"],
    ["is asynchronous and hangs", (() => hangs()) as unknown as Register, "HTL_CORE_PLUGIN_ASYNC_REGISTER"],
    ["offers what it did not declare", ({ services }) => services.provide(token("extra.thing"), () => 1), "HTL_CORE_TOKEN_UNDECLARED"],
    ["needs what nobody offers", ({ services }) => void services.get(token("extra.nobody")), "HTL_CORE_TOKEN_MISSING"],
  ])("and whose register %s is taken out", async (_what, register, code) => {
    await start(plugin("extra", register, { critical: false }));
    expect(told).toEqual([`extra failed to register: ${code}`]);
    expect(await healthOf("extra")).toMatchObject({ state: "failed", code });
    await callGoesOn();
  });

  it.each(["ready", "start"] as const)("and hangs in %s is taken out at the limit of the phase", async (phase) => {
    const clock = new VirtualClock();
    const activity = new ActivityCounter();
    const dataDir = mkdtempSync(join(tmpdir(), "hotline-hang-"));
    let begun: () => void = () => undefined;
    const hanging = new Promise<void>((resolve) => (begun = resolve));
    const hang = (): Promise<void> => (begun(), hangs());
    const hotline = createHotline({ dataDir, clock, activity, logger: createSilentLogger(), plugins: [plugin("extra", ({ onReady, onStart }) => (phase === "ready" ? onReady : onStart)(hang), { critical: false })] });
    const started = hotline.start();
    // Not before: the migrations have a limit on the same clock, and take real time.
    await hanging;
    while (hotline.state !== "running") await clock.advance(5_000, activity);
    await started;
    expect((await hotline.health()).plugins).toMatchObject([{ name: "extra", state: "failed", code: "HTL_CORE_PLUGIN_TIMEOUT" }]);
    await hotline.stop({ drain: false });
    rmSync(dataDir, { recursive: true, force: true });
    await start();
  });

  it("and fails keeps its jobs: they wait in the table, one that ran is put back, and they run when it is back", async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "hotline-jobs-"));
    const ran: string[] = [];
    let broken = false;
    const begin = async (hours: number): Promise<void> => {
      let begun: () => void = () => undefined;
      const running = new Promise<void>((resolve) => (begun = resolve));
      told = [];
      test = await createTestHotline({
        dataDir,
        startAt: Date.UTC(2026, 2, 2, 1 + hours),
        plugins: [
          listener,
          desk,
          plugin("extra", ({ jobs, onStart }) => {
            jobs.define("extra.print", {
              handler: async (_payload, { attempt, signal }) => {
                ran.push(`try ${attempt}`);
                begun();
                if (broken) await new Promise((_resolve, reject) => signal.addEventListener("abort", () => reject(new Error("told to end"))));
                ran.push("printed");
              },
            });
            onStart(async () => {
              if (!broken) return;
              await running;
              throw new Error("no printer");
            });
          }, { critical: false }),
        ],
      });
    };
    await begin(0);
    await test.services.get(JOBS).enqueue({ name: "extra.print", payload: {}, runAt: test.clock.now() + 3_600_000 });
    await test.close();

    broken = true;
    await begin(2);
    expect(told).toEqual(["extra failed to start: HTL_CORE_PLUGIN_FAILED"]);
    // Others may still ask for its jobs; none of them runs.
    await test.services.get(JOBS).enqueue({ name: "extra.print", payload: {} });
    await test.advance("1h");
    expect(ran).toEqual(["try 1"]);
    expect(await test.services.get(READ_POOL).read((em) => em.execute("select state, attempts from core_job where name = 'extra.print'"))).toEqual([{ state: "waiting", attempts: 0 }, { state: "waiting", attempts: 0 }]);
    await callGoesOn();
    await test.close();

    broken = false;
    await begin(5);
    await test.advance(100);
    expect(ran).toEqual(["try 1", "try 1", "printed", "try 1", "printed"]);
    await test.close();
    rmSync(dataDir, { recursive: true, force: true });
  });

  it("reports its health late, wrongly or not at all: that is said, and the rest is told", async () => {
    await start(
      plugin("late", ({ health }) => health(hangs)),
      plugin("wrong", ({ health }) => health((() => "fine") as unknown as () => { ok: boolean })),
      plugin("throws", ({ health }) => health(() => { throw new Error("no idea"); })),
      plugin("ill", ({ health }) => health(() => ({ ok: false, message: "no paper", details: { sheets: 0 } }))),
    );
    expect(await healthOf("late")).toMatchObject({ state: "degraded", message: "The health report of plugin late took longer than 2000 ms" });
    expect(await healthOf("wrong")).toMatchObject({ state: "degraded", message: "its health report is no { ok: boolean }" });
    expect(await healthOf("throws")).toMatchObject({ state: "degraded", message: "no idea" });
    expect(await healthOf("ill")).toMatchObject({ state: "degraded", message: "no paper", details: { sheets: 0 } });
    expect(await healthOf("desk")).toMatchObject({ state: "running" });
    await callGoesOn();
  });
});

type Ending = "drain" | "drained" | "stop";

describe("stopping", () => {
  closing();
  it.each<[string, Ending, () => unknown]>((["drain", "drained", "stop"] as const).flatMap((phase) => [
    ["throws", phase, () => { throw new Error("no"); }] as [string, Ending, () => unknown],
    ["rejects", phase, () => Promise.reject(new Error("no"))] as [string, Ending, () => unknown],
    ["hangs", phase, hangs] as [string, Ending, () => unknown],
  ]))("ends although a plugin %s in %s; the others, and the rest of it, let go", async (_what, phase, fn) => {
    const log: string[] = [];
    await start(plugin("first", ({ onDrain, onStop }) => {
      onDrain(() => void log.push("first drained"));
      onStop(() => void log.push("first stopped"));
    }), plugin("rogue", ({ onDrain, onDrained, onStop }) => {
      onStop(() => void log.push("rogue let go of the rest"));
      ({ drain: onDrain, drained: onDrained, stop: onStop })[phase](fn as () => void);
    }));
    await callGoesOn();
    await test.close({ drain: true });
    expect(test.hotline.state).toBe("stopped");
    expect(log).toEqual(fn === hangs && phase === "stop" ? ["first drained", "first stopped"] : ["first drained", "rogue let go of the rest", "first stopped"]);
  });
});

describe("what cannot work is a coded error before anything is opened", () => {
  beforeAll(() => start());
  afterAll(() => test.close());
  const THING = token<object>("isolation.thing");
  const gives = (name: string): Plugin => plugin(name, ({ services }) => services.provide(THING, () => ({})), { provides: [THING] });
  it.each<[string, readonly Plugin[], string, RegExp]>([
    ["two versions of one plugin", [plugin("a", undefined, { version: "0.1.0" }), plugin("a", undefined, { version: "0.2.0" })], "HTL_CORE_PLUGIN_DUPLICATE", /0\.1\.0 and 0\.2\.0/],
    ["a core out of range", [plugin("a", undefined, { core: ">=7.0.0" })], "HTL_CORE_PLUGIN_VERSION", /a needs @hotlinejs\/core in range >=7\.0\.0/],
    ["a range that is none", [plugin("a", undefined, { core: "new enough" })], "HTL_CORE_PLUGIN_INVALID", /a with the `core` new enough, which is no range/],
    ["a partner's range that is none", [plugin("a", undefined, { requires: ["b@fresh"] }), plugin("b")], "HTL_CORE_PLUGIN_INVALID", /"b@fresh"/],
    ...["", "A", "a b", "../a", "__proto__", "a_b", "1a", "core", "a\n", "x".repeat(41)].map((name): [string, readonly Plugin[], string, RegExp] => [`the name ${JSON.stringify(name).slice(0, 20)}`, [plugin(name)], "HTL_CORE_PLUGIN_NAME", /letter first/]),
    ["an event of core's", [plugin("a", undefined, { events: [defineEvent("interaction.started", { durable: true })] })], "HTL_CORE_EVENT_DUPLICATE", /interaction\.started is declared by both core and a/],
    ["a permission of another's", [plugin("a", undefined, { permissions: [{ name: "a.see", description: "" }] }), plugin("b", undefined, { permissions: [{ name: "a.see", roles: ["agent"], description: "" }] })], "HTL_CORE_PERMISSION_DUPLICATE", /a\.see is declared by both a and b/],
    ["a permission of core's", [plugin("a", undefined, { permissions: [{ name: "core.interactions.personal", roles: ["agent"], description: "" }] })], "HTL_CORE_PERMISSION_DUPLICATE", /both core and a/],
    ["a migration without an id", [plugin("a", undefined, { migrations: [class {} as never] })], "HTL_CORE_PLUGIN_INVALID", /static readonly id/],
    ["a schema that throws", [plugin("a", undefined, { config: z.strictObject({}).refine(() => { throw new Error("not now"); }) as never })], "HTL_CORE_CONFIG_INVALID", /a: its schema could not be applied \(not now\)/],
    ["an asynchronous schema", [plugin("a", undefined, { config: z.strictObject({}).refine(() => Promise.resolve(true)) as never })], "HTL_CORE_CONFIG_INVALID", /asynchronous/],
    ["what has no definition", [{} as unknown as Plugin], "HTL_CORE_PLUGIN_INVALID", /without a definition/],
    ["a partner out of range", [plugin("a", undefined, { requires: ["b@>=2.0.0"] }), plugin("b")], "HTL_CORE_PLUGIN_VERSION", /a needs b in range >=2\.0\.0, but version 0\.1\.0/],
    ["a partner that is missing", [plugin("a", undefined, { requires: ["b"] })], "HTL_CORE_PLUGIN_MISSING", /a requires plugin b/],
    ["plugins that require each other", [plugin("a", undefined, { requires: ["b"] }), plugin("b", undefined, { requires: ["a"] })], "HTL_CORE_PLUGIN_CYCLE", /a -> b -> a/],
    ["a token offered twice", [gives("a"), gives("b")], "HTL_CORE_TOKEN_DUPLICATE", /isolation\.thing is provided twice: by a and by b/],
    ["a token declared and not offered", [plugin("a", undefined, { provides: [THING] })], "HTL_CORE_TOKEN_UNFULFILLED", /isolation\.thing/],
    ["a token nobody offers", [plugin("a", ({ services, onReady }) => onReady(() => void services.get(THING)))], "HTL_CORE_TOKEN_MISSING", /isolation\.thing/],
    ["a version that is none", [plugin("a", undefined, { version: "newest" })], "HTL_CORE_PLUGIN_INVALID", /newest/],
    ["a plugin without register", [{ definition: { name: "a", version: "1.0.0", core: "*", config: z.strictObject({}) }, options: {} } as unknown as Plugin], "HTL_CORE_PLUGIN_INVALID", /register/],
    ["what is no plugin", [null as unknown as Plugin], "HTL_CORE_PLUGIN_INVALID", /null/],
    ["an asynchronous register", [plugin("a", (() => Promise.resolve()) as unknown as Register)], "HTL_CORE_PLUGIN_ASYNC_REGISTER", /onReady or onStart/],
  ])("%s", async (_what, plugins, code, says) => {
    const dataDir = mkdtempSync(join(tmpdir(), "hotline-refused-"));
    const hotline = createHotline({ dataDir, clock: new VirtualClock(), logger: createSilentLogger(), plugins });
    await expect(hotline.start()).rejects.toMatchObject({ code, message: expect.stringMatching(says) as string });
    expect(hotline.state).toBe("failed");
    rmSync(dataDir, { recursive: true, force: true });
    // Beside the one that could not start, another takes calls.
    await callGoesOn();
  });
});
