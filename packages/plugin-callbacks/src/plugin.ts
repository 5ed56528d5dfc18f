import { ACTIVITY, CALENDARS, CALL_CONTROL, CALL_PIPELINE, CLOCK, defineEvent, definePlugin, IDS, PROMPTS, READ_POOL, SCREENS, token, UNIT_OF_WORK } from "@hotlinejs/core";
import type { PromptDefinition } from "@hotlinejs/core";
import type { Acd, AgentCalls } from "@hotlinejs/plugin-acd/contract";
import { callbackAuditWords } from "./audit-words.js";
import { callbacksConfig } from "./config.js";
import { CALLBACKS } from "./contract.js";
import { callbackDatasets } from "./datasets.js";
import { CallbackAttemptEntity } from "./entities/callback-attempt.entity.js";
import { CallbackTaskEntity } from "./entities/callback-task.entity.js";
import { MissedCallEntity } from "./entities/missed-call.entity.js";
import { CAMPAIGN_DEFAULTS, campaignChoiceRoutes } from "./http/campaign-choices.js";
import { CALL, CALLBACK_STORE, callbackRoutes, MANAGE, READ } from "./http/callback-routes.js";
import { CallbacksInit } from "./migrations/init.js";
import { CallbacksPlaces } from "./migrations/places.js";
import { CALLBACK_HANDLER, CallbackCaller } from "./services/callback-caller.js";
import { CallbackPlan } from "./services/callback-plan.js";
import { CallbackStore, DUE_JOB } from "./services/callback-store.js";
import { DefaultCallbacks } from "./services/default-callbacks.js";
import { MissedCalls } from "./services/missed-calls.js";
import { PlaceList } from "./services/place-list.js";

/** What is used of plugin-acd where it is present: the tokens are found by their names. */
const ACD = token<Acd>("acd.acd");
const AGENT_CALLS = token<AgentCalls>("acd.agent-calls");

const HOUR_MS = 3_600_000;
const PROMPT_DEFINITIONS: readonly PromptDefinition[] = [{ id: "callbacks.agent", text: "现在为您回拨{{number|digits}}，请稍候。" }];
const STAFF = ["agent", "team_leader", "shift_supervisor"];

/** Missed calls make a list; one click, or the plan, calls back. */
export const callbacks = definePlugin({
  name: "callbacks",
  version: __VERSION__,
  core: ">=0.1.0 <1.0.0",
  after: ["acd", "tts", "recording"],
  critical: false,
  config: callbacksConfig,
  entities: [CallbackTaskEntity, CallbackAttemptEntity, MissedCallEntity],
  migrations: [CallbacksInit, CallbacksPlaces],
  provides: [CALLBACKS, CALLBACK_STORE, CAMPAIGN_DEFAULTS],
  audit: callbackAuditWords,
  permissions: [
    { name: READ, roles: [...STAFF, "analyst", "director"], description: "See who is to be called back" },
    { name: CALL, roles: STAFF, description: "Call citizens back" },
    { name: MANAGE, roles: STAFF, description: "Note and close callbacks" },
    { name: "callbacks.campaigns", roles: ["team_leader", "shift_supervisor"], description: "Set up, start, pause and cancel campaigns, and keep the do-not-call list" },
  ],
  events: [defineEvent("callback.created", { durable: true }), defineEvent("callback.attempted", { durable: true }), defineEvent("callback.closed", { durable: true })],
  routes: [...callbackRoutes, ...campaignChoiceRoutes],
  datasets: callbackDatasets,
  consoleUi: {
    folder: new URL("../dist/ui/", import.meta.url),
    pages: [
      { path: "/callbacks", title: "回拨", titleEn: "Callbacks", permission: READ, menu: { icon: "callback", order: 30 } },
      { path: "/campaigns", title: "外呼", titleEn: "Outbound", permission: READ, menu: { icon: "people", order: 32 } },
      // Before the one with a parameter, which would take it for a campaign.
      { path: "/campaigns/new", title: "新建外呼", titleEn: "New campaign", permission: "callbacks.campaigns" },
      { path: "/campaigns/:id", title: "外呼任务", titleEn: "Campaign", permission: READ },
      { path: "/campaigns/:id/check", title: "核对外呼", titleEn: "Check campaign", permission: READ },
      { path: "/do-not-call", title: "勿扰名单", titleEn: "Do not call", permission: READ },
    ],
    panels: [{ slot: "agent.work", name: "campaign", title: "外呼任务", titleEn: "Campaign", permission: READ, order: 5 }],
  },
  register({ config, events, jobs, log, onReady, onStart, onDrain, onStop, services, health }) {
    const tell = (): void => services.optional(SCREENS)?.tell({ permission: READ }, { topic: "callbacks.changed", data: {} });
    const parts = lazy(() => {
      const clock = services.get(CLOCK);
      const unitOfWork = services.get(UNIT_OF_WORK);
      const readPool = services.get(READ_POOL);
      const calendar = () => services.get(CALENDARS).get("default");
      const hours = () => services.get(CALENDARS).get(config.calendar);
      const acd = services.optional(ACD);
      const store = new CallbackStore({ unitOfWork, readPool, clock, ids: services.get(IDS), calendar, hours, dueMs: config.dueHours * HOUR_MS });
      const common = { config, store, unitOfWork, readPool, clock, log, acd, hours };
      const caller: CallbackCaller = new CallbackCaller({ ...common, ids: services.get(IDS), control: services.get(CALL_CONTROL), pipeline: services.get(CALL_PIPELINE), agentCalls: () => services.optional(AGENT_CALLS), prompts: services.optional(PROMPTS), began: tell, ended: (agent, result) => plan.ended(agent, result) });
      const plan: CallbackPlan = new CallbackPlan({ ...common, caller, activity: services.get(ACTIVITY) });
      return { store, caller, plan, places: new PlaceList(common), missed: new MissedCalls({ ...common, calendar }), service: new DefaultCallbacks({ ...common, caller }) };
    });
    services.provide(CALLBACKS, () => parts().service);
    services.provide(CALLBACK_STORE, () => parts().store);
    services.provide(CAMPAIGN_DEFAULTS, () => ({ calendar: config.calendar, callerId: config.callerId ?? null }));
    services.optional(PROMPTS)?.define(PROMPT_DEFINITIONS);

    events.consume("callbacks.missed", "interaction.ended", (payload) => parts().missed.ended(payload));
    events.handle("acd.place-kept", ({ placeId }) => parts().places.changed(placeId));
    events.handle("callback.created", () => parts().plan.kick());
    for (const name of ["callback.created", "callback.attempted", "callback.closed"] as const) events.handle(name, tell);
    events.handle("acd.agent-state", ({ to }) => {
      if (to === "available" || to === "on-demand") parts().plan.kick();
    });
    // The queue may be empty now.
    for (const name of ["acd.answered", "acd.abandoned", "acd.left"] as const) events.handle(name, () => parts().plan.kick());
    jobs.define(DUE_JOB, { handler: () => Promise.resolve(parts().plan.kick()) });

    onReady(() => {
      services.get(CALL_PIPELINE).handler(CALLBACK_HANDLER, (session, { target }) => parts().caller.connect(session, target));
      return parts().caller.recover();
    });
    onStart(async () => {
      await parts().places.start();
      parts().plan.start();
    });
    onDrain(() => parts().plan.stop());
    onStop(() => parts().plan.stop());
    health(() => ({ ok: true, details: { underWay: parts().caller.active, automatic: config.automatic } }));
  },
});

function lazy<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
