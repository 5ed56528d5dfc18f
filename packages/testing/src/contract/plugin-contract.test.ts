import { spawn } from "node:child_process";
import { writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { createSocket } from "node:dgram";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Worker } from "node:worker_threads";
import { CLOCK, defineEvent, definePlugin, token } from "@hotlinejs/core";
import type { EventName, PluginContext, PluginDefinition } from "@hotlinejs/core";
import { describe, expect, it } from "vitest";
import * as vitest from "vitest";
import { z } from "zod";
import { pluginContract, type PluginContractOptions } from "./plugin-contract.js";
import type { SuiteFramework } from "./test-framework.js";

type Options = { readonly port?: number | undefined };

function fixture(register: (context: PluginContext<Options>) => void = () => undefined, extra: Partial<PluginDefinition<Options, Options>> = {}) {
  return definePlugin<Options, Options>({ name: "fixture", version: "0.1.0", core: "*", config: z.strictObject({ port: z.number().optional() }), register, ...extra });
}

/** Runs the suite (or the tests named) as a test runner would, and tells which tests fail with what. */
async function failuresOf(plugin: ReturnType<typeof fixture>, options: PluginContractOptions<Options> = {}, only?: readonly string[]): Promise<Record<string, string>> {
  const tests: [string, () => Promise<void>][] = [];
  const [before, after]: (() => Promise<void>)[][] = [[], []];
  // The names of node:test; the suites below run with vitest's.
  const framework: SuiteFramework = {
    describe: (_name, body) => body(),
    it: (name, body) => tests.push([name, body]),
    before: (body) => before?.push(body),
    after: (body) => after?.push(body),
  };
  pluginContract(framework, plugin, options);
  const failed: Record<string, string> = {};
  for (const body of before ?? []) await body();
  for (const [name, body] of tests) if (only?.includes(name) ?? true) await body().catch((error: unknown) => (failed[name] = error instanceof Error ? error.message : String(error)));
  for (const body of after ?? []) await body();
  return failed;
}

// The suite holds for a plugin that keeps its house in order.
pluginContract(
  vitest,
  fixture(({ services, onStart, onStop }) => {
    services.provide(token<object>("fixture.own"), () => ({}));
    onStart(async () => {
      const timer = services.get(CLOCK).setInterval(() => undefined, 1_000);
      const own = createServer().listen(0);
      await new Promise((resolve) => own.once("listening", resolve));
      onStop(() => {
        timer.cancel();
        own.close();
      });
    });
  }, { provides: [token("fixture.own")], permissions: [{ name: "fixture.read", description: "" }] }),
);

const AFTER_START = "lets go of everything when a plugin after it fails to start";
const CLEAN = "starts again on its data, works, drains, stops, and leaves nothing behind";

describe("pluginContract finds", () => {
  const cleanUp: (() => unknown)[] = [];
  const later = <T>(thing: T, end: (thing: T) => unknown): T => {
    cleanUp.push(() => end(thing));
    return thing;
  };
  vitest.afterEach(async () => {
    for (const end of cleanUp.splice(0)) await end();
  });

  it.each<[string, (context: PluginContext<Options>) => void, RegExp]>([
    ["a timer of the clock", ({ services, onStart }) => onStart(() => void services.get(CLOCK).setInterval(() => undefined, 1_000)), /a timer of the clock, set .*plugin-contract\.test/],
    ["a timer of Node", ({ onStart }) => onStart(() => void later(setInterval(() => undefined, 1_000), clearInterval)), /a timer, made .*plugin-contract\.test/],
    ["a timer of Node that keeps nothing alive", ({ onStart }) => onStart(() => void later(setInterval(() => undefined, 1_000), clearInterval).unref()), /a timer, made/],
    ["a server", ({ onStart }) => onStart(() => new Promise<void>((resolve) => void later(createServer(), (it) => it.close()).listen(0, () => resolve()))), /a TCP server, made/],
    ["a datagram socket", ({ onStart }) => onStart(() => void later(createSocket("udp4"), (it) => it.close()).bind(0)), /a UDP socket, made/],
    ["a worker", ({ onStart }) => onStart(() => void later(new Worker("setInterval(() => undefined, 1000)", { eval: true }), (it) => it.terminate())), /a worker or message port, made/],
    ["a child process", ({ onStart }) => onStart(() => void later(spawn("sleep", ["60"]), (it) => it.kill("SIGKILL"))), /a child process, made/],
    ["a listener", ({ onStart }) => onStart(() => {
      const hear = (): void => undefined;
      process.on("SIGUSR2", hear);
      later(hear, () => process.off("SIGUSR2", hear));
    }), /1 listener of process\.on\("SIGUSR2"\)/],
    ["a temporary file", ({ onStart }) => onStart(() => writeFileSync(join(tmpdir(), "left.tmp"), "")), /left\.tmp in the folder for temporary files/],
    ["a changed environment", ({ onStart }) => onStart(() => {
      process.env.FIXTURE = String(Math.random());
      later(0, () => delete process.env.FIXTURE);
    }), /a changed process\.env/],
  ])("%s that is left", async (_what, register, says) => {
    const failed = await failuresOf(fixture(register), {}, [CLEAN, AFTER_START]);
    expect(failed[CLEAN] ?? "nothing").toMatch(says);
    // What begins at start is also left by a start that fails after it.
    expect(failed[AFTER_START] ?? "nothing").toMatch(says);
  }, 90_000);

  it("a timer set while wiring, when another plugin's wiring fails", async () => {
    const failed = await failuresOf(fixture(({ services, onStop }) => {
      const timer = services.get(CLOCK).setInterval(() => undefined, 1_000);
      onStop(() => timer.cancel());
    }));
    expect(failed).toEqual({ "lets go of everything when a plugin after it fails to register": expect.stringMatching(/a timer of the clock, set .*plugin-contract\.test/) as string });
  }, 90_000);

  it("options that are not checked, names of others, things that are shared", async () => {
    const shared = { calls: 0 };
    const failed = await failuresOf(
      fixture(({ services }) => services.provide(token<object>("other.thing"), () => shared), {
        config: z.looseObject({}) as unknown as z.ZodType<Options, Options>,
        provides: [token("other.thing")],
        permissions: [{ name: "read.all", description: "" }],
        events: [defineEvent("changed.something" as EventName)],
        routes: [{ method: "GET", path: "/api/everything", permission: "public", summary: "", handler: () => Promise.resolve() }],
      }),
    );
    expect(Object.keys(failed)).toEqual(["has names of its own for what stands beside that of others", "refuses an option it does not know, by name", "shares nothing between two hotlines in one process"]);
    for (const name of ["permission read.all", "event changed.something", "route GET /api/everything", "token other.thing"]) expect(failed["has names of its own for what stands beside that of others"]).toContain(name);
    expect(failed["shares nothing between two hotlines in one process"]).toContain("other.thing");
  }, 90_000);

  it("what its work leaves behind", async () => {
    const failed = await failuresOf(fixture(), { work: async () => void (await sleep(1), later(setTimeout(() => undefined, 60_000), clearTimeout)) });
    expect(failed).toEqual({ [CLEAN]: expect.stringMatching(/a timer, made .*plugin-contract\.test/) as string });
  }, 90_000);
});
