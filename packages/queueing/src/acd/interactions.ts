import { VOICE } from "./capacity.js";
import type { AcdEvent, LeftOutcome } from "./events.js";
import { agentsAtWork, expectedWaitMs } from "./state.js";
import type { AgentState, InteractionState, KeptPlace, QueueState } from "./state.js";
import { addTimer, clearTimer, isAway, unhold, watchEmpty } from "./step.js";
import type { Step } from "./step.js";
import { insertInLine, placeInLine, removeFromLine } from "./waiting-line.js";
import { fits, hasSkills } from "./matching.js";
import { limitWait, needs, ripen } from "./waiting-rules.js";

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
  if (event.onlyAgent !== undefined && !servesSometime(step.state.agents.get(event.onlyAgent), queue)) return refuse("no-agents");
  const kept = event.placeAt === undefined || !Number.isFinite(event.placeAt) ? undefined : Math.min(event.placeAt, now);
  if (kept === undefined && isEmpty(queue)) return refuse("no-agents");

  const regained = kept === undefined ? takePlace(step, queue, event.callerKey) : undefined;
  const place = kept ?? (regained === undefined ? undefined : Math.min(regained.placeAt, now));
  const raisedBy = finite(kept === undefined ? regained?.raisedBy : event.raisedBy);
  const interaction: InteractionState = {
    id: event.interactionId,
    queue,
    cameTo: queue.config.key,
    priority: finite(event.priority) + raisedBy,
    raisedBy,
    skills: event.skills ?? {},
    callerKey: event.callerKey,
    channel: event.channel ?? VOICE,
    // Who was cut off in a talk goes on with the same agent, if that one is free.
    preferredAgent: event.onlyAgent ?? event.preferredAgent ?? regained?.agentId,
    preferredMs: event.preferredMs === undefined || !(event.preferredMs >= 0) ? undefined : event.preferredMs,
    onlyAgent: event.onlyAgent,
    exceptAgent: event.exceptAgent,
    ringMs: event.ringMs === undefined || !(event.ringMs > 0) ? undefined : event.ringMs,
    patient: event.patient === true,
    yields: event.yields === true,
    enteredAt: now,
    placeAt: place ?? now,
    seq: sequenceOf(step, kept === undefined ? regained?.placeSeq : orderOf(event.placeSeq)),
    state: "waiting",
    major: 0,
    minor: 0,
    servedBy: [queue],
    tried: new Set(),
    timers: new Set(),
    ripeMs: 0,
    ruleTimer: undefined,
    limitTimer: undefined,
    needs: [],
    heldFor: undefined,
    expired: undefined,
    announcements: 0,
    toldAhead: Infinity,
    toldWaitMs: Infinity,
    expectedWaitMs: 0,
    attempts: 0,
    reservations: new Set(),
    winner: undefined,
    rungBy: undefined,
    rings: "one",
    agent: undefined,
    connectedAt: 0,
  };
  setKey(step, interaction);
  const { config } = queue;
  const full = config.maxLength !== undefined && queue.waiting + queue.offered >= config.maxLength;
  const ahead = placeInLine(queue.line, interaction);
  const long = tooLong(step, queue, ahead, queue.waiting + queue.offered + 1);
  if (kept === undefined && (full || long)) {
    interaction.needs = needs(interaction);
    if (!anyoneFree(queue, interaction)) return refuse(full ? "full" : "diverted");
  }
  state.interactions.set(interaction.id, interaction);
  join(step, interaction, place !== undefined);
}

/** Into the line of the own queue, with all that begins there. */
export function join(step: Step, interaction: InteractionState, regained: boolean): void {
  const { queue } = interaction;
  const { config } = queue;
  const ahead = placeInLine(queue.line, interaction);
  queue.waiting += 1;
  insertInLine(queue.line, interaction);
  interaction.needs = needs(interaction);
  holdForPreferred(step, interaction);
  interaction.expectedWaitMs = anyoneFree(queue, interaction) ? 0 : expectedWaitMs(step.state, queue, ahead, step.now);
  step.effects.push({ type: "entered", interactionId: interaction.id, queue: config.key, placeAt: interaction.placeAt, placeSeq: interaction.seq, regained, priority: interaction.priority, raisedBy: interaction.raisedBy, ahead, expectedWaitMs: interaction.expectedWaitMs });
  step.touchedQueues.add(queue);
  ripen(step, interaction);
  limitWait(step, interaction);
  if (config.announceFirstMs !== undefined) addTimer(step, interaction, config.announceFirstMs, { kind: "announce", interaction });
  else if (config.announceEveryMs !== undefined) addTimer(step, interaction, config.announceEveryMs, { kind: "announce", interaction });
  watchEmpty(step, queue);
}

