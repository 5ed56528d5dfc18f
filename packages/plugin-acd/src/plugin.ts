import { join } from "node:path";
import { AUDIT, CALENDARS, CALL_CONTROL, CALL_PIPELINE, CLOCK, defineEvent, definePlugin, FLOW_VISITS, IDS, INTERACTIONS, MEDIA, METRICS, NOTIFICATIONS, PROMPTS, READ_POOL, SECRETS, UNIT_OF_WORK } from "@hotlinejs/core";
import { acdAuditWords } from "./audit-words.js";
import { acdConfig } from "./config.js";
import { ACD, AGENT_CALLS } from "./contract.js";
import { acdDatasets } from "./datasets.js";
import type { QueueFact } from "./domain/facts.js";
import { AgentIntervalEntity } from "./entities/agent-interval.entity.js";
import { AgentProfileEntity } from "./entities/agent-profile.entity.js";
import { AgentStateLogEntity } from "./entities/agent-state-log.entity.js";
import { AgentEntity } from "./entities/agent.entity.js";
import { FactMarkEntity } from "./entities/fact-mark.entity.js";
import { KeptPlaceEntity } from "./entities/kept-place.entity.js";
import { QueueEntryEntity } from "./entities/queue-entry.entity.js";
import { QueueIntervalEntity } from "./entities/queue-interval.entity.js";
import { QueueRulesEntity } from "./entities/queue-rules.entity.js";
import { QueueEntity } from "./entities/queue.entity.js";
import { WrapUpEntity } from "./entities/wrap-up.entity.js";
import { acdRoutes } from "./http/routes.js";
import { queueNode } from "./ivr/queue-node.js";
import { AcdAfterRestart } from "./migrations/after-restart.js";
import { AcdAgents } from "./migrations/agents.js";
import { AcdChannel } from "./migrations/channel.js";
import { AcdCutTalks } from "./migrations/cut-talks.js";
import { AcdDurableFacts } from "./migrations/durable-facts.js";
import { AcdFigures } from "./migrations/figures.js";
import { AcdInit } from "./migrations/init.js";
import { AcdKeptPlaces } from "./migrations/kept-places.js";
import { AcdPlaceOrder } from "./migrations/place-order.js";
import { AcdQueueRules } from "./migrations/queue-rules.js";
import { registerAcdMetrics } from "./services/acd-metrics.js";
import { AcdStore } from "./services/acd-store.js";
import { CHECK_MS, DefaultAcd } from "./services/default-acd.js";
import { FactRows } from "./services/fact-rows.js";
import { FactSpool } from "./services/fact-spool.js";
import { FactWriter } from "./services/fact-writer.js";
import { HoldMusic } from "./services/hold-music.js";
import { IntervalBook } from "./services/interval-book.js";
import { KeptPlaceStore } from "./services/kept-place-store.js";
import { KEPT_PLACE_HANDLER } from "./services/kept-places.js";
import { PastProcess } from "./services/past-process.js";
import { QueueFacts } from "./services/queue-facts.js";
import { QueueRuleStore } from "./services/queue-rule-store.js";
import { registerQueueHandler } from "./services/queue-handler.js";
import { ScreenNews } from "./services/screen-news.js";
import { SignOfLife } from "./services/sign-of-life.js";

