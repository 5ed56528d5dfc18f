import { detach, join, servesSometime, setKey } from "./interactions.js";
import { letGo } from "./reservations.js";
import type { InteractionState, QueueState } from "./state.js";
import type { Step } from "./step.js";
import { removeFromLine } from "./waiting-line.js";

/** A supervisor puts a waiting caller into another queue; the time waited so far counts for the place there. */
export function move(step: Step, interaction: InteractionState, to: QueueState, priority: number | undefined): void {
  const from = interaction.queue;
  if (interaction.state === "connected" || from === to || to.removed || to.frozen) return;
  if (interaction.onlyAgent !== undefined && !servesSometime(step.state.agents.get(interaction.onlyAgent), to)) return;
  if (interaction.state === "offered") {
    letGo(step, interaction, "moved");
    from.offered -= 1;
  } else {
    for (const served of interaction.servedBy) removeFromLine(served.line, interaction);
    from.waiting -= 1;
  }
  detach(step, interaction);
  step.effects.push({ type: "left", interactionId: interaction.id, queue: from.config.key, outcome: "moved", waitMs: Math.max(0, step.now - interaction.enteredAt), expectedWaitMs: interaction.expectedWaitMs, placeAt: interaction.placeAt, placeSeq: interaction.seq, raisedBy: interaction.raisedBy });
  interaction.state = "waiting";
  interaction.queue = to;
  interaction.enteredAt = step.now;
  interaction.servedBy.splice(0, interaction.servedBy.length, to);
  interaction.ripeMs = 0;
  interaction.expired = undefined;
  interaction.announcements = 0;
  interaction.attempts = 0;
  interaction.toldAhead = Infinity;
  interaction.toldWaitMs = Infinity;
  interaction.tried.clear();
  if (priority !== undefined && Number.isFinite(priority)) interaction.priority = priority;
  setKey(step, interaction);
  join(step, interaction, false);
}