/** Whether callers of the queue may come to the agent, now or after a wait: as a member, or of a queue it overflows into. */
export function servesSometime(agent: AgentState | undefined, { config }: QueueState): boolean {
  if (agent === undefined || agent.removed) return false;
  return agent.memberships.has(config.key) || config.overflow.some(({ queues }) => queues.some((key) => agent.memberships.has(key)));
}

/** Nobody is there for whom the queue lets callers wait. */
function isEmpty(queue: QueueState): boolean {
  const { joinEmpty } = queue.config;
  if (joinEmpty === true) return false;
  if (joinEmpty === false) return queue.staff.size === 0;
  for (const agent of queue.members) if (!agent.removed && !joinEmpty.includes(agent.status)) return false;
  return true;
}

/** Whether the queue's limits of waiting say: elsewhere. */
function tooLong(step: Step, queue: QueueState, ahead: number, callers: number): boolean {
  const { divert } = queue.config;
  if (divert === undefined) return false;
  return (divert.ewtMs !== undefined && expectedWaitMs(step.state, queue, ahead, step.now) > divert.ewtMs) || (divert.ratio !== undefined && callers / agentsAtWork(queue) > divert.ratio);
}

/** Those who wait last leave while the wait is too long for them. Guests stay: their own queue decides. */
export function divertLast(step: Step, queue: QueueState): void {
  if (queue.config.divert?.whileWaiting !== true || queue.removed) return;
  for (let index = queue.line.length - 1; index >= 0; index--) {
    const last = queue.line[index] as InteractionState;
    if (last.queue !== queue || last.patient) continue;
    if (!tooLong(step, queue, index, queue.waiting + queue.offered)) return;
    leave(step, last, "diverted");
  }
}

function anyoneFree(queue: QueueState, interaction: InteractionState): boolean {
  return queue.eligible.some((agent, own) => fits(agent, interaction, queue, own));
}

/** Keeps the caller for the preferred agent while that one is at work. */
function holdForPreferred(step: Step, interaction: InteractionState): void {
  const { queue, preferredAgent } = interaction;
  const agent = preferredAgent === undefined ? undefined : step.state.agents.get(preferredAgent);
  if (agent === undefined || (interaction.preferredMs ?? queue.config.preferredMs) <= 0 || agent.removed || isAway(agent) || !agent.memberships.has(queue.config.key) || !hasSkills(agent, interaction)) return;
  interaction.heldFor = agent;
  agent.awaitedBy.add(interaction);
}

/** Where it stands in a line; while it stands in none. */
export function setKey(step: Step, interaction: InteractionState): void {
  const worth = step.state.priorityWorthMs;
  interaction.major = worth === undefined ? -interaction.priority : 0;
  interaction.minor = worth === undefined ? interaction.placeAt : interaction.placeAt - interaction.priority * worth;
}

export function setPriority(step: Step, interaction: InteractionState, priority: number): void {
  if (!Number.isFinite(priority) || priority === interaction.priority) return;
  const waiting = interaction.state === "waiting";
  if (waiting) for (const queue of interaction.servedBy) removeFromLine(queue.line, interaction);
  interaction.raisedBy += priority - interaction.priority;
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
  stopRinging(step, interaction);
  for (const served of interaction.servedBy) insertInLine(served.line, interaction);
  step.touchedQueues.add(queue);
  if (queue.removed) return leave(step, interaction, "closed");
  if (interaction.expired !== undefined) return leave(step, interaction, interaction.expired);
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
  forget(step, interaction, outcome);
}

function stopRinging(step: Step, interaction: InteractionState): void {
  interaction.rungBy?.ringing.delete(interaction);
  interaction.rungBy = undefined;
  for (const id of interaction.timers) {
    if (step.state.timers.get(id)?.kind !== "widen") continue;
    interaction.timers.delete(id);
    clearTimer(step, id);
  }
}

function forget(step: Step, interaction: InteractionState, outcome: LeftOutcome): void {
  const { state, now } = step;
  const { queue } = interaction;
  detach(step, interaction);
  state.interactions.delete(interaction.id);
  if (outcome === "abandoned") keepOwnPlace(step, interaction);
  step.effects.push({ type: "left", interactionId: interaction.id, queue: queue.config.key, outcome, waitMs: Math.max(0, now - interaction.enteredAt), expectedWaitMs: interaction.expectedWaitMs, placeAt: interaction.placeAt, placeSeq: interaction.seq, raisedBy: interaction.raisedBy });
}

/** Nothing more is begun for this stay in the queue. The caller is in no line any more. */
export function detach(step: Step, interaction: InteractionState): void {
  stopRinging(step, interaction);
  stopTimers(step, interaction);
  unhold(step, interaction);
  step.loose.delete(interaction);
  step.touchedQueues.add(interaction.queue);
  for (const served of interaction.servedBy) {
    if (served.line.length > 0) continue;
    clearTimer(step, served.emptyTimer);
    served.emptyTimer = undefined;
  }
}

