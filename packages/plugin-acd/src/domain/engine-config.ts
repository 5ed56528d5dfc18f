import type { AgentConfig, CapacityConfig, QueueConfig } from "@hotlinejs/queueing";
import type { AgentSettings, CapacitySettings, ProfileSettings, QueueSettings } from "../config.js";

/** Settings as stored -> rules of the reducer. Seconds become milliseconds. */
export function engineQueue(key: string, settings: QueueSettings, wrapUpSeconds: number): QueueConfig {
  const ms = (seconds: number): number => Math.round(seconds * 1000);
  const every = settings.announce.everySeconds;
  const { divert } = settings;
  return {
    key,
    strategy: settings.strategy,
    weight: settings.weight,
    ringMs: ms(settings.ringTimeoutSeconds),
    wrapUpMs: ms(settings.wrapUpSeconds ?? wrapUpSeconds),
    maxWaitMs: settings.maxWaitSeconds === 0 ? undefined : ms(settings.maxWaitSeconds),
    maxLength: settings.maxLength ?? undefined,
    skills: levels(settings.skills),
    relaxSkillsAfterMs: settings.relaxSkillsAfterSeconds === undefined ? undefined : ms(settings.relaxSkillsAfterSeconds),
    skillSteps: settings.skillSteps.map((step) => ({ afterMs: ms(step.afterSeconds), skills: step.skills })),
    skillWeights: settings.skillWeights,
    tiersAfterMs: settings.tiersAfterSeconds.map(ms),
    preferredMs: ms(settings.preferredSeconds),
    onDemandAfterMs: settings.onDemandAfterSeconds === null ? null : ms(settings.onDemandAfterSeconds),
    progressMs: ms(settings.progressSeconds),
    divert: divert === undefined ? undefined : { whileWaiting: divert.whileWaiting, ...(divert.waitSeconds === undefined ? {} : { ewtMs: ms(divert.waitSeconds) }), ...(divert.ratio === undefined ? {} : { ratio: divert.ratio }) },
    overflow: settings.overflow.map((step) => ({ afterMs: ms(step.afterSeconds), queues: step.queues })),
    announceFirstMs: every === 0 ? undefined : ms(settings.announce.firstSeconds),
    announceEveryMs: every === 0 ? undefined : ms(every),
    regainMs: ms(settings.regainSeconds),
    joinEmpty: settings.joinEmpty,
    leaveEmpty: settings.leaveEmpty,
    emptyGraceMs: ms(settings.emptyGraceSeconds),
    staff: settings.staff,
    rejectDelayMs: ms(settings.rejectDelaySeconds),
    noAnswerDelayMs: ms(settings.noAnswerDelaySeconds),
    busyDelayMs: ms(settings.busyDelaySeconds),
    pauseAfterMisses: settings.pauseAfterMisses,
  };
}

export function engineAgent(number: string, settings: AgentSettings, order: number): AgentConfig {
  return {
    id: number,
    order: settings.order ?? order,
    queues: settings.queues.map((membership) => (typeof membership === "string" ? { queue: membership } : membership)),
    skills: levels(settings.skills),
    wrapUpMs: settings.wrapUpSeconds === undefined ? undefined : Math.round(settings.wrapUpSeconds * 1000),
    ...(settings.capacity === undefined ? {} : { capacity: engineCapacity(settings.capacity) }),
  };
}

function engineCapacity({ channels, total, rules }: CapacitySettings): CapacityConfig {
  return { channels, rules, ...(total === undefined ? {} : { total }) };
}

/** Settings of an agent with those of the profile behind them: the agent's own win, one by one. */
export function effectiveAgent(own: AgentSettings, profile: ProfileSettings | undefined, capacity: CapacitySettings | undefined): AgentSettings {
  const ownQueues = new Set(own.queues.map(queueOf));
  const wrapUpSeconds = own.wrapUpSeconds ?? profile?.wrapUpSeconds;
  const room = own.capacity ?? profile?.capacity ?? capacity;
  return {
    ...own,
    queues: [...own.queues, ...(profile?.queues ?? []).filter((membership) => !ownQueues.has(queueOf(membership)))],
    skills: { ...levels(profile?.skills ?? {}), ...levels(own.skills) },
    ...(wrapUpSeconds === undefined ? {} : { wrapUpSeconds }),
    ...(room === undefined ? {} : { capacity: room }),
  };
}

function queueOf(membership: string | { readonly queue: string }): string {
  return typeof membership === "string" ? membership : membership.queue;
}

function levels(skills: readonly string[] | Readonly<Record<string, number>>): Readonly<Record<string, number>> {
  return Array.isArray(skills) ? Object.fromEntries((skills as readonly string[]).map((skill) => [skill, 1])) : (skills as Readonly<Record<string, number>>);
}
