import { ACTIVITY, CALENDARS, CALL_CONTROL, CALL_PIPELINE, CLOCK, IDS, PROMPTS, READ_POOL, SCREENS, token, UNIT_OF_WORK } from "@hotlinejs/core";
import type { CallSession, Logger, OutboundContext, Refusal, Services } from "@hotlinejs/core";
import type { Acd, AgentCalls } from "@hotlinejs/plugin-acd/contract";
import type { Flows } from "@hotlinejs/plugin-ivr/contract";
import type { CallbacksConfig } from "../config.js";
import type { CampaignSettings } from "../contract.js";
import { READ } from "../permissions.js";
import { AnnouncementTalk } from "./announcement-talk.js";
import { CallbackCaller } from "./callback-caller.js";
import { CallbackPlan, PLAN_ACTOR } from "./callback-plan.js";
import { CallbackStore } from "./callback-store.js";
import { CampaignCaller } from "./campaign-caller.js";
import { CampaignPlan } from "./campaign-plan.js";
import { CampaignStore } from "./campaign-store.js";
import { DefaultCallbacks } from "./default-callbacks.js";
import { DefaultCampaigns } from "./default-campaigns.js";
import { DoNotCallList } from "./do-not-call-list.js";
import { FreeAgents } from "./free-agents.js";
import { ListNews } from "./list-news.js";
import { MissedCalls } from "./missed-calls.js";
import { OnTheLine } from "./on-the-line.js";
import { PlaceList } from "./place-list.js";
import { numberOfAddress } from "../domain/phone-number.js";

/** What is used of other plugins where they are present: the tokens are found by their names. */
const ACD = token<Acd>("acd.acd");
const AGENT_CALLS = token<AgentCalls>("acd.agent-calls");
const FLOWS = token<Flows>("ivr.flows");

const HOUR_MS = 3_600_000;
/** While a campaign runs its page is told so often at most. */
const NEWS_MS = 500;

/** What the plugin is made of. */
export type Parts = ReturnType<typeof makeParts>;

