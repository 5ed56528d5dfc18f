import { CALENDARS, CALL_PIPELINE, defineEvent, definePlugin, PROMPTS } from "@hotlinejs/core";
import type { PromptDefinition } from "@hotlinejs/core";
import { callbackAuditWords } from "./audit-words.js";
import { callbacksConfig } from "./config.js";
import { CALLBACKS, CAMPAIGNS } from "./contract.js";
import { callbackDatasets } from "./datasets.js";
import { CallbackAttemptEntity } from "./entities/callback-attempt.entity.js";
import { CallbackTaskEntity } from "./entities/callback-task.entity.js";
import { CampaignAttemptEntity } from "./entities/campaign-attempt.entity.js";
import { CampaignPersonEntity } from "./entities/campaign-person.entity.js";
import { CampaignEntity } from "./entities/campaign.entity.js";
import { DoNotCallEntity } from "./entities/do-not-call.entity.js";
import { MissedCallEntity } from "./entities/missed-call.entity.js";
import { CALLBACK_STORE, callbackRoutes } from "./http/callback-routes.js";
import { CAMPAIGN_DEFAULTS, campaignChoiceRoutes } from "./http/campaign-choices.js";
import { campaignRoutes } from "./http/campaign-routes.js";
import { CallbacksAbandoned } from "./migrations/abandoned.js";
import { CallbacksCampaigns } from "./migrations/campaigns.js";
import { CallbacksInit } from "./migrations/init.js";
import { CallbacksPlaces } from "./migrations/places.js";
import { CALL, CAMPAIGNS_MANAGE, MANAGE, READ } from "./permissions.js";
import { CAMPAIGN_PROMPTS } from "./services/announcement-talk.js";
import { CALLBACK_HANDLER } from "./services/callback-caller.js";
import { DUE_JOB } from "./services/callback-store.js";
import { CAMPAIGN_HANDLER } from "./services/campaign-caller.js";
import { CAMPAIGN_CLOSE_JOB, CAMPAIGN_DUE_JOB } from "./services/campaign-store.js";
import { promptFaults } from "./services/campaign-settings.js";
import { makeParts } from "./services/parts.js";

const PROMPT_DEFINITIONS: readonly PromptDefinition[] = [{ id: "callbacks.agent", text: "现在为您回拨{{number|digits}}，请稍候。" }, ...CAMPAIGN_PROMPTS];
const CALLBACK_EVENTS = ["callback.created", "callback.attempted", "callback.closed"] as const;
const CAMPAIGN_EVENTS = ["campaign.changed", "campaign.person-closed", "campaign.attempted"] as const;
const DURABLE = [...CALLBACK_EVENTS, ...CAMPAIGN_EVENTS];
const LEADERS = ["team_leader", "shift_supervisor"];
const STAFF = ["agent", "team_leader", "shift_supervisor"];

