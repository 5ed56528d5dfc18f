import { resolveStrategy } from "@hotlinejs/queueing";
import type { AcdConfig, ProfileSettings, QueueSettings } from "../config.js";
import { agentAddress, sharedPhones, type SharedPhone } from "./agent-address.js";

/** A setting that would do nothing, or not what it says. */
export interface SettingFault {
  /** Within the queue, agent or profile. */
  readonly path: readonly (string | number)[];
  /** What is wrong, and what to do. */
  readonly message: string;
}

type Membership = ProfileSettings["queues"][number];
type Skilled = { readonly skills: readonly string[] | Readonly<Record<string, number>> };
type Serving = { readonly queues: readonly (string | { readonly queue: string; readonly tier?: number | undefined })[] };

/** What there is that a queue may name. */
export interface Known {
  /** Keys of all queues. */
  readonly queues: ReadonlySet<string>;
  /** Every skill an agent or profile has; `undefined`: not known, nobody is configured yet. */
  readonly skills: ReadonlySet<string> | undefined;
  /** Keys of the queues that somebody serves as a reserve, in a tier above 0; `undefined`: not known. */
  readonly reserves: ReadonlySet<string> | undefined;
  /** Keys of the queues whose agents serve callers who came by another queue and leave it when it is empty. */
  readonly hosts: ReadonlySet<string>;
  /** Codes for the after-call work. */
  readonly wrapUpCodes: ReadonlySet<string>;
}

export function queueFaults(key: string, settings: QueueSettings, { queues, skills, reserves, hosts, wrapUpCodes }: Known): SettingFault[] {
  const faults: SettingFault[] = [];
  const fault = (path: readonly (string | number)[], message: string): void => void faults.push({ path, message });
  const { announce, atClosing, calendar, divert, overflow, skillSteps, skillWeights, strategy } = settings;
  if (atClosing !== "serve" && calendar === undefined) fault(["atClosing"], "without `calendar` the queue never closes: give the calendar of its hours, or leave atClosing out");
  if (divert !== undefined && divert.waitSeconds === undefined && divert.ratio === undefined) fault(["divert"], "diverts nobody: give waitSeconds or ratio, or leave divert out");
  const served = new Set([key]);
  overflow.forEach((step, at) =>
    step.queues.forEach((other, place) => {
      const path = ["overflow", at, "queues", place];
      if (!queues.has(other)) fault(path, `there is no queue ${other}`);
      else if (other === key) fault(path, `queue ${key} cannot overflow into itself: its own agents serve it anyway`);
      else if (served.has(other)) fault(path, `${other} is given twice: its agents serve from the first step on that names it`);
      served.add(other);
    }),
  );
  const known = (path: readonly (string | number)[], names: Iterable<string>): void => {
    for (const name of names) if (skills?.has(name) === false) fault([...path, name], `no agent or profile has the skill ${name}${skills.size === 0 ? "" : ` (known: ${[...skills].join(", ")})`}: give it to somebody, or leave it out`);
  };
  known(["skills"], namesOf(settings.skills));
  skillSteps.forEach((step, at) => known(["skillSteps", at, "skills"], Object.keys(step.skills)));
  known(["skillWeights"], Object.keys(skillWeights));
  if (Object.keys(skillWeights).length > 0 && strategy !== "most-skilled") fault(["skillWeights"], `weigh nothing in the strategy ${strategy}: set strategy to most-skilled, or leave them out`);
  skillSteps.forEach((step, at) => {
    for (const [skill, level] of Object.entries(step.skills)) {
      const before = levelBefore(settings, skill, step.afterSeconds);
      if (before !== undefined && level > before) fault(["skillSteps", at, "skills", skill], `steps lower what is needed, and before this one ${skill} ${before} is enough: give at most that, or leave it out`);
    }
  });
  // The defaults may be there without anybody having given them.
  if (settings.progressSeconds !== DEFAULTS.progressSeconds && resolveStrategy(strategy).rings !== "progressive") fault(["progressSeconds"], `counts in the strategy ring-progressively only, not in ${strategy}: set that, or leave it out`);
  if (settings.emptyGraceSeconds !== DEFAULTS.emptyGraceSeconds && settings.leaveEmpty === false && !hosts.has(key)) fault(["emptyGraceSeconds"], "with leaveEmpty: false nobody is sent on: leave it out, or let callers leave");
  if (settings.tiersAfterSeconds.length > 0 && reserves?.has(key) === false) fault(["tiersAfterSeconds"], `no agent or profile serves ${key} in a tier above 0: give the reserve its tier ({ queue: "${key}", tier: 1 }), or leave it out`);
  (settings.wrapUpCodes ?? []).forEach((code, at) => wrapUpCodes.has(code) || fault(["wrapUpCodes", at], `there is no wrap-up code ${code}: add it to the plugin's wrapUpCodes, or leave it out`));
  if (settings.wrapUpCodeRequired && wrapUpCodes.size === 0) fault(["wrapUpCodeRequired"], "there is no wrap-up code to choose: give the plugin's wrapUpCodes, or leave it out");
  const { messages, messagesEverySeconds, messagesFirstSeconds } = announce;
  if (messages.length === 0 && (messagesEverySeconds ?? messagesFirstSeconds) !== undefined) fault(["announce", messagesEverySeconds === undefined ? "messagesFirstSeconds" : "messagesEverySeconds"], "there is nothing to say: give messages, or leave it out");
  else if (messagesFirstSeconds !== undefined && messagesEverySeconds === undefined) fault(["announce", "messagesFirstSeconds"], "counts only with messagesEverySeconds: give that too, or leave it out");
  return faults;
}

