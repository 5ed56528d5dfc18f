import type { LegQuality } from "../contracts/media-quality.js";

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
  /** The hotline has gone on in its life: `wired`, `ready`, `running`, `draining`, `stopped` or `failed`. */
  "hotline.state": {
    /** The state it is in now. */
    state: string;
  };
  /** A tap failed five times in a row. */
  "plugin.degraded": {
    plugin: string;
    /** Name of the hook, with the key where it has one: `notify:email`. */
    hook: string;
    /** Failures in a row. */
    failures: number;
    /** What went wrong last. */
    why: string;
    /** For so long it is not asked; `null`: it is asked all the same and counts as a refusal. */
    mutedMs: number | null;
  };
  /** A tap that was told of with `plugin.degraded` did its work again. */
  "plugin.recovered": {
    plugin: string;
    /** Name of the hook. */
    hook: string;
  };
  /** A plugin that is not critical failed; the hotline goes on without it. */
  "plugin.failed": {
    plugin: string;
    /** `register`, `ready` or `start`. */
    phase: string;
    /** Code of the error. */
    code: string;
    /** The error in words. */
    message: string;
  };
  /** Durable. A job has used up its attempts and will not be tried again. */
  "job.failed": {
    jobId: string;
    /** Name of the job's handler. */
    name: string;
    error: string;
  };
  /** Durable. A notification was handed on. */
  "notification.sent": { notificationId: string; channel: string; template: string; /** `sent`: handed to the next station; `delivered`: known to have arrived; `uncertain`: may have got out, is not tried again. */ state: string; subject: { type: string; id: string } | null };
  /** Durable. No channel could deliver it, or it came back. */
  "notification.failed": { notificationId: string; channel: string; template: string; error: string; subject: { type: string; id: string } | null };
  /** A contact of a citizen began, by whatever channel; nothing is answered yet. */
  "interaction.started": { interactionId: string; channel: string; callerNumber: string; calledNumber: string };
  /** The citizen's call was answered, by the flow or by a person. */
  "interaction.answered": { interactionId: string; at: number };
  /** Durable. The contact is closed: recordings and call record are complete. */
  "interaction.ended": { interactionId: string; reason: string; at: number };
  /** A party is being called, or has called. */
  "leg.started": { interactionId: string; legId: string; role: string; /** Address or number that is called. */ to: string };
  /** A party has answered. */
  "leg.answered": { interactionId: string; legId: string; role: string };
  /** A party has gone. */
  "leg.ended": { interactionId: string; legId: string; role: string; reason: string };
  /** A party went on in another interaction: an attended transfer by a phone. */
  "leg.moved": { /** Where it belongs now. */ interactionId: string; legId: string; /** Where it was. */ from: string };
  /** The sound of a party is over, and so good was it estimated to be: by losses, jitter, delay (RTCP) and the E-model. Only where there was a second of it over RTP. */
  "leg.quality": { interactionId: string; legId: string; role: string; /** Score of the worse direction, and the figures of each. */ quality: LegQuality };
  /** Parties can talk with each other. */
  "bridge.joined": { interactionId: string; bridgeId: string; legIds: readonly string[] };
  /** Parties have left a conversation. */
  "bridge.left": { interactionId: string; bridgeId: string; legIds: readonly string[] };
  /** An address (an agent's phone) can be rung now; told again for each further device at it. */
  "endpoint.reachable": { address: string; adapter: string };
  /** An address can be rung no longer. */
  "endpoint.unreachable": { address: string; adapter: string };
}

/** What fields of payloads mean wherever an event does not say otherwise. Read by the reference in docs; nothing is checked against it. */
export interface EventFields {
  /** When it happened, epoch ms. */
  at: unknown;
  /** Id of the interaction: one contact of a citizen, whatever the channel. */
  interactionId: unknown;
  /** `voice`, `fax`, `email`, `sms`, `chat` or another channel's name. */
  channel: unknown;
  /** The citizen's number; empty when it is withheld. */
  callerNumber: unknown;
  /** The number that was dialled. */
  calledNumber: unknown;
  /** Why it ended or came about, as a short word. */
  reason: unknown;
  /** Id of one party's connection. */
  legId: unknown;
  /** Ids of the connections concerned. */
  legIds: unknown;
  /** Who the party is: `citizen`, `agent`, `supervisor`, `department` or `other`. */
  role: unknown;
  /** Id of the conversation that parties are in. */
  bridgeId: unknown;
  /** An address that can be rung, for example `sip:1001`. */
  address: unknown;
  /** Name of the telephony adapter: `sip`, `voiceboard`. */
  adapter: unknown;
  /** Name of a plugin. */
  plugin: unknown;
  /** Id of the job. */
  jobId: unknown;
  /** What went wrong, for people; without personal data. */
  error: unknown;
  /** Id of the notification. */
  notificationId: unknown;
  /** Name of the template the text was made of. */
  template: unknown;
  /** What it is about, by type and id; `null`: about nothing in particular. */
  subject: unknown;
  /** Key of the queue. */
  queue: unknown;
  /** The agent's number (工号). */
  agent: unknown;
  /** Milliseconds the citizen waited. */
  waitMs: unknown;
  /** Id of the ticket. */
  ticketId: unknown;
  /** Serial number of the ticket (受理流水号). */
  serial: unknown;
  /** Who did it: a user id, `citizen` or `system`. */
  actor: unknown;
  /** When the ticket is due, epoch ms. */
  dueAt: unknown;
  /** Code of the department that handles the ticket; `null`: none yet. */
  handlingDepartment: unknown;
  /** Id of the recording. */
  recordingId: unknown;
  /** Id of the fax. */
  faxId: unknown;
  /** Number of pages. */
  pages: unknown;
  /** Id of the chat. */
  chatId: unknown;
  /** Id of the callback. */
  taskId: unknown;
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
