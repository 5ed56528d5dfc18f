import { AGENT_STATUSES, strategyNames } from "@hotlinejs/queueing";
import { promptRef } from "@hotlinejs/core";
import { z } from "zod";
import { byName } from "./domain/by-name.js";
import { GB_T_33358_CONNECT_RATE } from "./domain/service-level.js";
import { knownHosts, knownReserves, knownSkills, phoneFaults, queueFaults, reasonFaults, servedFaults, type SettingFault } from "./domain/settings-faults.js";

const seconds = (least: number, most: number) => z.number().min(least).max(most);
/** Skill -> lowest level; a list means level 1 of each. */
const skills = byName(z.union([z.array(z.string().min(1)), z.record(z.string().min(1), z.number().min(0))]));

const share = z.number().min(0).max(1);
const code = z.string().regex(/^[\w.-]{1,32}$/, "1 to 32 letters, digits, `.`, `_`, `-`");

const music = z.union([
  /** A soft melody made by the program. */
  z.literal("melody"),
  z.literal("silence"),
  z.strictObject({ /** Ringing, or the beeps of call waiting. */ tone: z.enum(["ringback", "waiting"]) }),
  z.strictObject({ /** Path of a WAV file, 8 kHz or more, mono or stereo. */ file: z.string().min(1) }),
  z.strictObject({ /** Said again and again. */ prompt: promptRef }),
]);

const announce = z.strictObject({
  /** Said once on entering. `false`: nothing. Default «正在为您转接人工坐席，请稍候。». */
  welcome: z.union([promptRef, z.literal(false)]).optional(),
  /** First announcement of the place in the queue, seconds after entering. */
  firstSeconds: seconds(1, 3600).default(20),
  /** Seconds between announcements; 0 = none at all. */
  everySeconds: z.union([z.literal(0), seconds(5, 3600)]).default(30),
  /** Values: `position` (callers ahead), `waitMinutes`. Default «您前面还有N位，预计等待M分钟，请稍候。». */
  position: promptRef.optional(),
  /** For the first in line, with the same values. Default «您是下一位，预计等待M分钟，请稍候。», for a minute or less «您是下一位，马上为您接通，请稍候。». */
  next: promptRef.optional(),
  /** Said in turn: news, a hint at the web site. One after each announcement, or by a clock of their own. */
  messages: z.array(promptRef).max(20).default([]),
  /** Seconds between messages, apart from the announcements. Default: one after each announcement. */
  messagesEverySeconds: seconds(5, 3600).optional(),
  /** First message, seconds after entering. Default: `messagesEverySeconds`. */
  messagesFirstSeconds: seconds(1, 3600).optional(),
});

const absent = z.array(z.enum(AGENT_STATUSES)).min(1);

