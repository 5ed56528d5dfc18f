import { CALL_PIPELINE, definePlugin, READ_POOL, ROUTES } from "@hotlinejs/core";
import type { OutboundContext, Plugin, Refusal, RoutePlan } from "@hotlinejs/core";
import { ACD, acd } from "@hotlinejs/plugin-acd";
import type { AcdPluginOptions } from "@hotlinejs/plugin-acd";
import { createTestHotline, FAKE_TELEPHONY } from "@hotlinejs/testing";
import type { FakeAgent, FakeCall, TestHotline } from "@hotlinejs/testing";
import { z } from "zod";
import { CALLBACKS, callbacks } from "../src/index.js";
import type { CallbackAttempt, CallbacksOptions, CallbackTask } from "../src/index.js";

export const CITIZEN = "13800138001";
/** Monday 2026-03-02 10:00 in Shanghai. */
export const MONDAY_10 = Date.parse("2026-03-02T10:00:00+08:00");
export const MINUTE = 60_000;
export const HOUR = 60 * MINUTE;

export interface Stage {
  readonly test: TestHotline;
  /** Calls at the citizen's phone. */
  readonly rings: FakeCall[];
  /** What `callOutbound` was asked, as `purpose to`. */
  readonly asked: string[];
  readonly told: { name: string; result?: string }[];
  /** What `callOutbound` answers to callbacks. */
  refuse: Refusal | undefined;
  /** A caller who hangs up while waiting. */
  abandons(from?: string, afterMs?: number): Promise<void>;
  tasks(): Promise<readonly CallbackTask[]>;
  task(): Promise<CallbackTask>;
  attempts(): Promise<readonly CallbackAttempt[]>;
  /** One click of an agent; what is wrong is thrown. */
  click(id: string, options?: { agent?: string; onRequest?: boolean }): Promise<unknown>;
  route(method: string, path: string, input: { params?: unknown; query?: unknown; body?: unknown; agentNumber?: string; permissions?: readonly string[] }): Promise<unknown>;
  phone(number?: string): Promise<FakeAgent>;
  rows<T>(sql: string): Promise<readonly T[]>;
  state(agent?: string): string | undefined;
}

export interface StageOptions {
  /** Where calls go. Default: into the queue. */
  readonly plan?: RoutePlan;
  readonly dataDir?: string;
  readonly databaseUrl?: string;
  readonly startAt?: number;
  readonly callbacks?: CallbacksOptions;
  readonly queue?: Partial<NonNullable<AcdPluginOptions["queues"]>[number]>;
  readonly plugins?: readonly Plugin[];
  /** The citizen's phone is there. Default true. */
  readonly citizen?: boolean;
  /** Ids differ between processes of one folder. */
  readonly seed?: number;
}

const open = new Set<Stage>();

export async function closeStages(): Promise<void> {
  for (const stage of open) await stage.test.close();
  open.clear();
}

/** Ends the hotline as a crash would. */
export async function crash(stage: Stage): Promise<void> {
  open.delete(stage);
  await stage.test.close({ drain: false });
}

