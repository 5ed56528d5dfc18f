import { ActivityCounter, createHotline, createSilentLogger, seededRandom, SystemClock, UuidIds, VirtualClock } from "@hotlinejs/core";
import type { Call, Durability, Hotline, HotlineOptions, Logger, Plugin, Services } from "@hotlinejs/core";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { milliseconds, type Duration } from "./duration.js";
import { EventRecorder } from "./event-recorder.js";
import { FakeAgent } from "./fake-agent.js";
import { FakeCaller } from "./fake-caller.js";
import { fakeMedia } from "./fake-media.js";
import { fakePrompts } from "./fake-prompts.js";
import { FAKE_TELEPHONY, fakeTelephony } from "./fake-telephony.js";
import { FakeTrunk, type FakeTrunkOptions } from "./fake-trunk.js";
import { TestJournal } from "./test-journal.js";
import { testRecorder } from "./test-recorder.js";

export interface TestHotlineOptions extends Omit<HotlineOptions, "clock" | "ids" | "activity" | "plugins"> {
  readonly plugins: readonly Plugin[];
  /** Epoch ms at which the test begins; default a Monday 09:00 in Shanghai. */
  readonly startAt?: number;
  /** Keep a data folder over several hotlines, to test restarts. It is then the test's to remove. */
  readonly dataDir?: string;
  readonly logger?: Logger;
  /** A clock of the test's own. Default one that begins at `startAt`. */
  readonly clock?: VirtualClock;
  /** Default `process`: a test does not wait for the disk, and a new database is copied from one migrated before. */
  readonly durability?: Durability;
  /** For repeatable ids. Default 1, on a data folder that was used before 2, 3 and so on: the ids of one start must not meet those of the next. */
  readonly seed?: number;
  /** Makes the hotline, for a composition of its own. Default `createHotline`. */
  readonly create?: (options: HotlineOptions) => Hotline;
}

/** A hotline in virtual time with fake telephony, media and prompts around the real kernel and database. */
export interface TestHotline {
  readonly hotline: Hotline;
  readonly services: Services;
  readonly clock: VirtualClock;
  readonly dataDir: string;
  /** Every event so far, and the ones to come. */
  readonly events: EventRecorder;
  /** Interactions and legs, in memory. */
  readonly journal: TestJournal;
  /** Moves time on, `advance(500)`, `advance("5m")` or `advance({ minutes: 5 })`; everything that falls due happens, in order. */
  advance(duration: Duration): Promise<void>;
  /** A citizen dials, over the trunk `test` or one of another key. Resolves when the hotline has taken the call (or refused it). */
  dial(number: string, options?: { from?: string; trunk?: string; attributes?: Call["attributes"] }): Promise<FakeCaller>;
  /** A way out, for calls of the hotline's own. Without one every number that is no phone is unreachable. */
  trunk(key: string, options?: Omit<FakeTrunkOptions, "key">): FakeTrunk;
  /** An agent's phone, registered unless told otherwise. */
  agent(number: string, options?: { registered?: boolean }): Promise<FakeAgent>;
  /** Stops, and removes the data folder unless it was given. */
  close(options?: { drain?: boolean }): Promise<void>;
}

/**
 * Starts a hotline for a scenario test. `media`, `sip` and `tts` are fakes unless plugins of these
 * names are among those given.
 *
 * ```ts
 * const test = await createTestHotline({ plugins: [ivr({...}), acd({...})] });
 * const caller = await test.dial("12333");
 * await caller.press("1");
 * ```
 */
export async function createTestHotline(options: TestHotlineOptions): Promise<TestHotline> {
  const { plugins, startAt, dataDir: given, clock: givenClock, logger = createSilentLogger(), create = createHotline, durability = "process", seed: _seed, ...rest } = options;
  const dataDir = given ?? mkdtempSync(join(tmpdir(), "hotline-test-"));
  const { seed = startsOn(dataDir) } = options;
  const clock = givenClock ?? new VirtualClock(startAt);
  const activity = new ActivityCounter();
  // What is no plugin is told of by the hotline.
  const names = new Set(plugins.map((plugin) => (plugin as Partial<Plugin> | undefined)?.definition?.name));
  const fakes = [fakeMedia(), fakeTelephony(), fakePrompts()].filter((plugin) => !names.has(plugin.definition.name));
  const advance = (duration: Duration): Promise<void> => clock.advance(milliseconds(duration), activity);
  const events = new EventRecorder(advance);
  const journal = new TestJournal(() => hotline.services.optional(FAKE_TELEPHONY)?.calls ?? new Map(), () => hotline.services);
  const recorder = testRecorder((envelope) => {
    events.record(envelope);
    journal.record(envelope);
  });
  const hotline = create({ ...rest, durability, name: rest.name ?? "test", dataDir, clock, activity, ids: new UuidIds(clock, seededRandom(seed)), logger, plugins: [recorder, ...fakes, ...plugins] });
  try {
    await hotline.start();
  } catch (error) {
    if (given === undefined) rmSync(dataDir, { recursive: true, force: true });
    throw error;
  }
  await advance(0);

  return {
    hotline,
    services: hotline.services,
    clock,
    dataDir,
    events,
    journal,
    advance,
    dial: async (number, { from = "13800138000", trunk, attributes } = {}) => {
      const caller = new FakeCaller(hotline.services.get(FAKE_TELEPHONY).arrive(from, number, trunk, attributes), advance);
      await advance(50);
      return caller;
    },
    trunk: (key, trunkOptions = {}) => {
      const trunk = new FakeTrunk({ key, ...trunkOptions }, { clock, advance });
      hotline.services.get(FAKE_TELEPHONY).addTrunk(trunk);
      return trunk;
    },
    agent: async (number, { registered = true } = {}) => {
      const agent = new FakeAgent(number, hotline.services.get(FAKE_TELEPHONY), advance);
      if (registered) await agent.plugIn();
      return agent;
    },
    close: async (stopOptions) => {
      const stopped = hotline.stop(stopOptions ?? { drain: false });
      let done = false;
      void stopped.finally(() => (done = true));
      // Draining and stopping wait for timers: time goes on until they are through. Not faster than
      // what needs real time (a worker that ends, a socket that closes) can follow.
      const unhurried = stopOptions?.drain === true ? LONG_DRAIN : MOST_STOPS;
      for (let seconds = 0; !done; seconds++) {
        await Promise.race([stopped, realPause(seconds < unhurried ? REAL_PAUSE_MS : LONG_PAUSE_MS)]);
        if (!done) await advance(1_000);
      }
      await stopped;
      if (given === undefined) rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

const starts = new Map<string, number>();

/** How many hotlines of this process were started on a folder, with this one. */
function startsOn(dataDir: string): number {
  const folder = resolve(dataDir);
  const count = (starts.get(folder) ?? 0) + 1;
  starts.set(folder, count);
  return count;
}

/** Real milliseconds that a stopping hotline has for each second of virtual time. */
const REAL_PAUSE_MS = 25;
/** The same, once more seconds have passed than a stop waits for timers: then it waits for the machine, whose time must not be up before it has begun. */
const LONG_PAUSE_MS = 500;
/** Virtual seconds that a stop may wait for timers; where it drains, calls go on so long. */
const MOST_STOPS = 8;
const LONG_DRAIN = 120;

function realPause(ms: number): Promise<void> {
  return new SystemClock().sleep(ms);
}
