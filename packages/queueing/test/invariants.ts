import { fits } from "../src/acd/matching.js";
import type { AcdState } from "../src/acd/state.js";
import { comparePlaces } from "../src/acd/waiting-line.js";

/** Everything that must hold between two events; the first breach is thrown. */
export function checkInvariants(state: AcdState): void {
  const fail = (message: string): never => {
    throw new Error(`invariant: ${message}`);
  };
  for (const reservation of state.reservations.values()) {
    if (reservation.agent.reservation !== reservation) fail(`reservation ${reservation.id} not held by its agent`);
    if (reservation.interaction.reservation !== reservation) fail(`reservation ${reservation.id} not held by its caller`);
    if (reservation.interaction.state !== "offered") fail("reserved caller is not offered");
    if (reservation.agent.activity !== "reserved") fail("reserved agent is not reserved");
    if (!state.timers.has(reservation.timer)) fail("a reservation without a timer could stick");
  }
  for (const agent of state.agents.values()) {
    if (agent.reservation !== undefined && agent.interaction !== undefined) fail(`${agent.id} has an offer and a call`);
    if ((agent.activity === "reserved") !== (agent.reservation !== undefined)) fail(`${agent.id} sticks in reserved`);
    if ((agent.activity === "busy") !== (agent.interaction !== undefined)) fail(`${agent.id} busy without a call`);
    if (agent.interaction !== undefined && state.interactions.get(agent.interaction.id) !== agent.interaction) fail("call of an agent is unknown");
    if (agent.activity === "wrap-up" && (agent.wrapTimer === undefined || !state.timers.has(agent.wrapTimer))) fail(`${agent.id} sticks in wrap-up`);
    if (agent.activity !== "wrap-up" && agent.wrapTimer !== undefined) fail("wrap-up timer without wrap-up");
    if (agent.holdTimer !== undefined && !state.timers.has(agent.holdTimer)) fail(`${agent.id} sticks in held`);
    if (agent.reservation !== undefined && !state.reservations.has(agent.reservation.id)) fail("ghost reservation");
  }
  let lines = 0;
  for (const interaction of state.interactions.values()) {
    if (interaction.state === "waiting") {
      if (interaction.reservation !== undefined || interaction.agent !== undefined) fail("a waiting caller has an agent");
      for (const queue of interaction.servedBy) {
        lines += 1;
        if (queue.line.filter((other) => other === interaction).length !== 1) fail(`${interaction.id} lost from the line of ${queue.config.key}`);
        for (const agent of state.agents.values()) {
          if (agent.status === "available" && agent.memberships.has(queue.config.key) && !queue.removed && fits(agent, interaction)) {
            fail(`${interaction.id} waits though ${agent.id} is available`);
          }
        }
      }
    } else if (interaction.state === "offered") {
      if (interaction.reservation === undefined || !state.reservations.has(interaction.reservation.id)) fail("an offered caller without an offer is lost");
    } else if (interaction.agent === undefined || interaction.agent.interaction !== interaction) fail("a connected caller without an agent");
    if (interaction.state === "connected" && interaction.timers.size > 0) fail("timers of a connected caller");
  }
  for (const queue of state.queues.values()) {
    lines -= queue.line.length;
    for (let i = 1; i < queue.line.length; i++) {
      if (comparePlaces(queue.line[i - 1] as never, queue.line[i] as never) >= 0) fail(`line of ${queue.config.key} out of order`);
    }
    const own = [...state.interactions.values()].filter((interaction) => interaction.queue === queue);
    if (queue.waiting !== own.filter((interaction) => interaction.state === "waiting").length) fail("wrong count of waiting callers");
    if (queue.offered !== own.filter((interaction) => interaction.state === "offered").length) fail("wrong count of offered callers");
    for (const agent of state.agents.values()) {
      const member = agent.memberships.has(queue.config.key) && !agent.removed;
      if (queue.eligible.has(agent) !== (member && agent.status === "available")) fail(`eligible set of ${queue.config.key} wrong for ${agent.id}`);
    }
  }
  if (lines !== 0) fail("a line holds a caller who does not wait");
}