/** Of the queues an agent or profile serves. */
export function servedFaults(memberships: readonly Membership[], queues: ReadonlySet<string>): SettingFault[] {
  const served = new Set<string>();
  return memberships.flatMap((membership, at): SettingFault[] => {
    const key = typeof membership === "string" ? membership : membership.queue;
    const twice = served.has(key);
    served.add(key);
    if (!queues.has(key)) return [{ path: ["queues", at], message: `there is no queue ${key}` }];
    return twice ? [{ path: ["queues", at], message: `queue ${key} is given twice: keep the one that holds` }] : [];
  });
}

/** Every skill somebody has; `undefined` where there are no agents: they are made later. */
export function knownSkills(agents: readonly Skilled[], profiles: readonly Skilled[]): ReadonlySet<string> | undefined {
  return agents.length === 0 ? undefined : new Set([...agents, ...profiles].flatMap(({ skills }) => namesOf(skills)));
}

/** Queues somebody serves as a reserve; `undefined` where there are no agents: they are made later. */
export function knownReserves(agents: readonly Serving[], profiles: readonly Serving[]): ReadonlySet<string> | undefined {
  const memberships = [...agents, ...profiles].flatMap(({ queues }) => queues);
  return agents.length === 0 ? undefined : new Set(memberships.flatMap((membership) => (typeof membership !== "string" && (membership.tier ?? 0) > 0 ? [membership.queue] : [])));
}

/** See `Known.hosts`. */
export function knownHosts(queues: Iterable<Pick<QueueSettings, "leaveEmpty" | "overflow">>): ReadonlySet<string> {
  return new Set([...queues].flatMap(({ leaveEmpty, overflow }) => (leaveEmpty === false ? [] : overflow.flatMap((step) => step.queues))));
}

/** Of the reasons, by their place in the configuration. */
export function reasonFaults({ reasons, reasonRequired }: Pick<AcdConfig, "reasons" | "reasonRequired">): SettingFault[] {
  const faults = reasons.flatMap(({ choice, maxMinutes, whenOver }, at): SettingFault[] => {
    if (choice === "offline" && maxMinutes !== undefined) return [{ path: ["reasons", at, "maxMinutes"], message: "who has signed out may stay away as long as wanted: leave it out, or make it a reason for not-ready" }];
    return maxMinutes === undefined && whenOver !== "tell" ? [{ path: ["reasons", at, "whenOver"], message: "is never over without maxMinutes: give that too, or leave it out" }] : [];
  });
  if (reasonRequired && !reasons.some(({ choice }) => choice === "not-ready")) faults.push({ path: ["reasonRequired"], message: "there is no reason for not-ready to choose: give reasons, or leave it out" });
  return faults;
}

/** Of agents with one telephone: both would be rung at once, and what one does with it would count for the other. */
export function phoneFaults({ agents, profiles }: Pick<AcdConfig, "agents" | "profiles">): SettingFault[] {
  const given = new Map(profiles.map(({ key, address }) => [key, address]));
  const byProfile = agents.map(({ profile }) => (profile === undefined ? undefined : given.get(profile)));
  const places = new Map(agents.map(({ number }, at) => [number, at]));
  return sharedPhones(agents.map(({ number, address }, at) => ({ number, address: agentAddress(number, address, byProfile[at]) }))).flatMap(({ number, address, with: other }): SettingFault[] => {
    const at = places.get(number);
    // A number given twice is told by itself.
    if (at === undefined || number === other) return [];
    return [{ path: ["agents", at, byProfile[at] === undefined ? "address" : "profile"], message: sharedPhone({ number, address, with: other }) }];
  });
}

/** What is wrong, and what to do. */
export function sharedPhone({ number, address, with: other }: SharedPhone): string {
  return `agents ${other} and ${number} have one telephone, ${address}, which would be rung for both at once: give each an address of their own (in a profile's, {number} stands for the 工号)`;
}

const DEFAULTS = { progressSeconds: 10, emptyGraceSeconds: 30 };

/** What callers of the queue need of a skill just before this wait, by the queue alone; `undefined`: nothing. */
function levelBefore({ skills, skillSteps }: Pick<QueueSettings, "skills" | "skillSteps">, skill: string, afterSeconds: number): number | undefined {
  const first = Array.isArray(skills) ? (skills.includes(skill) ? 1 : undefined) : Object.hasOwn(skills, skill) ? (skills as Record<string, number>)[skill] : undefined;
  if (first === undefined) return undefined;
  const steps = skillSteps.filter((step) => step.afterSeconds < afterSeconds && Object.hasOwn(step.skills, skill)).sort((a, b) => a.afterSeconds - b.afterSeconds);
  return steps.at(-1)?.skills[skill] ?? first;
}

function namesOf(skills: readonly string[] | Readonly<Record<string, number>>): string[] {
  return Array.isArray(skills) ? [...(skills as readonly string[])] : Object.keys(skills);
}