export function stopTimers(step: Step, interaction: InteractionState): void {
  for (const id of interaction.timers) clearTimer(step, id);
  interaction.timers.clear();
  interaction.ruleTimer = undefined;
  interaction.limitTimer = undefined;
}

/** Who comes back soon goes on where they stood. Who was moved may come back by the same way as before, and so into the queue they came to first. */
export function keepOwnPlace(step: Step, { callerKey, queue, cameTo, placeAt, seq, raisedBy }: InteractionState, agentId?: string): void {
  if (callerKey === undefined) return;
  const first = step.state.queues.get(cameTo);
  const queues = [...new Set([queue, first ?? queue])].filter(({ config }) => config.regainMs > 0).map(({ config }) => config.key);
  keepPlace(step, callerKey, { placeAt, placeSeq: seq, leftAt: step.now, agentId, raisedBy, queues });
}

/** A place of an earlier process; who comes now stands behind it, whatever the clock says. */
export function restorePlace(step: Step, { callerKey, queue, cameTo = queue, placeAt, placeSeq, leftAt, agentId, raisedBy }: AcdEvent & { type: "place.restored" }): void {
  restoreSequence(step, placeSeq);
  const seq = orderOf(placeSeq) ?? (step.state.sequence += 1);
  keepPlace(step, callerKey, { placeAt, placeSeq: seq, leftAt, agentId, raisedBy: finite(raisedBy), queues: [...new Set([queue, cameTo])] });
}

/** What was given out by an earlier process is not given out again. */
export function restoreSequence({ state }: Step, placeSeq: number | undefined): void {
  state.sequence = Math.max(state.sequence, orderOf(placeSeq) ?? 0);
}

function finite(value: number | undefined): number {
  return value !== undefined && Number.isFinite(value) ? value : 0;
}

/** `undefined`: none that could have been given. */
function orderOf(placeSeq: number | undefined): number | undefined {
  return placeSeq !== undefined && Number.isSafeInteger(placeSeq) && placeSeq > 0 ? placeSeq : undefined;
}

/** The place's own order, as long as nobody else has it: two in a line never stand equal. */
function sequenceOf({ state }: Step, kept: number | undefined): number {
  state.sequence = Math.max(state.sequence, kept ?? 0) + 1;
  if (kept === undefined) return state.sequence;
  for (const other of state.interactions.values()) {
    if (other.seq !== kept) continue;
    if (other.state === "waiting") return state.sequence;
    // In no line: it gives its order away (a citizen who was dialled comes in the place that was kept for them).
    other.seq = state.sequence;
  }
  return kept;
}

function keepPlace(step: Step, callerKey: string, place: KeptPlace): void {
  const { places } = step.state;
  for (const queue of place.queues) {
    const key = placeKey(queue, callerKey);
    places.delete(key);
    places.set(key, place);
  }
  for (const oldest of places.keys()) {
    if (places.size <= MAX_PLACES) break;
    places.delete(oldest);
  }
}

function takePlace(step: Step, queue: QueueState, callerKey: string | undefined): KeptPlace | undefined {
  if (callerKey === undefined || queue.config.regainMs <= 0) return undefined;
  const { places } = step.state;
  const key = placeKey(queue.config.key, callerKey);
  const place = places.get(key);
  if (place === undefined) return undefined;
  places.delete(key);
  // The other queue of who was moved may give longer.
  if (step.now - place.leftAt > queue.config.regainMs) return undefined;
  // Given once, in whichever queue: elsewhere a later stay may have left another one.
  for (const other of place.queues.map((each) => placeKey(each, callerKey))) if (places.get(other)?.placeSeq === place.placeSeq) places.delete(other);
  return place;
}

function placeKey(queue: string, callerKey: string): string {
  return `${queue}\n${callerKey}`;
}

export function announce(step: Step, interaction: InteractionState): void {
  const { queue } = interaction;
  if (queue.config.announceEveryMs !== undefined) addTimer(step, interaction, queue.config.announceEveryMs, { kind: "announce", interaction });
  // While an agent is being rung the caller just hears the music: the answer may come any moment.
  if (interaction.state !== "waiting") return;
  interaction.announcements += 1;
  const ahead = placeInLine(queue.line, interaction);
  // Who is passed by a more urgent caller is not told so: what was said before stays true as a promise.
  interaction.toldAhead = Math.min(interaction.toldAhead, ahead);
  interaction.toldWaitMs = Math.min(interaction.toldWaitMs, expectedWaitMs(step.state, queue, ahead, step.now));
  step.effects.push({ type: "announce", interactionId: interaction.id, queue: queue.config.key, ahead: interaction.toldAhead, expectedWaitMs: interaction.toldWaitMs, nth: interaction.announcements });
}
