import type { AcdEvent, LeftOutcome } from "./events.js";
import { expectedWaitMs } from "./state.js";
import type { InteractionState, QueueState } from "./state.js";
import { clearTimer, setTimer, watchEmpty } from "./step.js";
import type { Step } from "./step.js";
import { insertInLine, placeInLine, removeFromLine } from "./waiting-line.js";
import { fits } from "./matching.js";

/** Abandoned places kept at most, so that a flood of callers cannot fill the memory. */
const MAX_PLACES = 20_000;

export function enqueue(step: Step, event: AcdEvent & { type: "interaction.enqueued" }): void {
  const { state, now } = step;
  if (state.interactions.has(event.interactionId)) return;
  const refuse = (outcome: LeftOutcome): void => {
    step.effects.push({ type: "left", interactionId: event.interactionId, queue: event.queue, outcome, waitMs: 0 });
  };
  const queue = state.queues.get(event.queue);
  if (queue === undefined) return refuse("unknown-queue");
  if (queue.frozen || queue.removed) return refuse("closed");
  if (queue.staff.size === 0 && !queue.config.joinEmpty) return refuse("no-agents");

  const place = takePlace(step, queue, event.callerKey);
  state.sequence += 1;
  const interaction: InteractionState = {
    id: event.interactionId,
    queue,
    priority: event.priority ?? 0,
    skills: event.skills ?? {},
    callerKey: event.callerKey,
    preferredAgent: event.preferredAgent,
    enteredAt: now,
    placeAt: place ?? now,
    seq: state.sequence,
    state: "waiting",
    major: 0,
    minor: 0,
    servedBy: [queue],
    tried: new Set(),
    timers: new Set(),
    skillsRelaxed: false,
    expired: false,
    announcements: 0,
    attempts: 0,
    reservation: undefined,
    agent: undefined,
    connectedAt: 0,
  };
  setKey(step, interaction);
  const { config } = queue;
  if (config.maxLength !== undefined && queue.waiting + queue.offered >= config.maxLength && !anyoneFree(queue, interaction)) return refuse("full");

  state.interactions.set(interaction.id, interaction);
  const ahead = placeInLine(queue.line, interaction);
  queue.waiting += 1;
  insertInLine(queue.line, interaction);
  step.effects.push({ type: "entered", interactionId: interaction.id, queue: config.key, placeAt: interaction.placeAt, regained: place !== undefined, ahead });
  step.touchedQueues.add(queue);
  step.loose.add(interaction);
  if (config.maxWaitMs !== undefined) addTimer(step, interaction, config.maxWaitMs, { kind: "max-wait", interaction });
  if (config.announceFirstMs !== undefined) addTimer(step, interaction, config.announceFirstMs, { kind: "announce", interaction });
  else if (config.announceEveryMs !== undefined) addTimer(step, interaction, config.announceEveryMs, { kind: "announce", interaction });
  if (config.relaxSkillsAfterMs !== undefined) addTimer(step, interaction, config.relaxSkillsAfterMs, { kind: "relax", interaction });
  for (const overflow of config.overflow) addTimer(step, interaction, overflow.afterMs, { kind: "overflow", interaction, queues: overflow.queues });
  watchEmpty(step, queue);
}

function anyoneFree(queue: QueueState, interaction: InteractionState): boolean {
  for (const agent of queue.eligible) if (fits(agent, interaction)) return true;
  return false;
}

type InteractionTimer = Parameters<typeof setTimer>[2] & { interaction: InteractionState };

function addTimer(step: Step, interaction: InteractionState, afterMs: number, target: InteractionTimer): void {
  interaction.timers.add(setTimer(step, step.now + afterMs, target));
}

function setKey(step: Step, interaction: InteractionState): void {
  const worth = step.state.priorityWorthMs;
  interaction.major = worth === undefined ? -interaction.priority : 0;
  interaction.minor = worth === undefined ? interaction.placeAt : interaction.placeAt - interaction.priority * worth;
}

export function setPriority(step: Step, interaction: InteractionState, priority: number): void {
  if (!Number.isFinite(priority) || priority === interaction.priority) return;
  const waiting = interaction.state === "waiting";
  if (waiting) for (const queue of interaction.servedBy) removeFromLine(queue.line, interaction);
  interaction.priority = priority;
  setKey(step, interaction);
  if (waiting) for (const queue of interaction.servedBy) insertInLine(queue.line, interaction);
}

