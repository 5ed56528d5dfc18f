import { CALL_PIPELINE, definePlugin, HotlineError, READ_POOL, SCREENS, UNIT_OF_WORK } from "@hotlinejs/core";
import type { CalendarData, EventMap, EventName, Logger, Plugin, RoutePlan, Screens } from "@hotlinejs/core";
import { createTestHotline } from "@hotlinejs/testing";
import type { FakeAgent, FakeCall, FakeCaller, TestHotline } from "@hotlinejs/testing";
import { z } from "zod";
import { ACD, acd } from "../src/index.js";
import type { Acd, AcdPluginOptions, QueueRequest, QueueResult } from "../src/index.js";
import { QueueEntryEntity } from "../src/entities/queue-entry.entity.js";
import type { QueueEntryRow } from "../src/entities/queue-entry.entity.js";

const EVENTS = ["acd.queued", "acd.offered", "acd.requeued", "acd.answered", "acd.abandoned", "acd.left", "acd.ended", "acd.agent-state", "acd.agent-overdue", "acd.conference", "acd.queue-rules-changed", "acd.place-kept"] as const satisfies readonly EventName[];

export interface Stage {
  readonly test: TestHotline;
  readonly acd: Acd;
  /** Events of the plugin, in order. */
  readonly told: readonly { name: string; payload: unknown }[];
  /** What `serve` gave for calls by the handler `probe`. */
  readonly results: readonly QueueResult[];
  dial(from?: string): Promise<FakeCaller>;
  phone(number: string): Promise<FakeAgent>;
  entries(): Promise<QueueEntryRow[]>;
  events<N extends (typeof EVENTS)[number]>(name: N): EventMap[N][];
}

export interface StageOptions {
  readonly acd?: AcdPluginOptions;
  /** Calls `serve` with this; the call goes on afterwards. Default: the handler `queue`. */
  readonly request?: Omit<QueueRequest, "queue">;
  /** Where calls go. */
  readonly plan?: RoutePlan;
  readonly dataDir?: string;
  readonly databaseUrl?: string;
  readonly startAt?: number;
  readonly plugins?: readonly Plugin[];
  readonly calendars?: readonly CalendarData[];
  readonly logger?: Logger;
}

type Queue = NonNullable<AcdPluginOptions["queues"]>[number];

/** A queue `q` with agents 1001 and 1002. */
export function team(queue: Partial<Queue> = {}, numbers: readonly string[] = ["1001", "1002"], wrapUp = 10): AcdPluginOptions {
  return { wrapUp, queues: [{ key: "q", name: "综合咨询", ...queue }], agents: numbers.map((number) => ({ number, name: `坐席${number}`, queues: ["q"] })) };
}

const open: TestHotline[] = [];

export async function closeStages(): Promise<void> {
  for (const test of open.splice(0)) await test.close();
}

export async function stage(options: StageOptions = {}): Promise<Stage> {
  const told: { name: string; payload: unknown }[] = [];
  const results: QueueResult[] = [];
  const probe = definePlugin({
    name: "probe",
    version: "0.1.0",
    core: ">=0.1.0 <1.0.0",
    after: ["acd"],
    config: z.strictObject({}),
    register({ events, services, onReady }) {
      for (const name of EVENTS) events.handle(name, (payload) => void told.push({ name, payload }));
      onReady(() =>
        services.get(CALL_PIPELINE).handler("probe", async (session) => {
          results.push(await services.get(ACD).serve(session, { queue: "q", ...options.request }));
          await session.call.ended;
        }),
      );
    },
  });
  const test = await createTestHotline({
    calls: { initial: options.plan ?? { handler: options.request === undefined ? "queue" : "probe", target: "q" } },
    plugins: [acd(options.acd ?? team()), probe(), ...(options.plugins ?? [])],
    ...(options.dataDir === undefined ? {} : { dataDir: options.dataDir }),
    ...(options.databaseUrl === undefined ? {} : { databaseUrl: options.databaseUrl }),
    ...(options.calendars === undefined ? {} : { calendars: options.calendars }),
    ...(options.logger === undefined ? {} : { logger: options.logger }),
    ...(options.startAt === undefined ? {} : { startAt: options.startAt }),
  });
  open.push(test);
  return {
    test,
    acd: test.services.get(ACD),
    told,
    results,
    dial: async (from) => {
      const caller = await test.dial("12333", from === undefined ? {} : { from });
      await test.advance(200);
      return caller;
    },
    phone: (number) => test.agent(number),
    entries: () => test.services.get(READ_POOL).read((em) => em.find(QueueEntryEntity, {}, { orderBy: { enteredAt: "asc", id: "asc" } })),
    events: <N extends (typeof EVENTS)[number]>(name: N) => told.filter((event) => event.name === name).map((event) => event.payload as EventMap[N]),
  };
}

/** Ends the hotline as a crash would: nothing is drained. */
export async function crash(at: Stage): Promise<void> {
  open.splice(open.indexOf(at.test), 1);
  await at.test.close({ drain: false });
}

/** `away`: no unit of work begins; `lost`: each is committed, and then the connection breaks before that is known. */
export function database(at: Stage): { state: "there" | "away" | "lost" } {
  const unitOfWork = at.test.services.get(UNIT_OF_WORK);
  const run = unitOfWork.run.bind(unitOfWork);
  const link: ReturnType<typeof database> = { state: "there" };
  unitOfWork.run = async (fn) => {
    if (link.state === "away") throw new HotlineError("HTL_CORE_DATABASE_UNREACHABLE", "gone");
    const result = await run(fn);
    if (link.state === "lost") throw new HotlineError("HTL_CORE_DATABASE_UNREACHABLE", "gone");
    return result;
  };
  return link;
}

/** Open pages, in the console's place: hears what they are told. */
export function pages(tell: Screens["tell"]): Plugin {
  return definePlugin({
    name: "pages",
    version: "0.1.0",
    core: "*",
    config: z.strictObject({}),
    provides: [SCREENS],
    register: ({ services }) => services.provide(SCREENS, () => ({ tell })),
  })();
}

/** Whether the two hear each other. */
export function hear(one: FakeCall | FakeAgent | FakeCaller | undefined, two: FakeCall | FakeAgent | FakeCaller | undefined): boolean {
  const [a, b] = [legOf(one), legOf(two)];
  return a !== undefined && b !== undefined && a.bridgedWith.has(b) && b.bridgedWith.has(a);
}

function legOf(who: FakeCall | FakeAgent | FakeCaller | undefined): FakeCall["leg"] {
  return who === undefined ? undefined : "call" in who ? who.call?.leg : who.leg;
}
