/**
 * Every event of a hotline, name -> payload. Plugins add theirs:
 *
 * ```ts
 * declare module "@hotlinejs/core" {
 *   interface EventMap { "ticket.created": { ticketId: string; serial: string } }
 * }
 * ```
 * and declare them at run time with `events: [defineEvent("ticket.created", { v: 1, durable: true })]`.
 * Payloads are plain JSON. Times are epoch ms.
 */
export interface EventMap {
  "hotline.state": { state: string };
  /** A tap failed five times in a row; it is not asked for `mutedMs`, or (fail-closed hooks: null) asked all the same and counted as a refusal. */
  "plugin.degraded": { plugin: string; hook: string; failures: number; why: string; mutedMs: number | null };
  /** A tap that was told of with `plugin.degraded` did its work again. */
  "plugin.recovered": { plugin: string; hook: string };
  /** A plugin that is not critical failed in a phase (`register`, `ready`, `start`); the hotline goes on without it. */
  "plugin.failed": { plugin: string; phase: string; code: string; message: string };
  "job.failed": { jobId: string; name: string; error: string };
  /** Durable. A notification was handed on; `state`: sent, delivered or uncertain. */
  "notification.sent": { notificationId: string; channel: string; template: string; state: string; subject: { type: string; id: string } | null };
  /** Durable. No channel could deliver it, or it came back. */
  "notification.failed": { notificationId: string; channel: string; template: string; error: string; subject: { type: string; id: string } | null };
  "interaction.started": { interactionId: string; channel: string; callerNumber: string; calledNumber: string };
  "interaction.answered": { interactionId: string; at: number };
  "interaction.ended": { interactionId: string; reason: string; at: number };
  "leg.started": { interactionId: string; legId: string; role: string; to: string };
  "leg.answered": { interactionId: string; legId: string; role: string };
  "leg.ended": { interactionId: string; legId: string; role: string; reason: string };
  "bridge.joined": { interactionId: string; bridgeId: string; legIds: readonly string[] };
  "bridge.left": { interactionId: string; bridgeId: string; legIds: readonly string[] };
  /** An address (an agent's phone) can be rung now, or no longer. */
  "endpoint.reachable": { address: string; adapter: string };
  "endpoint.unreachable": { address: string; adapter: string };
}

export type EventName = keyof EventMap & string;

export interface EventDefinition {
  readonly name: string;
  /** Version of the payload's shape, from 1. */
  readonly v: number;
  /** Written to the outbox in the unit of work, consumed at least once by named consumers. */
  readonly durable: boolean;
}

export function defineEvent(name: EventName, options: { v?: number; durable?: boolean } = {}): EventDefinition {
  return { name, v: options.v ?? 1, durable: options.durable ?? false };
}
