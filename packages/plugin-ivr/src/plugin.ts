import type { CallSession, FlowVisitResult, Prompts, RoutePlan } from "@hotlinejs/core";
import { CALENDARS, CALL_PIPELINE, CLOCK, definePlugin, FLOW_VISITS, IVR_NODE_RUNNER, IVR_NODE_TYPES, PROMPTS } from "@hotlinejs/core";
import { ivrConfig } from "./config.js";
import { FLOWS } from "./contract.js";
import { errors } from "./errors.js";
import { chooseRoute, isOwnNumber } from "./flow/choose-flow.js";
import type { CompiledFlow, FlowSet } from "./flow/compiled-flow.js";
import { FlowRegistry } from "./flow/flow-registry.js";
import { addressOf } from "./nodes/bridged-transfer.js";
import { ivrNodes } from "./nodes/index.js";
import { IVR_PROMPTS } from "./runner/default-prompts.js";
import { FlowRun } from "./runner/flow-run.js";
import { DefaultFlowVisits } from "./runner/flow-visits.js";

/** Self-service by telephone: flows as data, chosen by number, trunk or line. */
export const ivr = definePlugin({
  name: "ivr",
  version: __VERSION__,
  core: ">=0.1.0 <1.0.0",
  after: ["tts", "media", "recording", "acd", "tickets", "surveys"],
  config: ivrConfig,
  provides: [FLOWS, FLOW_VISITS],
  ivrNodes,
  register({ config, hooks, events, services, log, onCheck, onReady, health }) {
    // From here on what nodes name (queues, agents) can be looked up.
    let ready = false;
    const registry = new FlowRegistry(() => {
      const prompts: Prompts | undefined = services.optional(PROMPTS);
      return {
        types: services.get(IVR_NODE_TYPES),
        hasPrompt: prompts && ((id) => prompts.has(id)),
        textFault: (text) => prompts?.textFault?.(text),
        hasCalendar: (key) => services.get(CALENDARS).has(key),
        ...(ready ? { services } : {}),
      };
    });
    services.provide(FLOWS, () => registry);

    // Legs that talk with somebody: keys they press are part of the conversation.
    const talking = new Set<string>();
    events.handle("bridge.joined", ({ legIds }) => void legIds.forEach((id) => talking.add(id)));
    events.handle("bridge.left", ({ legIds }) => void legIds.forEach((id) => talking.delete(id)));
    events.handle("leg.ended", ({ legId }) => void talking.delete(legId));

    hooks.callRoute.tap((plan, { call }) => {
      const route = chooseRoute(config.routes, call, (calendar) => services.get(CALENDARS).get(calendar).isOpen(services.get(CLOCK).now()));
      if (route === undefined) return undefined;
      const { flow, redirect, language = plan.language, priority = plan.priority } = route;
      const kept: RoutePlan = { ...plan, language, priority };
      const byFlow: RoutePlan | undefined = flow === undefined ? undefined : { ...kept, handler: "flow", target: flow };
      // Who cannot be sent away goes through the flow.
      return redirect === undefined ? byFlow : { ...kept, handler: "redirect", target: addressOf(redirect) ?? redirect, ...(byFlow === undefined ? {} : { otherwise: byFlow }) };
    });

    // It would go out by one trunk and come in by another, as a second caller: a transfer, or a callback that somebody with a forged number wished.
    hooks.callOutbound.tap(({ to }) => (isOwnNumber(config.routes, to) ? { refused: true, code: "own-number", message: "the hotline does not call itself" } : undefined), { stage: -100 });

    const run = (session: CallSession, flow: CompiledFlow, flows: FlowSet, given: { readonly params?: RoutePlan["params"]; readonly visit?: boolean; readonly bridged: () => boolean }): Promise<FlowVisitResult> => {
      const { limits } = config;
      const { params, ...how } = given;
      return new FlowRun({
        session,
        flows,
        flow,
        vars: { ...params, callerNumber: session.interaction.callerNumber, calledNumber: session.interaction.calledNumber },
        services,
        runner: services.get(IVR_NODE_RUNNER),
        prompts: services.optional(PROMPTS),
        clock: services.get(CLOCK),
        log,
        limits: { firstDigitMs: limits.menuTimeoutSeconds * 1000, interDigitMs: limits.interDigitSeconds * 1000, maxTries: limits.maxTries, maxSilentNodes: limits.maxSilentNodes, maxNodes: limits.maxNodes },
        ...how,
      }).run();
    };
    // Whoever sends the caller keeps the others away: nobody is there to talk with.
    services.provide(FLOW_VISITS, () => new DefaultFlowVisits({ registry, services, log, run: (session, flow, flows) => run(session, flow, flows, { visit: true, bridged: () => false }) }));

    const serve = async (session: CallSession, plan: RoutePlan): Promise<void> => {
      const flows = registry.current;
      const flow = flows.get(plan.target);
      if (!flow) throw errors.UNKNOWN_FLOW(plan.target);
      session.language = plan.language ?? flow.language;
      await session.call.answer();
      const leave = registry.enter(flow.id);
      try {
        await run(session, flow, flows, { params: plan.params, bridged: () => talking.has(session.call.id) });
      } finally {
        leave();
      }
    };

    onCheck(() => {
      services.optional(PROMPTS)?.define(IVR_PROMPTS);
      registry.load(config.flows, (flows) =>
        config.routes.flatMap(({ flow, hours, redirect }, index) => [
          ...(flow === undefined || flows.has(flow) ? [] : [{ path: `routes[${index}].flow`, message: `there is no flow "${flow}" (${[...flows.keys()].join(", ")})` }]),
          ...(redirect !== undefined && isOwnNumber(config.routes, addressOf(redirect) ?? redirect) ? [{ path: `routes[${index}].redirect`, message: `"${redirect}" leads back to this hotline` }] : []),
          ...(hours === undefined || services.get(CALENDARS).has(hours.calendar) ? [] : [{ path: `routes[${index}].hours.calendar`, message: `there is no calendar "${hours.calendar}"` }]),
        ]),
      );
    });
    onReady(() => {
      ready = true;
      registry.check();
      if (!services.optional(PROMPTS)) log.warn("nobody speaks prompts (plugin-tts is missing): callers will hear nothing from flows");
      services.get(CALL_PIPELINE).handler("flow", serve);
    });
    health(() => ({ ok: true, details: { flows: registry.list().length, calls: registry.list().reduce((sum, { calls }) => sum + calls, 0) } }));
  },
});
