import type { AcdConfig, ProfileSettings, QueueSettings } from "../config.js";

/** A setting that would do nothing, or not what it says. */
export interface SettingFault {
  /** Within the queue, agent or profile. */
  readonly path: readonly (string | number)[];
  /** What is wrong, and what to do. */
  readonly message: string;
}

type Membership = ProfileSettings["queues"][number];

/** What there is that a queue may name. */
export interface Known {
  /** Keys of all queues. */
  readonly queues: ReadonlySet<string>;
  /** Every skill an agent or profile has; `undefined`: not known, nobody is configured yet. */
  readonly skills: ReadonlySet<string> | undefined;
  /** Codes for the after-call work. */
  readonly wrapUpCodes: ReadonlySet<string>;
}

export function queueFaults(key: string, settings: QueueSettings, { queues, skills, wrapUpCodes }: Known): SettingFault[] {
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
export function knownSkills(agents: AcdConfig["agents"], profiles: readonly Pick<ProfileSettings, "skills">[]): ReadonlySet<string> | undefined {
  return agents.length === 0 ? undefined : new Set([...agents, ...profiles].flatMap(({ skills }) => namesOf(skills)));
}

function namesOf(skills: readonly string[] | Readonly<Record<string, number>>): string[] {
  return Array.isArray(skills) ? [...(skills as readonly string[])] : Object.keys(skills);
}
