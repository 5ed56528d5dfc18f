import { z } from "zod";
import { CLOCK, defineIvrNode, IDS, promptRef } from "@hotlinejs/core";
import type { IvrNodeContext, IvrStep, PromptRef } from "@hotlinejs/core";
import type { RecordedMessage, Recordings } from "@hotlinejs/plugin-recording/contract";
import { TICKETS } from "../contract.js";
import type { CreatedTicket, NewTicket, Tickets } from "../contract.js";
import { RECORDINGS } from "../ticket-creator.js";

/** How long after the longest message a ticket is made of the draft, when nobody made it. */
const DRAFT_GRACE_MS = 10 * 60_000;
const MENU_TRIES = 3;
/** To the menu before: an outcome that plugin-ivr knows of every node. */
const BACK = "$back";

const choice = z.strictObject({
  /** Key, code or name of the kind of ticket. */
  kind: z.string().min(1),
  /** Says what to tell after the beep. */
  prompt: promptRef,
  /** Category of the ticket. Default: none, until a person registers it. */
  category: z.string().optional(),
  /** Longest recording. */
  maxSeconds: z.number().int().min(1).max(3600).default(180),
  /** Ask whether to stay unnamed (kinds that allow it). */
  askAnonymous: z.boolean().default(false),
  /** Gets `serial` and `queryCode`. */
  createdPrompt: promptRef.default("tickets.created"),
});

