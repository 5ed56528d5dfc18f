import { createSilentLogger, definePlugin, tokenName } from "@hotlinejs/core";
import type { Plugin, PluginDefinition } from "@hotlinejs/core";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";
import { createTestHotline, type TestHotline, type TestHotlineOptions } from "../create-test-hotline.js";
import { ResourceWatch } from "./resource-watch.js";
import type { SuiteFramework } from "./test-framework.js";
import { TracingClock } from "./tracing-clock.js";

export interface PluginContractOptions<I> {
  /** Its options, made anew for each hotline. Default none. */
  readonly options?: () => I;
  /** Plugins it requires, made anew for each hotline. `media`, `sip` and `tts` are fakes unless given here. */
  readonly with?: () => readonly Plugin[];
  /** What its routes begin with. Default `/api/<name>`. */
  readonly paths?: readonly string[];
  /** What its permissions, events, datasets and tokens begin with, besides its name: the nouns it owns. */
  readonly nouns?: readonly string[];
  /** Some of its work, done between start and stop: what that leaves behind is found too. */
  readonly work?: (test: TestHotline) => Promise<void>;
}

type Phase = "register" | "ready" | "start";

const TIME_LIMIT = 120_000;
const SABOTAGE = "the contract suite sabotages this start";

/**
 * What every plugin owes the hotline it is part of: names of its own, options that are checked, a clean way out of a start that
 * fails, nothing left behind by a stop (timer, socket, worker, child process, listener, temporary file, global), and nothing
 * shared by two hotlines in one process. Runs in virtual time on a data folder of its own.
 *
 * ```ts
 * import * as vitest from "vitest";
 * pluginContract(vitest, vip, { options: () => ({ numbers: ["13800138000"] }) });
 * ```
 *
 * With node:test: `pluginContract({ after, before, describe, it }, vip)`.
 */
