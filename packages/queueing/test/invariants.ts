import { servesSometime } from "../src/acd/interactions.js";
import { isListed, onDemand } from "../src/acd/eligible-agents.js";
import { fits } from "../src/acd/matching.js";
import type { AcdState, AgentState, QueueState } from "../src/acd/state.js";
import { isAtWork, isAway, isEligible, isStaff } from "../src/acd/step.js";
import { comparePlaces } from "../src/acd/waiting-line.js";
import { tieBreak } from "../src/strategies/strategies.js";

/** The order kept from one decision to the next is the one reckoned anew from the agents as they are. */
function checkKeptOrder(queue: QueueState, fail: (message: string) => never): void {
  const { strategy, key } = queue.config;
  if (strategy.standing === undefined) return;
  const context = { now: 0, draw: 0, weight: () => 1, skillLevel: () => 0 };
  for (const lastOrder of new Set([queue.lastOrder, -1])) {
    const anew = [...queue.eligible].sort((a, b) => onDemand(a) - onDemand(b) || tierOf(a, key) - tierOf(b, key) || strategy.score(a, { ...context, lastOrder }) - strategy.score(b, { ...context, lastOrder }) || tieBreak(a, b));
    const kept: AgentState[] = [];
    // Whoever comes first with those before left out, until nobody is left.
    for (let next = queue.eligible.first(() => true, lastOrder); next !== undefined; next = queue.eligible.first((agent) => !kept.includes(agent), lastOrder)) kept.push(next);
    if (kept.map(({ id }) => id).join() !== anew.map(({ id }) => id).join()) fail(`${key} keeps the order ${kept.map(({ id }) => id).join()} where ${anew.map(({ id }) => id).join()} is right (${strategy.name})`);
  }
}

function tierOf(agent: AgentState, key: string): number {
  return agent.memberships.get(key)?.tier ?? 0;
}