/** What is stored per queue: only what was given, so that defaults can change. */
export const queueSettings = z.strictObject({
  /** Who of the free agents is rung; the words of other switches are understood too. */
  strategy: z.enum(strategyNames() as [string, ...string[]]).default("longest-idle"),
  /** An agent free for several queues serves the heaviest first. */
  weight: z.number().default(0),
  /** Added to the priority a caller brings. */
  priority: z.int().default(0),
  /** How long an agent is rung before the caller goes to the next. */
  ringTimeoutSeconds: seconds(1, 300).default(20),
  /** Default: the plugin's `wrapUp`. */
  wrapUpSeconds: seconds(0, 3600).optional(),
  /** 0 = no limit. */
  maxWaitSeconds: seconds(0, 86_400).default(300),
  /** Most callers waiting; `null` = no limit. */
  maxLength: z.int().min(0).max(100_000).nullable().default(50),
  skills: skills.default({}),
  /** After so long the skills asked for are no longer needed. Default: never. */
  relaxSkillsAfterSeconds: seconds(0, 86_400).optional(),
  /** Lower levels as the wait grows; 0 = the skill is no longer needed. */
  skillSteps: z.array(z.strictObject({ /** Waiting time from which this step holds. */ afterSeconds: seconds(0, 86_400), /** Skill -> lowest level from then on. */ skills: byName(z.record(z.string().min(1), z.number().min(0))) })).default([]),
  /** How much a skill counts in the strategy `most-skilled`. Default 1 each. */
  skillWeights: byName(z.record(z.string().min(1), z.number().min(0))).default({}),
  /** Waiting time from which agents of tier 1, 2 ... are rung too (the reserve). Default: at once, after those of lower tiers. */
  tiersAfterSeconds: z.array(seconds(0, 86_400)).refine((waits) => waits.every((wait, tier) => wait >= (waits[tier - 1] ?? 0)), "give the waits in ascending order: a tier is rung no sooner than the one before").default([]),
  /** So long a caller is kept for the preferred agent while that one is at work; 0 = that agent only goes first when free. */
  preferredSeconds: seconds(0, 3600).default(0),
  /** The agent who spoke to the caller last, within so many days, is the preferred one. 0 = off. */
  stickyDays: z.int().min(0).max(365).default(0),
  /** Waiting time from which agents on demand (待命) are rung for callers not directed at them, once nobody else is free. `null`: never. */
  onDemandAfterSeconds: seconds(0, 86_400).nullable().default(0),
  /** Strategy `ring-progressively`: one more agent every so often. */
  progressSeconds: seconds(1, 300).default(10),
  /** Send callers elsewhere (outcome `diverted`) where the wait would be too long. Never past a free agent. */
  divert: z.strictObject({ /** Longest expected wait. */ waitSeconds: seconds(0, 86_400).optional(), /** Most callers per agent at work: free, rung, talking or in after-call work, never on a break. */ ratio: z.number().min(0).optional(), /** Also those who wait last, as agents leave or talks take longer. */ whileWaiting: z.boolean().default(false) }).optional(),
  /** Key of the calendar of opening hours; outside of it nobody is let in (outcome `closed`), those inside are served. Default: always open. */
  calendar: z.string().min(1).optional(),
  /** Who still waits when the `calendar` closes: is served (`serve`), or leaves with the outcome `closed`, told apart by queue nodes that `distinguish` `callback` or `voicemail`. Whose agent is being rung keeps that chance. */
  atClosing: z.enum(["serve", "callback", "voicemail"]).default("serve"),
  /** Agents of further queues serve too, step by step. */
  overflow: z.array(z.strictObject({ /** Waiting time from which this step holds. */ afterSeconds: seconds(0, 86_400), /** Keys of the queues. */ queues: z.array(z.string().min(1)).min(1) })).default([]),
  /** Who asked for a callback keeps the place so many hours, of those in which the queue is open, then is given over to the list of callbacks (plugin-callbacks; without it the place stays). 0 = no limit. */
  keptPlaceHours: z.number().min(0).max(240).default(24),
  /** What waiting callers hear: `melody` (made by the program), `silence`, a tone, a WAV file or a prompt. */
  music: music.default("melody"),
  /** What is said to waiting callers. */
  announce: announce.prefault({}),
  /** Heard by the caller when an agent has answered. Value `agentNo`. `false`: nothing. Default «工号N为您服务。». */
  connectPrompt: z.union([promptRef, z.literal(false)]).optional(),
  /** Heard by the agent meanwhile: `beep`, a prompt (values `queueName`, `waited`), or `false`. */
  whisper: z.union([z.literal("beep"), z.literal(false), promptRef]).default("beep"),
  /** A caller who hangs up and rings back within so many seconds gets the old place. 0 = off. */
  regainSeconds: seconds(0, 86_400).default(120),
  /** Let callers wait while no agent is there. A list: not while every agent is in one of these states. */
  joinEmpty: z.union([z.boolean(), absent]).default(false),
  /** Send waiting callers on when no agent has been there for `emptyGraceSeconds`. A list: when every agent has been in one of these states so long. */
  leaveEmpty: z.union([z.boolean(), absent]).default(true),
  /** See `leaveEmpty`. */
  emptyGraceSeconds: seconds(0, 3600).default(30),
  /** Who is "there" for `joinEmpty` and `leaveEmpty`: all agents with a registered phone who have not signed out, or only those not in not-ready. The expected wait counts only agents at work either way. */
  staff: z.enum(["reachable", "ready"]).default("reachable"),
  /** Rest for an agent who declined a call, before the next. */
  rejectDelaySeconds: seconds(0, 3600).default(5),
  /** Rest for an agent who did not answer. */
  noAnswerDelaySeconds: seconds(0, 3600).default(5),
  /** Rest for an agent whose phone was busy. */
  busyDelaySeconds: seconds(0, 3600).default(5),
  /** Put an agent into not-ready after so many missed calls in a row; 0 = never. */
  pauseAfterMisses: z.int().min(0).max(100).default(0),
  /** Answered within this counts as in time: of every channel, or by channel (`voice`, `chat`, `email`, `fax` ..., `*`: those not named). Default, and for what is not named: calls 15 s, e-mail 24 h, others 3 min (GB/T 33358). */
  serviceLevelSeconds: z.union([seconds(1, 604_800), byName(z.record(z.string().min(1), seconds(1, 604_800)))]).default({}),
  /** Codes of the plugin's `wrapUpCodes` that agents choose from after talks of this queue. Default: all. */
  wrapUpCodes: z.array(code).min(1).max(200).optional(),
  /** An agent cannot end the after-call work before a code is chosen. It ends by itself all the same: nobody is stuck in it. */
  wrapUpCodeRequired: z.boolean().default(false),
  /** Figures this queue is held against, instead of the plugin's `targets`. */
  targets: z.strictObject({ /** See the plugin's `targets`. */ connectRate: share.nullable().optional(), /** See the plugin's `targets`. */ serviceLevel: share.nullable().optional() }).optional(),
  /** Who gives up within so many seconds counts as a short abandon, which no rate counts. */
  shortAbandonSeconds: seconds(0, 600).default(5),
});