export function pluginContract<C, I>(framework: SuiteFramework, plugin: ((options?: I) => Plugin) & { readonly definition: PluginDefinition<C, I> }, options: PluginContractOptions<I> = {}): void {
  const { describe } = framework;
  const it = (what: string, body: () => Promise<void>): void => void framework.it(what, () => body(), TIME_LIMIT);
  const { definition } = plugin;
  const { name } = definition;

  describe(`${name}: plugin contract`, () => {
    let root: string;
    let tempBefore: string | undefined;
    let dataDir: string;
    begin(framework, async () => {
      root = mkdtempSync(join(tmpdir(), "hotline-contract-"));
      dataDir = join(root, "data");
      tempBefore = process.env.TMPDIR;
      // Loads what is loaded once in a process (schemas, voices, native code): that is no leak.
      const test = await start();
      await options.work?.(test);
      await test.close();
    });
    end(framework, async () => {
      restoreTemp();
      await Promise.resolve(rmSync(root, { recursive: true, force: true }));
    });

    const given = (): I => (options.options?.() ?? {}) as I;
    const start = (more: Partial<TestHotlineOptions> = {}, own: I = given(), saboteurs: { first?: Plugin; last?: Plugin } = {}): Promise<TestHotline> =>
      createTestHotline({ logger: createSilentLogger(), dataDir, ...more, plugins: [...(saboteurs.first === undefined ? [] : [saboteurs.first]), ...(options.with?.() ?? []), plugin(own), ...(saboteurs.last === undefined ? [] : [saboteurs.last])] });
    const restoreTemp = (): void => {
      if (tempBefore === undefined) delete process.env.TMPDIR;
      else process.env.TMPDIR = tempBefore;
    };

    /** What a piece of work leaves behind. */
    async function leftBy(work: (clock: TracingClock) => Promise<void>): Promise<readonly string[]> {
      const tempDir = mkdtempSync(join(root, "temp-"));
      process.env.TMPDIR = tempDir;
      const clock = new TracingClock();
      const watch = new ResourceWatch(tempDir);
      try {
        await work(clock);
        return [...clock.leftovers, ...(await watch.leftovers())];
      } finally {
        restoreTemp();
      }
    }

    it("has names of its own for what stands beside that of others", async () => {
      const nouns = [name, ...(options.nouns ?? [])];
      const paths = options.paths ?? [`/api/${name}`];
      const owned = (text: string): boolean => nouns.some((noun) => text.startsWith(`${noun}.`));
      const strangers = [
        ...(definition.permissions ?? []).filter((each) => !owned(each.name)).map((each) => `permission ${each.name}`),
        ...(definition.events ?? []).filter((each) => !owned(each.name)).map((each) => `event ${each.name}`),
        ...(definition.datasets ?? []).filter((each) => !owned(each.name)).map((each) => `dataset ${each.name}`),
        ...(definition.provides ?? []).filter((each) => !owned(tokenName(each))).map((each) => `token ${tokenName(each)}`),
        ...(definition.routes ?? []).filter(({ path }) => !paths.some((prefix) => path === prefix || path.startsWith(`${prefix.replace(/\/$/, "")}/`) || path.startsWith(`${prefix}{`))).map(({ method, path }) => `route ${method} ${path}`),
        // The kernel refuses tables of other names at start; this tells it without one.
        ...(definition.entities ?? []).map((entity) => entity.meta.tableName ?? entity.meta.collection ?? "").filter((table) => !table.startsWith(`${name.replaceAll("-", "_")}_`)).map((table) => `table ${table}`),
      ];
      nothing("These are not named after it", strangers);
      await Promise.resolve();
    });

    it("refuses an option it does not know, by name", async () => {
      const failing = start({}, { ...given(), optionNobodyKnows: 1 });
      const error = await failing.then(
        async (test) => {
          await test.close();
          return "it started";
        },
        (reason: { code?: string; message?: string }) => `${reason.code}: ${reason.message}`,
      );
      if (!error.includes("HTL_CORE_CONFIG_INVALID") || !error.includes("optionNobodyKnows")) throw new Error(`An unknown option is not refused, but: ${error}. Its config must be a z.strictObject`);
    });

    it("starts again on its data, works, drains, stops, and leaves nothing behind", async () => {
      let state = "";
      const left = await leftBy(async (clock) => {
        const test = await start({ clock });
        await options.work?.(test);
        await test.close({ drain: true });
        state = test.hotline.state;
      });
      nothing("It left behind", left);
      same("The hotline is", state, "stopped");
    });

    const failures: readonly (readonly [string, () => { first?: Plugin; last?: Plugin }])[] = [
      ["a plugin after it fails to register", () => ({ last: saboteur("register", [name]) })],
      ["a plugin after it fails to get ready", () => ({ last: saboteur("ready", [name]) })],
      ["a plugin before it fails to start", () => ({ first: saboteur("start") })],
      ["a plugin after it fails to start", () => ({ last: saboteur("start", [name]) })],
    ];
    for (const [what, saboteurs] of failures) {
      it(`lets go of everything when ${what}`, async () => {
        let outcome = "";
        const left = await leftBy(async (clock) => {
          outcome = await start({ clock }, given(), saboteurs()).then(
            async (test) => {
              await test.close();
              return "it started";
            },
            (error: { code?: string; message?: string }) => (error.message?.includes(SABOTAGE) === true ? "sabotaged" : `${error.code}: ${error.message}`),
          );
        });
        same("The start ended with", outcome, "sabotaged");
        nothing("It left behind", left);
      });
    }

    it("shares nothing between two hotlines in one process", async () => {
      const other = join(root, "other");
      cpSync(dataDir, other, { recursive: true });
      const a = await start();
      // Apart from the ids of all starts before the copy was made.
      const b = await start({ dataDir: other, seed: 1_000 });
      try {
        const before = (await b.hotline.health()).plugins.find((each) => each.name === name);
        const shared = (definition.provides ?? []).filter((token) => isShared(a.services.get(token), b.services.get(token))).map((token) => tokenName(token));
        nothing("Two hotlines share", shared);
        await options.work?.(a);
        await a.close();
        same("After the stop of one hotline the other's plugin is", (await b.hotline.health()).plugins.find((each) => each.name === name)?.state, before?.state);
        await options.work?.(b);
      } finally {
        await a.close();
        await b.close();
      }
    });
  });
}

/** An error of our own: what test runners print of a list or text that should be empty is cut short. */
function nothing(what: string, found: readonly string[]): void {
  if (found.length > 0) throw new Error([`${what}:`, ...found].join("\n  "));
}

function same(what: string, found: unknown, wanted: unknown): void {
  if (found !== wanted) throw new Error(`${what} ${String(found)}, not ${String(wanted)}`);
}

function begin({ beforeAll, before }: SuiteFramework, body: () => Promise<void>): void {
  if (beforeAll !== undefined) beforeAll(body, TIME_LIMIT);
  else if (before !== undefined) before(() => body());
  else throw new TypeError("pluginContract needs beforeAll (vitest) or before (node:test)");
}

function end({ afterAll, after }: SuiteFramework, body: () => Promise<void>): void {
  if (afterAll !== undefined) afterAll(body, TIME_LIMIT);
  else if (after !== undefined) after(() => body());
  else throw new TypeError("pluginContract needs afterAll (vitest) or after (node:test)");
}

/** The same changeable thing; frozen data may be one for all. */
function isShared(a: unknown, b: unknown): boolean {
  return a === b && ((typeof a === "object" && a !== null) || typeof a === "function") && !Object.isFrozen(a);
}

function saboteur(phase: Phase, requires: readonly string[] = []): Plugin {
  const fail = (): never => {
    throw new Error(SABOTAGE);
  };
  return definePlugin({
    name: "saboteur",
    version: "0.1.0",
    core: "*",
    requires,
    config: z.strictObject({}),
    register({ onReady, onStart }) {
      if (phase === "register") fail();
      if (phase === "ready") onReady(fail);
      if (phase === "start") onStart(fail);
    },
  })();
}