export async function stage(options: StageOptions = {}): Promise<Stage> {
  const asked: string[] = [];
  const told: { name: string; result?: string }[] = [];
  const rings: FakeCall[] = [];
  const control: { refuse: Refusal | undefined } = { refuse: undefined };
  const probe = definePlugin({
    name: "probe",
    version: "0.1.0",
    core: "*",
    after: ["callbacks"],
    config: z.strictObject({}),
    register({ events, hooks, services, onReady }) {
      hooks.callOutbound.tap(({ purpose, to }: OutboundContext) => {
        asked.push(`${purpose} ${to}`);
        return purpose === "callback" ? control.refuse : undefined;
      });
      for (const name of ["callback.created", "callback.attempted", "callback.closed"] as const) events.handle(name, (payload) => void told.push({ name, ...("result" in payload ? { result: payload.result } : {}) }));
      onReady(() =>
        services.get(CALL_PIPELINE).handler("voicemail", async (session) => {
          const result = await services.get(ACD).serve(session, { queue: "q" });
          if (result.callerGone || result.outcome === "answered") return;
          session.interaction.event("voicemail.left", { recordingId: "r1" });
        }),
      );
    },
  });
  const test = await createTestHotline({
    calls: { initial: options.plan ?? { handler: "queue", target: "q" } },
    calendars: [
      { key: "citizens", name: "可致电时间", week: Object.fromEntries([1, 2, 3, 4, 5, 6, 7].map((day) => [day, [["08:00", "21:00"]]])) },
      // Two openings a day, for campaigns.
      { key: "office", week: Object.fromEntries([1, 2, 3, 4, 5].map((day) => [day, [["09:00", "12:00"], ["14:00", "17:30"]]])) },
      // So many openings that much happens in little time.
      { key: "often", week: { 1: Array.from({ length: 14 }, (_, hour) => [0, 20, 40].map((minute) => [minute, minute + 10].map((at) => `${String(hour + 8).padStart(2, "0")}:${String(at).padStart(2, "0")}`) as [string, string])).flat() } },
    ],
    startAt: options.startAt ?? MONDAY_10,
    ...(options.seed === undefined ? {} : { seed: options.seed }),
    ...(options.dataDir === undefined ? {} : { dataDir: options.dataDir }),
    ...(options.databaseUrl === undefined ? {} : { databaseUrl: options.databaseUrl }),
    plugins: [
      acd({ wrapUp: 10, queues: [{ key: "q", name: "综合咨询", joinEmpty: true, leaveEmpty: false, regainSeconds: 0, ...options.queue }], agents: ["1001", "1002"].map((number) => ({ number, name: `坐席${number}`, queues: ["q"] })) }),
      callbacks({ callerId: "12333", calendar: "citizens", ...options.callbacks }),
      probe(),
      ...(options.plugins ?? []),
    ],
  });
  if (options.citizen !== false) test.services.get(FAKE_TELEPHONY).plug(`tel:${CITIZEN}`, (call) => rings.push(call));
  const rows = <T>(sql: string): Promise<readonly T[]> => test.services.get(READ_POOL).read((em) => em.execute<T[]>(sql));
  const service = test.services.get(CALLBACKS);
  const self: Stage = Object.assign(control, {
    test,
    rings,
    asked,
    told,
    rows,
    abandons: async (from = CITIZEN, afterMs = 20_000) => {
      const caller = await test.dial("12333", { from });
      await test.advance(afterMs);
      await caller.hangup();
      await test.advance(1_000);
    },
    tasks: async () => Promise.all((await rows<{ id: string }>("select id from callbacks_task order by created_at, id")).map(async ({ id }) => (await service.get(id)) as CallbackTask)),
    task: async () => {
      const [task, ...more] = await self.tasks();
      if (task === undefined || more.length > 0) throw new Error(`expected one callback, found ${task === undefined ? 0 : more.length + 1}`);
      return task;
    },
    attempts: async () => service.attempts((await self.task()).id),
    click: (id: string, { agent = "1001", onRequest }: { agent?: string; onRequest?: boolean } = {}) => service.call(id, { agent, actor: `user-${agent}`, ...(onRequest === undefined ? {} : { onRequest }) }),
    route: async (method: string, path: string, { params = {}, query = {}, body, agentNumber, permissions = [] }: Parameters<Stage["route"]>[2]) => {
      const found = test.services.get(ROUTES).find(({ route }) => route.method === method && route.path === path)?.route;
      if (found === undefined) throw new Error(`no route ${method} ${path}`);
      const principal = { userId: "u1", permissions: new Set(permissions), ...(agentNumber === undefined ? {} : { agentNumber }) };
      return found.handler({ params: found.params?.parse(params) ?? params, query: found.query?.parse(query) ?? query, body: found.body?.parse(body) ?? body, services: test.services, principal } as never);
    },
    phone: (number = "1001") => test.agent(number),
    state: (agent = "1001") => test.services.get(ACD).agent(agent)?.state,
  });
  open.add(self);
  return self;
}