/** What can be changed while the hotline runs; the rest is decided with the configuration: who comes when (`priority`), the hours, and sounds from files. */
export const changeableRules = queueSettings.omit({ priority: true, calendar: true, atClosing: true, music: true });

export const queueConfig = queueSettings.extend({
  /** Letters, digits, `.`, `_`, `-`. */
  key: z.string().regex(/^[\w.-]{1,64}$/),
  /** Shown to people. */
  name: z.string().min(1).max(100),
});

const capacity = z.strictObject({
  /** Channel (`voice`, `chat`, `email`, `fax`) -> most at once, 0 = none. `*`: those not named, default 1. Of `voice` at most 1. */
  channels: byName(z.record(z.string().min(1), z.int().min(0).max(50)).refine((channels) => (channels["voice"] ?? 1) <= 1, "an agent talks on one call at a time: voice is 0 or 1")).default({}),
  /** Most of everything together. Default: only the channels' limits. */
  total: z.int().min(1).max(100).optional(),
  /** What excludes what. */
  rules: z.array(z.strictObject({ /** While the agent has anything of this channel (`*`: of any) ... */ while: z.string().min(1), /** ... nothing of these channels is offered (`*`: nothing). */ exclude: z.array(z.string().min(1)).min(1) })).max(50).default([]),
});

const queuesServed = z.array(z.union([z.string().min(1), z.strictObject({ /** Key of the queue. */ queue: z.string().min(1), /** The agent serves heavier queues first; share in `weighted-random`. Default 1. */ weight: z.number().positive().optional(), /** 0 = front line (default); higher ones are the reserve, see the queue's `tiersAfterSeconds`. */ tier: z.int().min(0).max(20).optional() })]));

/** What a profile, or an agent, says of the work. */
const workSettings = {
  /** Keys of the queues served, with a weight where wanted. */
  queues: queuesServed.default([]),
  /** Skill -> level, higher is better; a list means level 1. */
  skills: skills.default({}),
  /** Overrides the queue's. */
  wrapUpSeconds: seconds(0, 3600).optional(),
  /** How much at once. Default: the plugin's `capacity`. */
  capacity: capacity.optional(),
};

/** A named set of queues, skills, capacity and telephone for several agents. */
export const profileSettings = z.strictObject({
  ...workSettings,
  /** Where agents of this profile are rung; `{number}` is the 工号: `sip:{number}`. Default: each agent's own address. */
  address: z.string().regex(/^[a-z][a-z0-9+.-]*:.+$/i, "must be an address like sip:{number}").optional(),
});

export const profileConfig = profileSettings.extend({
  /** Letters, digits, `.`, `_`, `-`. */
  key: z.string().regex(/^[\w.-]{1,64}$/),
  /** Shown to people. */
  name: z.string().min(1).max(100),
});

export const agentSettings = z.strictObject({
  /** Key of the profile: its queues and skills come besides the agent's own, which win; so do the agent's own wrap-up and capacity. */
  profile: z.string().min(1).max(64).optional(),
  /** Keys of the groups the agent belongs to. */
  groups: z.array(z.string().min(1).max(64)).max(50).default([]),
  ...workSettings,
  /** Place in the strategies `top-down` and `round-robin`. Default: after all that have one. */
  order: z.int().optional(),
});

