import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { createHotline, type Hotline } from "../create-hotline.js";
import { PERMISSIONS } from "../contracts/directory.js";
import { ROUTES } from "../contracts/http.js";
import { IVR_NODE_RUNNER, IVR_NODE_TYPES, defineIvrNode, type IvrNodeContext } from "../contracts/ivr.js";
import { READ_POOL, UNIT_OF_WORK } from "../contracts/data.js";
import { token } from "../di/token.js";
import { createSilentLogger } from "../log/pino-logger.js";
import { definePlugin, type Plugin, type PluginDefinition } from "../plugin/define-plugin.js";
import type { PluginContext } from "../plugin/plugin-context.js";

interface Greeter {
  greet(): string;
}
const GREETER = token<Greeter>("test.greeter");
const OTHER = token<Greeter>("test.other");

let dataDir: string;
let hotline: Hotline | undefined;

beforeEach(() => {
  dataDir = mkdtempSync(join(tmpdir(), "hotline-kernel-"));
});
afterEach(async () => {
  await hotline?.stop({ drain: false });
  hotline = undefined;
  rmSync(dataDir, { recursive: true, force: true });
});

type Empty = Record<string, never>;
function plugin(name: string, register: (context: PluginContext<Empty>) => void = () => undefined, extra: Partial<PluginDefinition<Empty, Empty>> = {}): Plugin {
  return definePlugin<Empty, Empty>({ name, version: "0.1.0", core: "*", config: z.strictObject({}) as unknown as z.ZodType<Empty, Empty>, register, ...extra })();
}
function make(plugins: readonly Plugin[], environment: Record<string, string> = {}): Hotline {
  hotline = createHotline({ name: "kernel", dataDir, plugins, logger: createSilentLogger(), environment });
  return hotline;
}
async function refusal(plugins: readonly Plugin[]): Promise<string> {
  const made = make(plugins);
  const code = await made.start().then(
    () => "started",
    (error: { code?: string; message: string }) => error.code ?? error.message,
  );
  expect(made.state).toBe("failed");
  return code;
}

describe("wiring", () => {
  it("connects capabilities whatever the order they are given in, each made once", async () => {
    let made = 0;
    const log: string[] = [];
    await make([
      plugin("user", ({ services, onStart }) => onStart(() => void log.push(services.get(GREETER).greet(), services.get(GREETER).greet())), { requires: ["giver"] }),
      plugin("giver", ({ services }) => services.provide(GREETER, () => ({ greet: () => `hello ${++made}` })), { provides: [GREETER] }),
    ]).start();
    expect(log).toEqual(["hello 1", "hello 2"]);
    expect(hotline?.services.optional(OTHER)).toBeUndefined();
    expect(() => hotline?.services.get(OTHER)).toThrow(/test\.other/);
  });

  it.each<[string, readonly Plugin[], string]>([
    ["a token provided twice", [plugin("a", ({ services }) => services.provide(GREETER, () => ({ greet: () => "" })), { provides: [GREETER] }), plugin("b", ({ services }) => services.provide(GREETER, () => ({ greet: () => "" })), { provides: [GREETER] })], "HTL_CORE_TOKEN_DUPLICATE"],
    ["a token not declared", [plugin("a", ({ services }) => services.provide(GREETER, () => ({ greet: () => "" })))], "HTL_CORE_TOKEN_UNDECLARED"],
    ["a token declared and not provided", [plugin("a", () => undefined, { provides: [GREETER] })], "HTL_CORE_TOKEN_UNFULFILLED"],
    ["capabilities that need each other", [
      plugin("a", ({ services }) => services.provide(GREETER, (s) => s.get(OTHER)), { provides: [GREETER] }),
      plugin("b", ({ services, onReady }) => {
        services.provide(OTHER, (s) => s.get(GREETER));
        onReady(() => void services.get(OTHER));
      }, { provides: [OTHER] }),
    ], "HTL_CORE_TOKEN_CYCLE"],
    ["a route without a permission", [plugin("a", undefined, { routes: [{ method: "GET", path: "/api/x", permission: "a.read", summary: "", handler: () => Promise.resolve() }] })], "HTL_CORE_ROUTE_PERMISSION"],
    ["a route twice", ["a", "b"].map((name) => plugin(name, undefined, { routes: [{ method: "GET", path: "/api/x", permission: "public", summary: "", handler: () => Promise.resolve() }] })), "HTL_CORE_ROUTE_DUPLICATE"],
    ["a node type twice", ["a", "b"].map((name) => plugin(name, undefined, { ivrNodes: [defineIvrNode({ type: "play", config: z.strictObject({}), outcomes: () => [], run: () => Promise.resolve({ end: true as const }) }) as never] })), "HTL_CORE_NODE_TYPE_DUPLICATE"],
    ["a plugin that fails to register", [plugin("a", () => { throw new Error("oops"); })], "HTL_CORE_PLUGIN_FAILED"],
    ["a plugin that fails to start", [plugin("a", ({ onStart }) => onStart(() => Promise.reject(new Error("no port"))))], "HTL_CORE_PLUGIN_FAILED"],
  ])("refuses %s", async (_what, plugins, code) => {
    expect(await refusal(plugins)).toBe(code);
  });

  it("hands nodes, routes and permissions to whoever serves them", async () => {
    await make([
      plugin("a", undefined, {
        permissions: [{ name: "a.read", roles: ["agent"], description: "" }],
        routes: [{ method: "GET", path: "/api/a", permission: "a.read", summary: "", handler: () => Promise.resolve("x") }],
        ivrNodes: [defineIvrNode({ type: "juggle", config: z.strictObject({}), outcomes: () => [{ name: "done" }], run: (context) => Promise.resolve({ outcome: context.services.get(ROUTES).length === 1 ? "done" : "failed" }) }) as never],
      }),
    ]).start();
    const services = (hotline as Hotline).services;
    expect([...services.get(IVR_NODE_TYPES).keys()]).toEqual(["juggle"]);
    expect(await services.get(IVR_NODE_RUNNER).run("juggle", {} as IvrNodeContext)).toEqual({ outcome: "done" });
    expect(services.get(PERMISSIONS).some((each) => each.name === "a.read" && each.plugin === "a")).toBe(true);
  });
});

