import type { Call, LegRole } from "../contracts/call.js";
import type { EventBus } from "../events/event-bus.js";
import { errorText } from "../errors/define-errors.js";
import type { Logger } from "../log/logger.js";
import type { InteractionJournal } from "./interaction-journal.js";

/** Writes a leg's states into the journal and tells them as events. The leg's row must stand. */
export function watchLeg(
  call: Call,
  deps: { journal: InteractionJournal; events: EventBus; interactionId: string | (() => string); role: LegRole; log: Logger },
  onAnswered?: (at: number) => void,
): void {
  const { journal, events, role, log } = deps;
  // A leg may be moved to another interaction.
  const home = (): string => (typeof deps.interactionId === "string" ? deps.interactionId : deps.interactionId());
  let answered = false;
  const enter = (state: string, at: number): void => {
    if (state === "ringing") journal.legState(call.id, { ringingAt: at });
    if (state === "answered" && !answered) {
      answered = true;
      journal.legState(call.id, { answeredAt: at });
      watchQuality();
      events.publish("leg.answered", { interactionId: home(), legId: call.id, role });
      onAnswered?.(at);
    }
  };
  const watchQuality = (): void => {
    const note = journal.qualityNote(call.id);
    call.media?.subscribe((event) => {
      if (event.type !== "ended" || event.stats?.quality === undefined) return;
      const { quality } = event.stats;
      note(quality);
      events.publish("leg.quality", { interactionId: home(), legId: call.id, role, quality });
    });
  };
  events.publish("leg.started", { interactionId: home(), legId: call.id, role, to: call.to.number });
  const unsubscribe = call.subscribe((event) => {
    if (event.type === "state") enter(event.state, event.at);
    else if (event.type === "attempt") journal.event(home(), "leg.attempt", { legId: call.id, via: event.via.key, status: event.status, cause: event.cause });
  });
  void call.ended.then((end) => {
    unsubscribe();
    try {
      journal.legState(call.id, { endedAt: end.at, endReason: end.reason, ...(end.status === undefined ? {} : { status: end.status }) });
      events.publish("leg.ended", { interactionId: home(), legId: call.id, role, reason: end.reason });
    } catch (error) {
      log.error({ legId: call.id, error: errorText(error) }, "the end of a leg could not be noted");
    }
  });
}