const complaintConfig = z.strictObject({
  /** Names the keys of `choices`. */
  menuPrompt: promptRef.default("tickets.kind-menu"),
  /** Key -> kind. With a single choice nothing is asked. */
  choices: z
    .record(z.string().regex(/^[0-9]$/), choice)
    .refine((choices) => Object.keys(choices).length > 0, "at least one choice")
    .prefault({
      "1": { kind: "suggestion", prompt: "tickets.record.suggestion" },
      "2": { kind: "complaint", prompt: "tickets.record.complaint" },
      "3": { kind: "report", prompt: "tickets.record.report", maxSeconds: 300, createdPrompt: "tickets.created.report" },
    }),
  /** After a recording without a word. */
  emptyPrompt: promptRef.default("tickets.empty"),
  /** After a key that is no choice. */
  invalidPrompt: promptRef.default("tickets.invalid-key"),
  /** Asks whether to stay unnamed. */
  anonymousPrompt: promptRef.default("tickets.anonymous"),
  /** The ticket could not be filed. */
  createFailedPrompt: promptRef.default("tickets.create-failed"),
  /** It could not be recorded. */
  recordFailedPrompt: promptRef.default("tickets.record-failed"),
  /** Ends after so much silence; 0 = never. */
  endOnSilenceSeconds: z.number().min(0).max(60).default(5),
  /** Keys that end it. */
  finishOn: z.string().regex(/^[0-9*#]*$/).default("#"),
  /** How often an empty recording is asked for again. */
  tries: z.number().int().min(1).max(10).default(2),
});
type ComplaintConfig = z.output<typeof complaintConfig>;
type Choice = z.output<typeof choice>;

/**
 * Takes down a complaint by voice: kind, recording, ticket, serial number and query code. Whoever hangs up after
 * speaking has his ticket all the same, also when the process dies at that moment.
 *
 * @outcome done - The ticket is filed and its number said.
 * @outcome empty - Nothing was said. May be left without an edge.
 * @outcome none - No kind was chosen. May be left without an edge.
 * @outcome failed - It could not be recorded or filed. May be left without an edge.
 * @example { "id": "complaint", "type": "complaint", "choices": { "1": { "kind": "complaint", "prompt": { "text": "请在提示音后说出您的投诉。" } } }, "next": "more" }
 */
export const complaintNode = defineIvrNode({
  type: "complaint",
  config: complaintConfig,
  outcomes: () => [{ name: "done" }, { name: "empty", optional: true }, { name: "none", optional: true }, { name: "failed", optional: true }],
  prompts: (node) => [
    ...(Object.keys(node.choices).length > 1 ? [node.menuPrompt, node.invalidPrompt] : []),
    ...Object.values(node.choices).flatMap((each) => [each.prompt, each.createdPrompt, ...(each.askAnonymous ? [node.anonymousPrompt] : [])]),
    node.emptyPrompt,
    node.createFailedPrompt,
    node.recordFailedPrompt,
  ],
  run: (context) => new ComplaintRun(context).run(),
});

class ComplaintRun {
  private readonly tickets: Tickets;
  private readonly recordings: Recordings | undefined;

  constructor(private readonly context: IvrNodeContext<ComplaintConfig>) {
    this.tickets = context.services.get(TICKETS);
    this.recordings = context.services.optional(RECORDINGS);
  }

  async run(): Promise<IvrStep> {
    const { config: node, signal } = this.context;
    const { recordings } = this;
    if (recordings === undefined) return this.failed(node.recordFailedPrompt);
    const chosen = await this.choose();
    if (chosen === "back") return { outcome: BACK };
    if (chosen === undefined) return { outcome: "none" };
    const anonymous = chosen.askAnonymous && (await this.wantsAnonymity());
    const call = await this.wholeCall(recordings);
    for (let tries = 1; tries <= node.tries && !signal.aborted; tries++) {
      await this.context.say(chosen.prompt);
      if (signal.aborted) break;
      const id = this.context.services.get(IDS).next();
      const ticket = this.ticketOf(chosen, anonymous, id, call);
      const message = await this.record(recordings, chosen, ticket, id);
      if (message.empty || message.reason === "aborted") {
        // Aborted with the line still open: another key took the caller elsewhere.
        await this.drop(recordings, ticket, id);
        if (message.reason === "failed") return this.failed(node.recordFailedPrompt);
        if (message.reason === "aborted") return { outcome: "none" };
        if (message.reason === "hangup") return { outcome: "empty" };
        if (tries < node.tries) await this.context.say(node.emptyPrompt);
        continue;
      }
      return this.submit(chosen, ticket, message);
    }
    return { outcome: "empty" };
  }

  private async choose(): Promise<Choice | "back" | undefined> {
    const { config: node, signal } = this.context;
    const choices = Object.values(node.choices);
    if (choices.length === 1) return choices[0];
    for (let tries = 0; tries < MENU_TRIES && !signal.aborted; tries++) {
      const { digits, reason } = await this.context.ask(node.menuPrompt, { min: 1, max: 1 });
      if (reason === "ended") return undefined;
      const chosen = node.choices[digits];
      if (chosen !== undefined) return chosen;
      if (digits === "*") return "back";
      // `#` and silence repeat the question.
      if (digits !== "" && digits !== "#") await this.context.say(node.invalidPrompt);
    }
    return undefined;
  }

  private async wantsAnonymity(): Promise<boolean> {
    for (let tries = 0; tries < MENU_TRIES && !this.context.signal.aborted; tries++) {
      const { digits } = await this.context.ask(this.context.config.anonymousPrompt, { min: 1, max: 1 });
      if (digits === "1" || digits === "2") return digits === "2";
    }
    // Who does not answer keeps his confidential name rather than losing the way to be called back.
    return false;
  }

  private async record(recordings: Recordings, chosen: Choice, ticket: NewTicket & { idempotencyKey: string }, id: string): Promise<RecordedMessage> {
    const { config: node, session, services, signal } = this.context;
    try {
      // The intent first: whatever happens to this process, what is said now becomes a ticket.
      await this.tickets.draft(ticket, services.get(CLOCK).now() + chosen.maxSeconds * 1000 + DRAFT_GRACE_MS);
    } catch (error) {
      session.interaction.event("complaint.draft-failed", { error: String(error) });
    }
    return recordings.recordMessage(session, {
      id,
      beep: true,
      maxSeconds: chosen.maxSeconds,
      endOnSilenceSeconds: node.endOnSilenceSeconds,
      finishOn: node.finishOn,
      confidential: this.isConfidential(chosen),
      signal,
    });
  }

  private async submit(chosen: Choice, ticket: NewTicket, message: RecordedMessage): Promise<IvrStep> {
    const { session, vars } = this.context;
    let created: CreatedTicket;
    try {
      created = await this.tickets.create(ticket);
    } catch (error) {
      // The draft stays and is tried again; only the number cannot be told now.
      session.interaction.event("complaint.failed", { recordingId: message.id, error: String(error) });
      return this.failed(this.context.config.createFailedPrompt);
    }
    vars["ticketId"] = created.id;
    vars["serial"] = created.serial;
    vars["recordingId"] = message.id;
    // Beside the caller's number it would say who reported, to everybody who may read calls.
    session.interaction.event("complaint.taken", ticket.anonymous === true || this.isConfidential(chosen) ? {} : { ticketId: created.id, serial: created.serial });
    await this.context.say(withValues(chosen.createdPrompt, { serial: created.serial, queryCode: created.queryCode }));
    return { outcome: "done" };
  }

  private async drop(recordings: Recordings, ticket: { idempotencyKey: string }, recordingId: string): Promise<void> {
    await this.tickets.discardDraft(ticket.idempotencyKey);
    await recordings.discard(recordingId);
  }

  /** The recording of the interaction itself, when it is being made. */
  private async wholeCall(recordings: Recordings): Promise<readonly string[]> {
    return (await recordings.byInteraction(this.context.session.interaction.id)).filter((each) => each.kind === "call").map((each) => each.id);
  }

  private isConfidential(chosen: Choice): boolean {
    const kind = this.tickets.kinds.find((each) => [each.key, each.code, each.name].includes(chosen.kind));
    return (kind?.confidentiality ?? "normal") !== "normal";
  }

  private ticketOf(chosen: Choice, anonymous: boolean, recordingId: string, call: readonly string[]): NewTicket & { idempotencyKey: string } {
    const { interaction } = this.context.session;
    return {
      kind: chosen.kind,
      category: chosen.category ?? null,
      source: "ivr",
      anonymous,
      contactNumber: anonymous || interaction.callerNumber === "" ? null : interaction.callerNumber,
      interactionId: anonymous ? null : interaction.id,
      // The message first: it is what the ticket is about.
      recordingIds: anonymous ? [recordingId] : [recordingId, ...call],
      actor: "citizen",
      // One recording makes one ticket, however often it is tried.
      idempotencyKey: `message:${recordingId}`,
    };
  }

  private async failed(prompt: PromptRef): Promise<IvrStep> {
    await this.context.say(prompt);
    return { outcome: "failed" };
  }
}

/** The prompt with more values to speak. */
export function withValues(prompt: PromptRef, values: Readonly<Record<string, unknown>>): PromptRef {
  return typeof prompt === "string" ? { id: prompt, values } : { ...prompt, values: { ...prompt.values, ...values } };
}