/** Everything that must hold between two events; the first breach is thrown. */
export function checkInvariants(state: AcdState): void {
  const fail = (message: string): never => {
    throw new Error(`invariant: ${message}`);
  };
  if (state.reservations.values().length !== state.reservations.size) fail("offers are counted wrong");
  for (const reservation of state.reservations.values()) {
    if (state.reservations.get(reservation.id) !== reservation) fail(`reservation ${reservation.id} is not found`);
    if (reservation.agent.reservation !== reservation) fail(`reservation ${reservation.id} not held by its agent`);
    if (!reservation.interaction.reservations.has(reservation)) fail(`reservation ${reservation.id} not held by its caller`);
    if (reservation.interaction.state !== "offered") fail("reserved caller is not offered");
    if (reservation.agent.status !== "reserved") fail("reserved agent is not reserved");
    if (!state.timers.has(reservation.phase === "pending" ? reservation.round.timer : (reservation.joinTimer ?? ""))) fail("a reservation without a timer could stick");
  }
  for (const agent of state.agents.values()) {
    if ((agent.status === "reserved") !== (agent.reservation !== undefined)) fail(`${agent.id} sticks in reserved`);
    if (agent.status === "busy" && agent.interactions.size === 0) fail(`${agent.id} busy without a call`);
    if (agent.interactions.size > 0 && !["reserved", "busy", "wrap-up"].includes(agent.status)) fail(`${agent.id} is ${agent.status} with work at hand`);
    if (agent.status === "wrap-up" && agent.wrapTimer === undefined) fail(`${agent.id} sticks in wrap-up`);
    if (agent.wrapTimer !== undefined && !state.timers.has(agent.wrapTimer)) fail(`the wrap-up of ${agent.id} has no end`);
    const held = [...agent.interactions, ...(agent.reservation === undefined ? [] : [agent.reservation.interaction])];
    for (const interaction of agent.interactions) if (state.interactions.get(interaction.id) !== interaction || interaction.agent !== agent) fail("work of an agent is unknown");
    if (held.filter(({ channel }) => channel === "voice").length > 1) fail(`${agent.id} is booked for two calls`);
    if (agent.holdTimer !== undefined && !state.timers.has(agent.holdTimer)) fail(`${agent.id} sticks in held`);
    if (agent.reservation !== undefined && !state.reservations.has(agent.reservation.id)) fail("ghost reservation");
  }
  let lines = 0;
  for (const interaction of state.interactions.values()) {
    if (interaction.state === "waiting") {
      if (interaction.reservations.size > 0 || interaction.winner !== undefined || interaction.agent !== undefined) fail("a waiting caller has an agent");
      if (interaction.rungBy !== undefined) fail("a waiting caller is rung for");
      if (interaction.onlyAgent !== undefined && !servesSometime(state.agents.get(interaction.onlyAgent), interaction.queue)) fail(`${interaction.id} waits for an agent who does not serve it`);
      for (const queue of interaction.servedBy) {
        lines += 1;
        if (queue.line.filter((other) => other === interaction).length !== 1) fail(`${interaction.id} lost from the line of ${queue.config.key}`);
        for (const agent of state.agents.values()) {
          if (isEligible(agent) && agent.memberships.has(queue.config.key) && !queue.removed && fits(agent, interaction, queue)) {
            fail(`${interaction.id} waits though ${agent.id} is available`);
          }
        }
      }
    } else if (interaction.state === "offered") {
      if (interaction.reservations.size === 0) fail("an offered caller without an offer is lost");
      for (const reservation of interaction.reservations) if (!state.reservations.has(reservation.id)) fail("an offer of a caller is unknown");
      if ([...interaction.reservations].filter((reservation) => reservation.phase === "accepted").length !== (interaction.winner === undefined ? 0 : 1)) fail(`${interaction.id} has more than one winner`);
      if (interaction.rings === "one" && interaction.reservations.size > 1) fail(`${interaction.id} is offered to several`);
      const everybody = interaction.rungBy !== undefined && interaction.rungBy.ringing.has(interaction) && interaction.winner === undefined && interaction.expired === undefined ? interaction.rungBy : undefined;
      for (const agent of everybody?.eligible ?? []) if (agent.choice !== "on-demand" && !interaction.tried.has(agent.id) && fits(agent, interaction, everybody as never)) fail(`${agent.id} is not rung along for ${interaction.id}`);
    } else if (interaction.reservations.size > 0) fail("a connected caller is still rung for");
    else if (interaction.agent === undefined || !interaction.agent.interactions.has(interaction)) fail("a connected caller without an agent");
    if (interaction.state === "connected" && interaction.timers.size > 0) fail("timers of a connected caller");
    for (const id of interaction.timers) if (!state.timers.has(id)) fail("a caller holds a timer that is over");
    if (interaction.ruleTimer !== undefined && !interaction.timers.has(interaction.ruleTimer)) fail("rules of a caller stick");
    if (interaction.heldFor !== undefined && (interaction.ruleTimer === undefined || !interaction.heldFor.awaitedBy.has(interaction) || isAway(interaction.heldFor))) fail(`${interaction.id} is kept for an agent for ever`);
  }
  for (const queue of state.queues.values()) {
    lines -= queue.line.length;
    for (let i = 1; i < queue.line.length; i++) {
      if (comparePlaces(queue.line[i - 1] as never, queue.line[i] as never) >= 0) fail(`line of ${queue.config.key} out of order`);
    }
    const own = [...state.interactions.values()].filter((interaction) => interaction.queue === queue);
    if (queue.waiting !== own.filter((interaction) => interaction.state === "waiting").length) fail("wrong count of waiting callers");
    if (queue.offered !== own.filter((interaction) => interaction.state === "offered").length) fail("wrong count of offered callers");
    for (const interaction of queue.ringing) if (interaction.rungBy !== queue || interaction.state !== "offered") fail(`ringing set of ${queue.config.key} wrong`);
    const listed = new Set(queue.eligible);
    if (listed.size !== queue.eligible.size) fail(`eligible set of ${queue.config.key} counts wrong`);
    for (const agent of state.agents.values()) {
      const own = agent.memberships.get(queue.config.key);
      if (own !== undefined && isListed(own) !== listed.has(agent)) fail(`place of ${agent.id} in ${queue.config.key} wrong`);
      const member = agent.memberships.has(queue.config.key) && !agent.removed;
      if (listed.has(agent) !== (member && isEligible(agent))) fail(`eligible set of ${queue.config.key} wrong for ${agent.id}`);
      if (queue.staff.has(agent) !== (member && isStaff(agent, queue))) fail(`staff of ${queue.config.key} wrong for ${agent.id}`);
      if (queue.atWork.has(agent) !== (member && isAtWork(agent, queue))) fail(`those at work of ${queue.config.key} wrong for ${agent.id}`);
      if (queue.wrappingUp.has(agent) !== (queue.atWork.has(agent) && agent.status === "wrap-up")) fail(`those in after-call work of ${queue.config.key} wrong for ${agent.id}`);
      if (queue.atWork.has(agent) && isAway(agent)) fail(`${agent.id} is away and counted as at work in ${queue.config.key}`);
    }
    for (const agent of [...queue.staff, ...queue.atWork, ...queue.wrappingUp]) if (state.agents.get(agent.id) !== agent) fail(`${queue.config.key} counts an agent who is gone`);
    checkKeptOrder(queue, fail);
  }
  if (lines !== 0) fail("a line holds a caller who does not wait");
}
