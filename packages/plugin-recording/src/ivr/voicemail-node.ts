import { z } from "zod";
import { CLOCK, defineIvrNode, IDS, token, promptRef } from "@hotlinejs/core";
import type { IvrNodeContext, IvrStep } from "@hotlinejs/core";
import type { CreatedTicket, NewTicket, Tickets } from "@hotlinejs/plugin-tickets/contract";
import { RECORDINGS } from "../contract.js";
import type { RecordedMessage } from "../contract.js";

/** An optional partner: only its types are imported, the token is found by its name. */
const TICKETS = token<Tickets>("tickets.tickets");
/** How long after the longest message a ticket is made of the draft, when nobody made it. */
const DRAFT_GRACE_MS = 10 * 60_000;
const REVIEW_TRIES = 3;

const voicemailConfig = z.strictObject({
  /** Said before the beep. */
  prompt: promptRef.default("recording.voicemail"),
  /** After a message without a word. */
  emptyPrompt: promptRef.default("recording.empty"),
  /** Offers to listen, record again and submit. */
  reviewPrompt: promptRef.default("recording.review"),
  /** The message is kept, without a ticket. */
  savedPrompt: promptRef.default("recording.saved"),
  /** It could not be recorded. */
  failedPrompt: promptRef.default("recording.failed"),
  /** Gets `serial` and `queryCode`. */
  ticketPrompt: promptRef.default("recording.ticket"),
  /** A beep tells when to speak. */
  beep: z.boolean().default(true),
  /** Longest message. */
  maxSeconds: z.number().int().min(1).max(3600).default(180),
  /** Ends after so much silence; 0 = never. */
  endOnSilenceSeconds: z.number().min(0).max(60).default(5),
  /** Keys that end it. */
  finishOn: z.string().regex(/^[0-9*#]*$/).default("#"),
  /** Offer to listen (1), record again (2) and submit (3). A caller who hangs up submits. */
  review: z.boolean().default(false),
  /** How often an empty message is asked for again. */
  tries: z.number().int().min(1).max(10).default(2),
  /** Make a ticket of source `voicemail`, where plugin-tickets is present. */
  ticket: z.boolean().default(true),
  /** Nature of that ticket. */
  kind: z.string().min(1).default("consultation"),
  /** Category of that ticket. Default: none, until a person registers it. */
  category: z.string().optional(),
});
type VoicemailConfig = z.output<typeof voicemailConfig>;
type Context = IvrNodeContext<VoicemailConfig>;

/**
 * Message box (留言信箱): prompt, beep, message, optional review, and a ticket with the recording.
 *
 * @outcome done - The message is kept; the caller has heard the serial number if there is a ticket.
 * @outcome empty - Nothing was said. May be left without an edge.
 * @outcome failed - It could not be recorded or filed. May be left without an edge.
 * @example { "id": "mailbox", "type": "voicemail", "maxSeconds": 180, "review": true, "next": "more" }
 */
export const voicemailNode = defineIvrNode({
  type: "voicemail",
  config: voicemailConfig,
  outcomes: () => [{ name: "done" }, { name: "empty", optional: true }, { name: "failed", optional: true }],
  prompts: (node) => [node.prompt, node.emptyPrompt, node.savedPrompt, node.failedPrompt, node.ticketPrompt, ...(node.review ? [node.reviewPrompt] : [])],
  run: (context) => new VoicemailRun(context).run(),
});

class VoicemailRun {
  private readonly recordings;
  private readonly tickets: Tickets | undefined;

  constructor(private readonly context: Context) {
    this.recordings = context.services.get(RECORDINGS);
    this.tickets = context.config.ticket ? context.services.optional(TICKETS) : undefined;
  }

  async run(): Promise<IvrStep> {
    const { config: node, session } = this.context;
    for (let empty = 0; empty < node.tries && !this.context.signal.aborted; ) {
      await this.context.say(node.prompt);
      const message = await this.record();
      if (message.reason === "aborted") {
        // Another key took the caller elsewhere: he did not want to leave a message.
        await this.drop(message.id);
        return { outcome: "done" };
      }
      if (message.empty) {
        await this.drop(message.id);
        if (message.reason === "hangup") return { outcome: "empty" };
        if (message.reason === "failed") return this.failed();
        if (++empty < node.tries) await this.context.say(node.emptyPrompt);
        continue;
      }
      if (node.review && message.reason !== "hangup" && (await this.review(message)) === "again") {
        await this.drop(message.id);
        continue;
      }
      session.interaction.event("voicemail.left", { recordingId: message.id, durationMs: message.durationMs });
      return this.submit(message);
    }
    return { outcome: "empty" };
  }

  private async record(): Promise<RecordedMessage> {
    const { config: node, session, services, signal } = this.context;
    const id = services.get(IDS).next();
    // The intent first: whatever happens to this process, what is said now becomes a ticket.
    await this.tickets?.draft(this.ticketOf(id), services.get(CLOCK).now() + node.maxSeconds * 1000 + DRAFT_GRACE_MS).then(undefined, () => undefined);
    return this.recordings.recordMessage(session, {
      id,
      kind: "voicemail",
      beep: node.beep,
      maxSeconds: node.maxSeconds,
      endOnSilenceSeconds: node.endOnSilenceSeconds,
      finishOn: node.finishOn,
      signal,
    });
  }

  private async review(message: RecordedMessage): Promise<"submit" | "again"> {
    const { config: node, session, signal } = this.context;
    for (let tries = 0; tries < REVIEW_TRIES && !signal.aborted; tries++) {
      const { digits, reason } = await this.context.ask(node.reviewPrompt, { min: 1, max: 1, flush: true });
      if (reason === "ended" || digits === "3") return "submit";
      if (digits === "2") return "again";
      if (digits === "1") {
        tries = 0;
        const sound = await this.recordings.playback(message.id);
        if (sound.length > 0) await session.call.play(sound, { bargeIn: true }).done;
      }
    }
    return "submit";
  }

  private async submit(message: RecordedMessage): Promise<IvrStep> {
    const { config: node, vars } = this.context;
    vars["recordingId"] = message.id;
    if (this.tickets === undefined) {
      await this.context.say(node.savedPrompt);
      return { outcome: "done" };
    }
    let ticket: CreatedTicket;
    try {
      ticket = await this.tickets.create(this.ticketOf(message.id));
    } catch (error) {
      // The draft stays: the ticket is made later, only its number cannot be told now.
      this.context.session.interaction.event("voicemail.ticket-failed", { recordingId: message.id, error: String(error) });
      return this.failed();
    }
    vars["ticketId"] = ticket.id;
    vars["serial"] = ticket.serial;
    await this.context.say(withValues(node.ticketPrompt, ticket));
    return { outcome: "done" };
  }

  private async failed(): Promise<IvrStep> {
    await this.context.say(this.context.config.failedPrompt);
    return { outcome: "failed" };
  }

  private async drop(recordingId: string): Promise<void> {
    await this.tickets?.discardDraft(this.ticketOf(recordingId).idempotencyKey);
    await this.recordings.discard(recordingId);
  }

  private ticketOf(recordingId: string): NewTicket & { idempotencyKey: string } {
    const { interaction } = this.context.session;
    return {
      kind: this.context.config.kind,
      category: this.context.config.category ?? null,
      source: "voicemail",
      contactNumber: interaction.callerNumber === "" ? null : interaction.callerNumber,
      interactionId: interaction.id,
      recordingIds: [recordingId],
      actor: "citizen",
      idempotencyKey: `message:${recordingId}`,
    };
  }
}

function withValues(prompt: VoicemailConfig["ticketPrompt"], ticket: CreatedTicket): VoicemailConfig["ticketPrompt"] {
  const values = { serial: ticket.serial, queryCode: ticket.queryCode };
  return typeof prompt === "string" ? { id: prompt, values } : { ...prompt, values: { ...prompt.values, ...values } };
}