export const agentConfig = agentSettings.extend({
  /** 工号. */
  number: z.string().regex(/^[\w.-]{1,32}$/),
  /** The agent's name. */
  name: z.string().min(1).max(100),
  /** Where the agent is rung: `sip:1001`, `tel:...`. Default `sip:<number>`. */
  address: z
    .string()
    .regex(/^[a-z][a-z0-9+.-]*:.+$/i, "must be an address like sip:1001")
    .optional(),
});

/** @like WrapUpCode */
const wrapUpCode = z.strictObject({
  /** Stored and counted. Letters, digits, `.`, `_`, `-`. */
  code,
  /** What people see. */
  name: z.string().min(1).max(50),
  /** The name in English. */
  nameEn: z.string().min(1).max(50),
});

const reasonConfig = z.strictObject({
  /** Stored and counted. Letters, digits, `.`, `_`, `-`. */
  code: z.string().regex(/^[\w.-]{1,32}$/),
  /** What people see. */
  name: z.string().min(1).max(50),
  /** The name in English. */
  nameEn: z.string().min(1).max(50),
  /** For which state. */
  choice: z.enum(["not-ready", "offline"]).default("not-ready"),
  /** So long at most; see `whenOver`. Default: no limit. */
  maxMinutes: z.number().min(1).max(1440).optional(),
  /** After `maxMinutes`: supervisors are told, or the agent is signed out besides. */
  whenOver: z.enum(["tell", "sign-out"]).default("tell"),
});

/** Names as the desk has always shown them. */
const REASONS = [
  { code: "tickets", name: "示忙：处理工单", nameEn: "Not ready: tickets" },
  { code: "training", name: "示忙：培训会议", nameEn: "Not ready: training" },
  { code: "fault", name: "示忙：系统故障", nameEn: "Not ready: system fault" },
  { code: "meal", name: "小休：用餐", nameEn: "Break: meal" },
  { code: "rest", name: "小休：休息", nameEn: "Break: rest" },
];