describe("lifecycle", () => {
  it("starts in the order of dependency and drains and stops in reverse", async () => {
    const log: string[] = [];
    const traced = (name: string, requires: string[] = []): Plugin =>
      plugin(name, ({ onReady, onStart, onDrain, onDrained, onStop }) => {
        onReady(() => void log.push(`${name} ready`));
        onStart(() => void log.push(`${name} start`));
        onDrain(() => void log.push(`${name} drain`));
        onDrained(() => void log.push(`${name} drained`));
        onStop(() => void log.push(`${name} stop`));
      }, { requires });
    await make([traced("b", ["a"]), traced("a")]).start();
    expect(hotline?.state).toBe("running");
    await hotline?.stop();
    expect(log).toEqual(["a ready", "b ready", "a start", "b start", "b drain", "a drain", "b drained", "a drained", "b stop", "a stop"]);
    expect(hotline?.state).toBe("stopped");
    await expect(hotline?.start()).rejects.toMatchObject({ code: "HTL_CORE_STATE" });
  });

  it("lets go of what had begun when a later plugin cannot start", async () => {
    const log: string[] = [];
    expect(await refusal([plugin("a", ({ onStop }) => onStop(() => void log.push("a stopped"))), plugin("b", ({ onStart }) => onStart(() => { throw new Error("x"); }), { after: ["a"] })])).toBe("HTL_CORE_PLUGIN_FAILED");
    expect(log).toEqual(["a stopped"]);
    // The data folder is free again.
    await make([]).start();
  });

  it("goes on without a plugin that is not critical, and says why in health", async () => {
    await make([plugin("extra", ({ onStart }) => onStart(() => { throw new Error("no printer"); }), { critical: false }), plugin("main")]).start();
    const health = await (hotline as Hotline).health();
    expect(health.state).toBe("running");
    expect(health.ok).toBe(false);
    expect(health.plugins.find((each) => each.name === "extra")).toMatchObject({ ok: false, message: expect.stringContaining("no printer") as string });
    expect(health.plugins.find((each) => each.name === "main")?.ok).toBe(true);
  });

  it.each([
    ["203.0.113.77", "does not have the address"],
    ["nobody.invalid", "nobody knows this name"],
  ])("says that %s is no address to listen on, before anything is opened", async (host, why) => {
    hotline = createHotline({ dataDir: join(dataDir, "new"), host, plugins: [plugin("other", ({ onReady }) => onReady(() => { throw new Error("came first"); }))], logger: createSilentLogger() });
    await expect(hotline.start()).rejects.toMatchObject({ code: "HTL_CORE_HOST_UNAVAILABLE", message: expect.stringContaining(why) as string });
    expect(existsSync(join(dataDir, "new"))).toBe(false);
  });

  it("refuses a second hotline on one data folder", async () => {
    await make([]).start();
    const second = createHotline({ dataDir, plugins: [], logger: createSilentLogger() });
    await expect(second.start()).rejects.toMatchObject({ code: "HTL_CORE_DATA_IN_USE" });
  });

  it("gives plugins the database only through the unit of work and the read pool", async () => {
    await make([plugin("a", ({ services, onStart }) => onStart(async () => {
      await services.get(UNIT_OF_WORK).run(async (uow) => {
        await uow.seedOnce("a.seed", () => Promise.resolve());
      });
      const rows = await services.get(READ_POOL).read((em) => em.execute<{ n: number }[]>("select count(*) as n from core_interaction"));
      if (Number(rows[0]?.n) !== 0) throw new Error("not empty");
    }))]).start();
    expect(hotline?.state).toBe("running");
  });
});