/** Missed calls make a list; one click, or the plan, calls back. Campaigns are lists of people who are called. */
export const callbacks = definePlugin({
  name: "callbacks",
  version: __VERSION__,
  core: ">=0.1.0 <1.0.0",
  after: ["acd", "ivr", "tts", "recording"],
  critical: false,
  config: callbacksConfig,
  entities: [CallbackTaskEntity, CallbackAttemptEntity, MissedCallEntity, CampaignEntity, CampaignPersonEntity, CampaignAttemptEntity, DoNotCallEntity],
  migrations: [CallbacksInit, CallbacksPlaces, CallbacksCampaigns, CallbacksAbandoned],
  provides: [CALLBACKS, CALLBACK_STORE, CAMPAIGNS, CAMPAIGN_DEFAULTS],
  audit: callbackAuditWords,
  permissions: [
    { name: READ, roles: [...STAFF, "analyst", "director"], description: "See who is to be called back, campaigns and the do-not-call list" },
    { name: CALL, roles: STAFF, description: "Call citizens back, see their numbers in full, put them on the do-not-call list" },
    { name: MANAGE, roles: STAFF, description: "Note and close callbacks" },
    { name: CAMPAIGNS_MANAGE, roles: LEADERS, description: "Make, start, pause and cancel campaigns, add people; audited" },
  ],
  events: DURABLE.map((name) => defineEvent(name, { durable: true })),
  routes: [...callbackRoutes, ...campaignRoutes, ...campaignChoiceRoutes],
  datasets: callbackDatasets,
  consoleUi: {
    folder: new URL("../dist/ui/", import.meta.url),
    pages: [
      { path: "/callbacks", title: "回拨", titleEn: "Callbacks", permission: READ, menu: { icon: "callback", order: 30 } },
      { path: "/campaigns", title: "外呼", titleEn: "Dial-out", permission: READ, menu: { icon: "people", order: 32 } },
      // Before the one with a parameter, which would take it for a campaign.
      { path: "/campaigns/new", title: "新建外呼", titleEn: "New campaign", permission: CAMPAIGNS_MANAGE },
      { path: "/campaigns/:id", title: "外呼任务", titleEn: "Campaign", permission: READ },
      { path: "/campaigns/:id/check", title: "核对外呼", titleEn: "Check campaign", permission: READ },
      { path: "/do-not-call", title: "勿扰名单", titleEn: "Do not call", permission: READ },
    ],
    panels: [{ slot: "agent.work", name: "campaign", title: "外呼任务", titleEn: "Campaign", permission: READ, order: 5 }],
  },
  register({ config, hooks, events, jobs, log, onCheck, onReady, onStart, onDrain, onStop, services, health }) {
    const parts = lazy(() => makeParts({ config, log, services }));
    services.provide(CALLBACKS, () => parts().callbacks);
    services.provide(CALLBACK_STORE, () => parts().callbackStore);
    services.provide(CAMPAIGNS, () => parts().campaigns);
    services.provide(CAMPAIGN_DEFAULTS, () => ({ calendar: config.calendar, callerId: config.callerId ?? null }));
    services.optional(PROMPTS)?.define(PROMPT_DEFINITIONS);

    events.consume("callbacks.missed", "interaction.ended", (payload) => parts().missed.ended(payload));
    events.handle("acd.place-kept", ({ placeId }) => parts().places.changed(placeId));
    events.handle("callback.created", () => parts().kick());
    for (const name of CALLBACK_EVENTS) events.handle(name, () => parts().callbackNews());
    for (const name of CAMPAIGN_EVENTS) events.handle(name, () => parts().campaignNews.changed());
    events.handle("acd.agent-state", ({ to }) => {
      if (to === "available" || to === "on-demand") parts().kick();
    });
    // Whom callers needed may be free for others now.
    for (const name of ["acd.answered", "acd.abandoned", "acd.left"] as const) events.handle(name, () => parts().kick());
    events.handle("acd.answered", ({ interactionId }) => parts().campaignCaller.talks(interactionId));
    events.handle("leg.ended", () => parts().campaignPlan.freed());
    jobs.define(DUE_JOB, { handler: () => Promise.resolve(parts().kick()) });
    jobs.define(CAMPAIGN_DUE_JOB, { handler: () => Promise.resolve(parts().campaignPlan.kick()) });
    jobs.define<{ campaignId: string }>(CAMPAIGN_CLOSE_JOB, { handler: ({ campaignId }, { signal }) => parts().campaigns.closeRest(campaignId, signal) });
    hooks.callOutbound.tap((context) => parts().refusal(context), { stage: -100 });

    // Told now, not when the first citizen is to be called.
    onCheck(() => {
      services.get(CALENDARS).get(config.calendar);
      const [fault] = config.agentPrompt === false ? [] : promptFaults("agentPrompt", config.agentPrompt, services.optional(PROMPTS));
      if (fault !== undefined) throw fault;
    });
    onReady(async () => {
      const pipeline = services.get(CALL_PIPELINE);
      pipeline.handler(CALLBACK_HANDLER, (session, { target }) => parts().callbackCaller.connect(session, target));
      pipeline.handler(CAMPAIGN_HANDLER, (session, { target }) => parts().talk(session, target));
      await parts().callbackCaller.recover();
      await parts().campaignCaller.recover();
    });
    onStart(async () => {
      await parts().places.start();
      parts().callbackPlan.start();
      await parts().campaignPlan.start();
    });
    onDrain(() => parts().stop());
    onStop(() => parts().stop());
    health(() => {
      const { callbackCaller, campaignCaller, campaignPlan } = parts();
      return { ok: true, details: { underWay: callbackCaller.active.length, automatic: config.automatic, campaigns: campaignPlan.running, campaignCalls: campaignCaller.active.length } };
    });
  },
});

function lazy<T>(make: () => T): () => T {
  let made: { value: T } | undefined;
  return () => (made ??= { value: make() }).value;
}