const callback = z.strictObject({
  /** Number shown to citizens: the hotline's. Default: the trunk's. */
  callerId: z.string().regex(/^\+?[0-9*#]{1,20}$/, "a telephone number").optional(),
  /** Where a number is dialled; `{number}` is replaced. */
  address: z.string().regex(/^[a-z][a-z0-9+.-]*:.*\{number\}/i, "an address like tel:{number}").default("tel:{number}"),
  /** What may be called back: regular expressions of whole numbers, without the country code. Default: mobile and fixed numbers of China, none of which costs extra. */
  numbers: z.array(z.string().min(1).max(200).refine(isPattern, "no regular expression")).min(1).default(["1[3-9]\\d{9}", "0[1-9]\\d{8,10}", "[2-8]\\d{6,7}"]),
  /** How long a citizen's phone rings. */
  ringSeconds: z.int().min(5).max(180).default(30),
  /** How long the citizen has to press the key that accepts the call, each time it is asked for. */
  acceptSeconds: z.int().min(2).max(60).default(8),
  /** Attempts in all. */
  maxAttempts: z.int().min(1).max(20).default(3),
  /** Waits after the first, second ... attempt; the last holds for all that follow. */
  waitMinutes: z.array(z.number().min(1).max(7 * 24 * 60)).min(1).default([30, 120]),
  /** Calendar whose hours citizens may be called again in. The first attempt comes when it is their turn. Default: any time. */
  calendar: z.string().min(1).optional(),
  /** Words instead of the plugin's own; value `number` in `offer`, `check` and `kept`. */
  words: z
    .strictObject({
      /** What will happen; confirms the caller's own number: 1 right, 2 another, * no callback. */
      offer: promptRef.optional(),
      /** What will happen, for who has no number that can be called: asks for one, ends with #. */
      offerNumber: promptRef.optional(),
      /** Asks for another number, ends with #. */
      number: promptRef.optional(),
      /** Confirms the number that was keyed: 1 right, 2 another, * no callback. */
      check: promptRef.optional(),
      /** Not a number that may be called. */
      wrong: promptRef.optional(),
      /** The place is kept; goodbye. */
      kept: promptRef.optional(),
      /** It could not be noted. */
      failed: promptRef.optional(),
      /** To who is called: 1 connects, 2 no longer needed. */
      accept: promptRef.optional(),
      /** To who no longer needs it. */
      bye: promptRef.optional(),
    })
    .default({}),
});

function isPattern(pattern: string): boolean {
  try {
    return new RegExp(pattern) instanceof RegExp;
  } catch {
    return false;
  }
}

const day = z.iso.date();

/** What an agent may play into a call. */
const announcement = z
  .strictObject({
    /** Letters, digits, `.`, `_`, `-`: the number of an article. */
    key: z.string().regex(/^[\w.-]{1,64}$/),
    /** What it is. */
    kind: z.enum(["prompt", "article"]).default("prompt"),
    /** Shown to agents, and in the journal. */
    title: z.string().min(1).max(200),
    /** Under which agents find it. */
    topic: z.string().min(1).max(100).optional(),
    /** Other words agents may look for. */
    keywords: z.array(z.string().min(1).max(200)).max(50).default([]),
    /** What is said: a prompt by its id (recorded, too) or a text that is spoken. */
    prompt: promptRef,
    /** Only `approved` ones are offered and played. */
    status: z.enum(["draft", "approved", "withdrawn"]).default("approved"),
    /** First day on which it may be played, `YYYY-MM-DD` in the hotline's time zone. Default: always. */
    validFrom: day.optional(),
    /** Last day. */
    validTo: day.optional(),
  })
  .refine(({ validFrom, validTo }) => validFrom === undefined || validTo === undefined || validFrom <= validTo, { message: "ends before it begins", path: ["validTo"] });

/** Codes that the hotline itself gives. */
const OWN_REASONS = ["no-answer", "wrap-up", "forced", "overdue"];

export const acdConfig = z
  .strictObject({
    /** Seconds of after-call work where neither queue nor agent says otherwise (`HOTLINE_ACD_WRAP_UP`). */
    wrapUp: seconds(0, 3600).default(10),
    /** After-call work that agents extend beyond this becomes not-ready with the reason `wrap-up`. Default: no limit. */
    wrapUpMaxSeconds: seconds(10, 7200).optional(),
    /** What figures are held against, where a queue has none of its own; 0 to 1, `null`: nothing. Shown beside the figures, which are marked where they fall short. */
    targets: z
      .strictObject({
        /** 接通率 at least. Default 0.95, as GB/T 33358 asks over 24 hours in a row. */
        connectRate: share.nullable().default(GB_T_33358_CONNECT_RATE),
        /** At least this share of those answered, answered in time. Default: none, the standard has no share for it. */
        serviceLevel: share.nullable().default(null),
      })
      .prefault({}),
    /** Most people in a conference, citizen and agent included. */
    conferenceMaxMembers: z.int().min(3).max(32).default(8),
    /** How much an agent has at once where neither agent nor profile says otherwise. Default: one thing at a time, whatever the channel. */
    capacity: capacity.optional(),
    /** Callbacks that keep the place (see the queue node's `callback`). */
    callback: callback.prefault({}),
    /** Why agents may be not ready or sign out; others are refused. */
    reasons: z.array(reasonConfig).max(100).default(() => REASONS.map((reason) => reasonConfig.parse(reason))),
    /** What agents say of a conversation in the after-call work (小结): written into its record, counted in reports. None: nothing is asked. */
    wrapUpCodes: z.array(wrapUpCode).max(200).default([]),
    /** Nobody becomes not ready without a reason. */
    reasonRequired: z.boolean().default(false),
    /** Who has been signed in for so many hours is signed out once the call in progress is over; 0 = never. */
    signInMaxHours: z.number().min(0).max(240).default(0),
    /** Whom agents may reach in an emergency (紧急转接): duty desks of departments, leaders. Target `emergency:<key>` of the call commands; audited. */
    emergencyContacts: z
      .array(
        z.strictObject({
          /** Letters, digits, `.`, `_`, `-`. */
          key: z.string().regex(/^[\w.-]{1,28}$/),
          /** Shown to people. */
          name: z.string().min(1).max(100),
          /** What it is. */
          kind: z.enum(["department", "leader", "authority"]).default("department"),
          /** Extension or telephone number. */
          number: z.string().regex(/^\+?\d{2,20}$/, "an extension or a telephone number"),
        }),
      )
      .max(200)
      .default([]),
    /** Prompts and articles that agents may play into a call; the approved and valid ones are offered. */
    announcements: z.array(announcement).max(5000).default([]),
    /** What agents' telephones dial for call pickup (代接): alone for the call that rings longest at a colleague, followed by a 工号 for that agent's. `false`: none. */
    pickupCode: z.union([z.literal(false), z.string().regex(/^[*#][0-9*#]{1,5}$/, "a code like *8")]).default("*8"),
    /** Groups of agents: for lists and filters, and who may pick up whose calls. */
    groups: z.array(z.strictObject({ /** Letters, digits, `.`, `_`, `-`. */ key: z.string().regex(/^[\w.-]{1,64}$/), /** Shown to people. */ name: z.string().min(1).max(100) })).max(500).default([]),
    /**
     * Who has the last word on queues, profiles and agents: `database` (made once by key; what is changed here later does nothing, and is
     * told in the log) or `code` (what stands here replaces it at each start; what agents chose is kept). What is no longer here stays.
     */
    managed: z.enum(["database", "code"]).default("database"),
    /** See `managed`. */
    profiles: z.array(profileConfig).default([]),
    /** One step of priority is worth so many seconds of waiting; without it priorities are strict. */
    priorityWorthSeconds: seconds(1, 86_400).optional(),
    /** One step of a queue's weight is worth so many seconds of waiting, so that light queues do not starve; without it heavier queues strictly go first. */
    weightWorthSeconds: seconds(1, 86_400).optional(),
    /** See `managed`. */
    queues: z.array(queueConfig).default([]),
    /** See `managed`. */
    agents: z.array(agentConfig).default([]),
  })
  .superRefine((config, context) => {
    const keys = new Set<string>();
    const issue = (path: (string | number)[], message: string): void => context.addIssue({ code: "custom", path, message });
    config.queues.forEach((queue, index) => {
      if (keys.has(queue.key)) issue(["queues", index, "key"], `queue ${queue.key} is given twice`);
      keys.add(queue.key);
    });
    const tell = (at: (string | number)[], faults: readonly SettingFault[]): void => faults.forEach(({ path, message }) => issue([...at, ...path], message));
    const skills = knownSkills(config.agents, config.profiles);
    const known = { queues: keys, skills, reserves: knownReserves(config.agents, config.profiles), hosts: knownHosts(config.queues), wrapUpCodes: new Set(config.wrapUpCodes.map((each) => each.code)) };
    config.queues.forEach((queue, index) => tell(["queues", index], queueFaults(queue.key, queue, known)));
    const twice = (list: readonly string[], path: string, name: string): Set<string> => {
      list.forEach((key, index) => list.indexOf(key) < index && issue([path, index, name], `${key} is given twice`));
      return new Set(list);
    };
    const profiles = twice(config.profiles.map(({ key }) => key), "profiles", "key");
    const groups = twice(config.groups.map(({ key }) => key), "groups", "key");
    twice(config.emergencyContacts.map(({ key }) => key), "emergencyContacts", "key");
    twice(config.announcements.map(({ key }) => key), "announcements", "key");
    twice(config.reasons.map(({ code }) => code), "reasons", "code");
    twice(config.wrapUpCodes.map(({ code }) => code), "wrapUpCodes", "code");
    config.reasons.forEach(({ code }, index) => OWN_REASONS.includes(code) && issue(["reasons", index, "code"], `${code} is a reason of the hotline's own`));
    tell([], reasonFaults(config));
    tell([], phoneFaults(config));
    config.profiles.forEach((profile, index) => tell(["profiles", index], servedFaults(profile.queues, keys)));
    const numbers = new Set<string>();
    config.agents.forEach((agent, index) => {
      if (numbers.has(agent.number)) issue(["agents", index, "number"], `agent ${agent.number} is given twice`);
      numbers.add(agent.number);
      tell(["agents", index], servedFaults(agent.queues, keys));
      if (agent.profile !== undefined && !profiles.has(agent.profile)) issue(["agents", index, "profile"], `there is no profile ${agent.profile}`);
      agent.groups.forEach((key, at) => groups.has(key) || issue(["agents", index, "groups", at], `there is no group ${key}`));
    });
  });

export type AcdConfig = z.output<typeof acdConfig>;
export type CallbackConfig = z.output<typeof callback>;
export type AcdPluginOptions = z.input<typeof acdConfig>;
export type QueueSettings = z.output<typeof queueSettings>;
export type AgentSettings = z.output<typeof agentSettings>;
export type ProfileSettings = z.output<typeof profileSettings>;
export type CapacitySettings = z.output<typeof capacity>;