/** Call distribution: queues, agents who are registered phones, the IVR node `queue` and the call handler `queue`. */
export const acd = definePlugin({
  name: "acd",
  version: __VERSION__,
  core: ">=0.1.0 <1.0.0",
  after: ["media", "sip", "voiceboard", "tts", "directory"],
  critical: true,
  config: acdConfig,
  entities: [AgentEntity, QueueEntity, QueueRulesEntity, QueueEntryEntity, AgentStateLogEntity, QueueIntervalEntity, AgentIntervalEntity, AgentProfileEntity, KeptPlaceEntity, FactMarkEntity, WrapUpEntity],
  migrations: [AcdInit, AcdChannel, AcdFigures, AcdAgents, AcdCutTalks, AcdKeptPlaces, AcdDurableFacts, AcdPlaceOrder, AcdAfterRestart, AcdQueueRules],
  provides: [ACD, AGENT_CALLS],
  audit: acdAuditWords,
  permissions: [
    { name: "acd.agents.read", roles: ["agent", "team_leader", "shift_supervisor"], description: "See agents and what they are doing" },
    { name: "acd.agents.state", roles: ["team_leader", "shift_supervisor"], description: "Change the state of other agents, sign them out" },
    { name: "acd.agents.manage", roles: ["team_leader", "shift_supervisor"], description: "Give agents profiles and groups, change profiles; audited" },
    { name: "acd.calls.read", roles: ["team_leader", "shift_supervisor"], description: "See what calls agents have, with masked numbers" },
    { name: "acd.calls.listen", roles: ["team_leader", "shift_supervisor"], description: "Listen to agents' calls; audited" },
    { name: "acd.calls.whisper", roles: ["team_leader", "shift_supervisor"], description: "Speak to an agent in a call, unheard by the citizen; audited" },
    { name: "acd.calls.barge", roles: ["team_leader", "shift_supervisor"], description: "Talk along in agents' calls; audited" },
    { name: "acd.calls.take-over", roles: ["team_leader", "shift_supervisor"], description: "Take over agents' calls; audited" },
    { name: "acd.calls.pickup", roles: ["agent", "team_leader", "shift_supervisor"], description: "Pick up calls that ring at colleagues: of a group in common, or of a queue where there are no groups; audited" },
    { name: "acd.calls.pickup-any", roles: ["team_leader", "shift_supervisor"], description: "Pick up calls that ring at any agent; audited" },
    { name: "acd.announcements.play", roles: ["agent", "team_leader", "shift_supervisor"], description: "Play approved prompts and articles into calls; audited" },
    { name: "acd.emergency.call", roles: ["agent", "team_leader", "shift_supervisor"], description: "See and call emergency contacts; audited" },
    { name: "acd.queues.manage", roles: ["shift_supervisor"], description: "Change the rules of queues while the hotline runs; audited" },
    { name: "acd.queues.steer", roles: ["team_leader", "shift_supervisor"], description: "Move waiting callers and change their priority; audited" },
    { name: "acd.queues.read", roles: ["agent", "team_leader", "shift_supervisor", "analyst", "director"], description: "See queues and waiting callers" },
  ],
  consoleUi: {
    folder: new URL("../dist/ui/", import.meta.url),
    pages: [
      { path: "/desk", title: "坐席台", titleEn: "Desk", permission: "acd.agents.read", menu: { icon: "headset", order: 10 }, keepMounted: true },
      { path: "/supervision", title: "监控", titleEn: "Live", permission: "acd.calls.read", menu: { icon: "monitor", order: 15 } },
      { path: "/queue-rules", title: "队列规则", titleEn: "Rules", permission: "acd.queues.manage", menu: { icon: "settings", order: 86 } },
    ],
    panels: [
      { slot: "host.bar", name: "call-bar", title: "通话条", titleEn: "Call bar", permission: "acd.agents.read", order: 10 },
      { slot: "agent.context", name: "history", title: "历史", titleEn: "History", permission: "core.interactions.read", order: 10 },
    ],
  },
  events: [
    defineEvent("acd.queued"),
    defineEvent("acd.offered"),
    defineEvent("acd.requeued"),
    defineEvent("acd.picked-up"),
    defineEvent("acd.withdrawn"),
    defineEvent("acd.connecting"),
    defineEvent("acd.overflowed"),
    defineEvent("acd.priority-changed"),
    defineEvent("acd.queue-rules-changed"),
    defineEvent("acd.answered", { durable: true }),
    defineEvent("acd.abandoned", { durable: true }),
    defineEvent("acd.left", { durable: true }),
    defineEvent("acd.ended", { durable: true }),
    defineEvent("acd.wrapped-up", { durable: true }),
    defineEvent("acd.place-kept", { durable: true }),
    defineEvent("acd.agent-call"),
    defineEvent("acd.announcement"),
    defineEvent("acd.conference"),
    defineEvent("acd.watched"),
    defineEvent("acd.agent-state"),
    defineEvent("acd.agent-signed-out"),
    defineEvent("acd.agent-overdue"),
  ],
  ivrNodes: [queueNode],
  routes: acdRoutes,
  datasets: acdDatasets,
  register({ config, settings, hooks, events, services, log, onReady, onStart, onDrain, onStop, health }) {
    const parts = once(() => {
      const clock = services.get(CLOCK);
      const ids = services.get(IDS);
      const unitOfWork = services.get(UNIT_OF_WORK);
      const prompts = services.optional(PROMPTS);
      const calendar = services.get(CALENDARS).get("default");
      const book = new IntervalBook(calendar);
      const rows = new FactRows(book);
      const store = new AcdStore({ unitOfWork, reads: services.get(READ_POOL), clock, book });
      const writer = new FactWriter<QueueFact>({ unitOfWork, clock, log, write: (uow, fact, again) => rows.write(uow, fact, again), spool: new FactSpool(join(settings.dataDir, "acd-facts.ndjson"), log) });
      return new DefaultAcd({
        config,
        clock,
        ids,
        log,
        writer,
        prompts,
        store,
        past: new PastProcess({ unitOfWork, book, ids, calendar, store, clock, life: new SignOfLife(join(settings.dataDir, "acd-alive.json"), { clock, log, everyMs: CHECK_MS }) }),
        places: new KeptPlaceStore({ unitOfWork, reads: services.get(READ_POOL), clock, ids }),
        rules: new QueueRuleStore({ unitOfWork, reads: services.get(READ_POOL), clock }),
        facts: new QueueFacts({ writer, clock, ids, calendar }),
        calendars: services.get(CALENDARS),
        audit: () => services.get(AUDIT),
        flows: () => services.optional(FLOW_VISITS),
        music: new HoldMusic({ media: services.optional(MEDIA), prompts, log }),
        secrets: services.optional(SECRETS),
        control: services.get(CALL_CONTROL),
        pipeline: services.get(CALL_PIPELINE),
        interactions: services.get(INTERACTIONS),
        publish: (name, payload) => events.publish(name, payload),
        notify: (notification) => services.get(NOTIFICATIONS).send(notification),
        agentChanged: (number) => news().agent(number),
        queueChanged: (key) => news().queue(key),
        booked: () => news().figures(),
        screens: { passed: (from, change) => news().passed(from, change), arrived: (holder, interactionId) => news().screenGiven(holder, interactionId) },
      });
    });
    const news = once(() => new ScreenNews(services, services.get(CLOCK), parts()));
    services.provide(ACD, () => parts());
    registerAcdMetrics(services.get(METRICS), () => services.get(ACD));
    services.provide(AGENT_CALLS, () => parts().desk);
    events.handle("acd.agent-state", ({ agent }) => news().agent(agent));
    events.handle("acd.agent-call", ({ agent, call }) => {
      news().call(agent, call);
      news().calls(agent, call);
      // What is offered to an agent who has other work besides changes no state.
      if (call === null || call.state === "ringing") news().agent(agent);
    });
    events.handle("acd.watched", ({ by }) => news().watch(by, parts().desk.watching(by)));
    events.handle("acd.queue-rules-changed", ({ queue, version }) => news().rules(queue, version));
    events.handle("endpoint.reachable", ({ address }) => parts().endpoint(address, true));
    events.handle("endpoint.unreachable", ({ address }) => parts().endpoint(address, false));
    events.handle("hotline.state", ({ state }) => {
      if (state === "running") parts().places.begin();
    });
    hooks.callRoute.tap((plan, { call }) => parts().desk.phoneRoute(plan, call), { stage: 10 });
    onReady(async () => {
      await parts().prepare();
      registerQueueHandler(services, log);
      services.get(CALL_PIPELINE).handler(KEPT_PLACE_HANDLER, (session, { target }) => parts().places.connect(session, target));
      parts().desk.prepare();
    });
    onStart(() => parts().start());
    onDrain(() => parts().freeze());
    onStop(() => {
      news().stop();
      return parts().stop();
    });
    health(() => ({ ok: true, details: parts().health }));
  },
});

function once<T extends object>(make: () => T): () => T {
  let made: T | undefined;
  return () => (made ??= make());
}