/** Back into the line after an offer that came to nothing, in the old place. */
export function backToWaiting(step: Step, interaction: InteractionState): void {
  const { queue } = interaction;
  queue.offered -= 1;
  queue.waiting += 1;
  interaction.state = "waiting";
  interaction.reservation = undefined;
  for (const served of interaction.servedBy) insertInLine(served.line, interaction);
  step.touchedQueues.add(queue);
  if (queue.removed) return leave(step, interaction, "closed");
  if (interaction.expired) return leave(step, interaction, "timeout");
  step.loose.add(interaction);
  for (const served of interaction.servedBy) watchEmpty(step, served);
}

/** The waiting caller leaves the queue for good. */
export function leave(step: Step, interaction: InteractionState, outcome: LeftOutcome): void {
  for (const served of interaction.servedBy) removeFromLine(served.line, interaction);
  interaction.queue.waiting -= 1;
  forget(step, interaction, outcome);
}

/** The caller whose offer was just taken back leaves. */
export function leaveFromOffer(step: Step, interaction: InteractionState, outcome: LeftOutcome): void {
  interaction.queue.offered -= 1;
  interaction.reservation = undefined;
  forget(step, interaction, outcome);
}

function forget(step: Step, interaction: InteractionState, outcome: LeftOutcome): void {
  const { state, now } = step;
  const { queue } = interaction;
  stopTimers(step, interaction);
  step.loose.delete(interaction);
  step.touchedQueues.add(queue);
  state.interactions.delete(interaction.id);
  for (const served of interaction.servedBy) {
    if (served.line.length > 0) continue;
    clearTimer(step, served.emptyTimer);
    served.emptyTimer = undefined;
  }
  if (outcome === "abandoned" && interaction.callerKey !== undefined && queue.config.regainMs > 0) keepPlace(step, interaction.callerKey, queue.config.key, interaction.placeAt, now);
  step.effects.push({ type: "left", interactionId: interaction.id, queue: queue.config.key, outcome, waitMs: Math.max(0, now - interaction.enteredAt) });
}

export function stopTimers(step: Step, interaction: InteractionState): void {
  for (const id of interaction.timers) clearTimer(step, id);
  interaction.timers.clear();
}

export function keepPlace(step: Step, callerKey: string, queue: string, placeAt: number, leftAt: number): void {
  const { places } = step.state;
  const key = `${queue}\n${callerKey}`;
  places.delete(key);
  places.set(key, { placeAt, leftAt });
  for (const oldest of places.keys()) {
    if (places.size <= MAX_PLACES) break;
    places.delete(oldest);
  }
}

function takePlace(step: Step, queue: QueueState, callerKey: string | undefined): number | undefined {
  if (callerKey === undefined || queue.config.regainMs <= 0) return undefined;
  const key = `${queue.config.key}\n${callerKey}`;
  const place = step.state.places.get(key);
  if (place === undefined) return undefined;
  step.state.places.delete(key);
  return step.now - place.leftAt <= queue.config.regainMs ? Math.min(place.placeAt, step.now) : undefined;
}

export function announce(step: Step, interaction: InteractionState): void {
  const { queue } = interaction;
  if (queue.config.announceEveryMs !== undefined) addTimer(step, interaction, queue.config.announceEveryMs, { kind: "announce", interaction });
  // While an agent is being rung the caller just hears the music: the answer may come any moment.
  if (interaction.state !== "waiting") return;
  interaction.announcements += 1;
  const ahead = placeInLine(queue.line, interaction);
  step.effects.push({ type: "announce", interactionId: interaction.id, queue: queue.config.key, ahead, expectedWaitMs: expectedWaitMs(queue, ahead), nth: interaction.announcements });
}

export function overflow(step: Step, interaction: InteractionState, keys: readonly string[]): void {
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
  if (added.length === 0) return;
  step.effects.push({ type: "overflowed", interactionId: interaction.id, queues: added });
  if (interaction.state === "waiting") step.loose.add(interaction);
}
