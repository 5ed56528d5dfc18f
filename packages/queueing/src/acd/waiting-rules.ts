import type { InteractionState, Membership, QueueState } from "./state.js";
import { addTimer, clearTimer, unhold, watchEmpty } from "./step.js";
import type { Step } from "./step.js";
import { insertInLine, removeFromLine } from "./waiting-line.js";

/** Wait from which agents of this membership are rung. */
export function tierAfterMs(queue: QueueState, membership: Membership): number {
  const { tiersAfterMs } = queue.config;
  if (membership.tier === 0 || tiersAfterMs.length === 0) return 0;
  return tiersAfterMs[Math.min(membership.tier, tiersAfterMs.length) - 1] as number;
}

/**
 * Applies the rules that change with the wait (skills, reserve, overflow, preferred agent) as of now, and
 * comes back when the next of them falls due. Asked anew when the rules themselves were changed, so
 * that they reach callers who already wait.
 */
export function ripen(step: Step, interaction: InteractionState): void {
  const { config } = interaction.queue;
  if (interaction.ruleTimer !== undefined) {
    clearTimer(step, interaction.ruleTimer);
    interaction.timers.delete(interaction.ruleTimer);
    interaction.ruleTimer = undefined;
  }
  interaction.ripeMs = Math.max(interaction.ripeMs, step.now - interaction.enteredAt);
  for (const { afterMs, queues } of config.overflow) if (afterMs <= interaction.ripeMs) overflow(step, interaction, queues);
  interaction.needs = needs(interaction);
  if (interaction.ripeMs >= (interaction.preferredMs ?? config.preferredMs)) unhold(step, interaction);
  step.loose.add(interaction);
  const next = nextRule(interaction);
  if (next === Infinity) return;
  interaction.ruleTimer = addTimer(step, interaction, interaction.enteredAt + next - step.now, { kind: "rules", interaction, ripeMs: next });
}

/** Skills of the caller and of the queue, less what the wait has taken off. */
export function needs({ queue: { config }, skills, ripeMs }: InteractionState): InteractionState["needs"] {
  if (config.relaxSkillsAfterMs !== undefined && ripeMs >= config.relaxSkillsAfterMs) return [];
  // A map: no name of a skill is anything else to it.
  const levels = new Map(Object.entries(config.skills));
  for (const [skill, level] of Object.entries(skills)) levels.set(skill, Math.max(levels.get(skill) ?? 0, level));
  for (const step of config.skillSteps) {
    if (step.afterMs > ripeMs) break;
    for (const [skill, level] of Object.entries(step.skills)) if (levels.has(skill)) levels.set(skill, level);
  }
  const kept: [string, number][] = [];
  for (const [skill, level] of levels) {
    // A level of 0 asked for by caller or queue means: has the skill at all. A step of 0 takes it away.
    if (level > 0 || !config.skillSteps.some((step) => step.afterMs <= ripeMs && Object.hasOwn(step.skills, skill))) kept.push([skill, level]);
  }
  return kept;
}

function nextRule({ queue, servedBy, ripeMs, heldFor, preferredAgent, preferredMs }: InteractionState): number {
  const { config } = queue;
  let next = Infinity;
  const due = (afterMs: number): void => {
    if (afterMs > ripeMs && afterMs < next) next = afterMs;
  };
  if (config.relaxSkillsAfterMs !== undefined) due(config.relaxSkillsAfterMs);
  for (const step of config.skillSteps) due(step.afterMs);
  for (const step of config.overflow) due(step.afterMs);
  if (heldFor !== undefined || preferredAgent !== undefined) due(preferredMs ?? config.preferredMs);
  for (const served of servedBy) {
    for (const afterMs of served.config.tiersAfterMs) due(afterMs);
    due(served.config.onDemandAfterMs);
  }
  return next;
}

function overflow(step: Step, interaction: InteractionState, keys: readonly string[]): void {
  const added: string[] = [];
  for (const key of keys) {
    const queue = step.state.queues.get(key);
    if (queue === undefined || queue.removed || interaction.servedBy.includes(queue)) continue;
    interaction.servedBy.push(queue);
    if (interaction.state === "waiting") {
      insertInLine(queue.line, interaction);
      watchEmpty(step, queue);
    }
    added.push(key);
  }
  if (added.length > 0) step.effects.push({ type: "overflowed", interactionId: interaction.id, queues: added });
}

/** By changed rules not, or not yet, served by queues they have overflowed into: out of their lines. Who is being rung there rings on. */
export function leaveOverflow(step: Step, interaction: InteractionState): void {
  const { queue: own, servedBy, enteredAt } = interaction;
  const reached = new Set(own.config.overflow.flatMap(({ afterMs, queues }) => (afterMs <= step.now - enteredAt ? queues : [])));
  for (const queue of [...servedBy]) {
    if (queue === own || reached.has(queue.config.key)) continue;
    servedBy.splice(servedBy.indexOf(queue), 1);
    if (interaction.state === "waiting") removeFromLine(queue.line, interaction);
  }
}

/** Starts the longest wait, or starts it anew by changed rules. */
export function limitWait(step: Step, interaction: InteractionState): void {
  if (interaction.limitTimer !== undefined) {
    clearTimer(step, interaction.limitTimer);
    interaction.timers.delete(interaction.limitTimer);
    interaction.limitTimer = undefined;
  }
  const { maxWaitMs } = interaction.queue.config;
  if (maxWaitMs === undefined || interaction.patient || interaction.expired !== undefined) return;
  interaction.limitTimer = addTimer(step, interaction, interaction.enteredAt + maxWaitMs - step.now, { kind: "max-wait", interaction });
}