/** Makes the parts and joins them. */
export function makeParts({ config, log, services }: { readonly config: CallbacksConfig; readonly log: Logger; readonly services: Services }) {
  const clock = services.get(CLOCK);
  const ids = services.get(IDS);
  const unitOfWork = services.get(UNIT_OF_WORK);
  const readPool = services.get(READ_POOL);
  const pipeline = services.get(CALL_PIPELINE);
  const calendars = services.get(CALENDARS);
  const acd = services.optional(ACD);
  const prompts = services.optional(PROMPTS);
  const activity = services.get(ACTIVITY);
  const calendar = () => calendars.get("default");
  const hours = () => calendars.get(config.calendar);
  const campaignHours = ({ calendar: key, from, until }: CampaignSettings) => (calendars.has(key) ? { calendar: calendars.get(key), from, until } : undefined);

  const tell = (topic: string) => (): void => services.optional(SCREENS)?.tell({ permission: READ }, { topic, data: {} });
  const callbackNews = tell("callbacks.changed");
  const campaignNews = new ListNews({ clock, everyMs: NEWS_MS, tell: tell("campaigns.changed") });

  // Callbacks have their choice of the agents first: see CampaignPlan.
  const kick = (): void => {
    callbackPlan.kick();
    campaignPlan.kick();
  };
  const agents = new FreeAgents({ acd, clock, pauseMs: config.agentPauseSeconds * 1000, wake: kick });
  const calling = function* (): Generator<{ number: string; interactionId: string }> {
    for (const { entry, interactionId } of callbackCaller.active) yield { number: entry.number, interactionId };
    for (const { entry, interactionId } of campaignCaller.active) yield { number: entry.person.number, interactionId };
  };
  const line = new OnTheLine({ readPool, calling });
  const data = { unitOfWork, readPool, clock, ids, calendar };
  const callbackStore = new CallbackStore({ ...data, hours, dueMs: config.dueHours * HOUR_MS });
  const campaignStore = new CampaignStore(data);
  const doNotCall = new DoNotCallList({ unitOfWork, readPool, clock, campaigns: campaignStore, minDigits: config.minDigits });
  const calls = { config, clock, ids, log, control: services.get(CALL_CONTROL), pipeline, acd, agentCalls: () => services.optional(AGENT_CALLS), prompts, unitOfWork };

  const callbackCaller: CallbackCaller = new CallbackCaller({
    ...calls,
    store: callbackStore,
    doNotCall,
    line,
    hours,
    began: callbackNews,
    ended: (agent, result) => {
      if (result === "no-agent") agents.rest(agent);
      kick();
    },
  });
  const callbackPlan: CallbackPlan = new CallbackPlan({ config, caller: callbackCaller, store: callbackStore, agents, line, unitOfWork, clock, activity, log, hours });

  const campaignCaller: CampaignCaller = new CampaignCaller({
    ...calls,
    store: campaignStore,
    doNotCall,
    line,
    hours: campaignHours,
    mayDial: (campaignId) => campaignPlan.mayDial(campaignId),
    full: () => campaignPlan.full(),
    dialled: () => campaignPlan.dialled(),
    began: () => campaignNews.changed(),
    ended: ({ agent }, result) => {
      if (result === "no-agent" && agent !== null) agents.rest(agent);
      kick();
    },
  });
  const campaignPlan: CampaignPlan = new CampaignPlan({ caller: campaignCaller, store: campaignStore, doNotCall, agents, line, unitOfWork, clock, activity, log, hours: campaignHours, callbacksFirst: () => callbackPlan.idle() });

  const common = { config, acd, store: callbackStore, unitOfWork, readPool, clock, log, hours, calendar };
  return {
    kick,
    callbackNews,
    campaignNews,
    callbackStore,
    callbackCaller,
    callbackPlan,
    campaignCaller,
    campaignPlan,
    places: new PlaceList(common),
    missed: new MissedCalls(common),
    callbacks: new DefaultCallbacks({ ...common, caller: callbackCaller }),
    campaigns: new DefaultCampaigns({ config, store: campaignStore, plan: campaignPlan, caller: campaignCaller, doNotCall, unitOfWork, clock, pipeline, hours: campaignHours, acd, calendars, flows: () => services.optional(FLOWS), prompts, changed: () => campaignNews.changed() }),

    /** Answer of `callOutbound`: for campaigns, and for callbacks of the plan that the citizen has not wished. */
    async refusal(context: OutboundContext): Promise<Refusal | undefined> {
      const { actor, interactionId, purpose, to } = context;
      const wished = (): boolean => callbackCaller.active.some((attempt) => attempt.interactionId === interactionId && attempt.entry.reason === "wish");
      const ours = purpose === "campaign" || (purpose === "callback" && actor === PLAN_ACTOR && !wished());
      if (!ours) return undefined;
      // As it stands on the list: an address may have more digits than the number.
      const known = [...calling()].find((call) => call.interactionId === interactionId)?.number;
      return doNotCall.refusal(known ?? numberOfAddress(to));
    },

    /** Carries out the plan of a campaign's call: the person has answered. */
    async talk(session: CallSession, attemptId: string): Promise<void> {
      const attempt = campaignCaller.attempt(attemptId);
      if (attempt === undefined) return;
      const { person, settings, sound } = attempt.entry;
      if (settings.kind === "agent") return campaignCaller.connect(session, attemptId);
      const noMore = async (): Promise<void> => void (await doNotCall.add(person.number, { source: "person", actor: "citizen" }));
      await new AnnouncementTalk({ session, sound, queue: settings.queue, acd, prompts, log, heard: () => campaignCaller.completed(attempt), noMore }).run();
    },

    async stop(): Promise<void> {
      agents.stop();
      campaignNews.stop();
      await Promise.all([callbackPlan.stop(), campaignPlan.stop()]);
    },
  };
}
