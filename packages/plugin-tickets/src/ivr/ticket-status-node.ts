import { z } from "zod";
import { defineIvrNode, token, promptRef } from "@hotlinejs/core";
import type { IvrNodeContext, IvrStep } from "@hotlinejs/core";
import type { Asker, PublicStatus, Tickets } from "../contract.js";
import { TICKETS } from "../contract.js";
import { isSerial } from "../domain/serial-number.js";
import type { TicketWorkflow } from "../domain/ticket-workflow.js";
import { RECORDINGS } from "../ticket-creator.js";
import { withValues } from "./complaint-node.js";

/** The workflow of this hotline, for what is spoken. */
export const TICKET_WORKFLOW = token<TicketWorkflow>("tickets.workflow");

const CHANNEL = "phone";
/** To the menu before: an outcome that plugin-ivr knows of every node. */
const BACK = "$back";
/** One more than the digits, so that the finishing key is taken along with the entry. */
const SERIAL_ENTRY = { min: 1, max: 13, finishOn: "#" };
const CODE_ENTRY = { min: 1, max: 9, finishOn: "#" };

const statusConfig = z.strictObject({
  /** Asks for the serial number. */
  serialPrompt: promptRef.default("tickets.ask-serial"),
  /** After a number that cannot be one. */
  badSerialPrompt: promptRef.default("tickets.bad-serial"),
  /** Asks for the query code. */
  codePrompt: promptRef.default("tickets.ask-code"),
  /** There is no such ticket, or the code is wrong. */
  notFoundPrompt: promptRef.default("tickets.not-found"),
  /** After too many wrong codes. */
  lockedPrompt: promptRef.default("tickets.locked"),
  /** There is no answer yet. */
  noAnswerPrompt: promptRef.default("tickets.no-answer"),
  /** Gets `answer`. */
  answerPrompt: promptRef.default("tickets.answer"),
  /** State -> prompt, instead of the workflow's own. */
  statePrompts: z.record(z.string(), promptRef).default({}),
  /** How often a number that cannot be one is asked for again. */
  tries: z.number().int().min(1).max(10).default(3),
});
type StatusConfig = z.output<typeof statusConfig>;

/**
 * Tells how a ticket stands. The serial number alone (or `#` alone: the newest ticket of the caller's number) gives the
 * bare state; with the query code the answer is read. Tickets of the kinds that need the code (举报) sound exactly like
 * unknown ones until the code is right.
 *
 * @outcome done - The state was told.
 * @outcome notFound - There is no such ticket, or the code is wrong. May be left without an edge.
 * @outcome locked - Too many wrong codes. May be left without an edge.
 * @outcome failed - No usable number was keyed. May be left without an edge.
 * @example { "id": "status", "type": "ticketStatus", "on": { "locked": "agent" }, "next": "more" }
 */
export const ticketStatusNode = defineIvrNode({
  type: "ticketStatus",
  config: statusConfig,
  outcomes: () => [{ name: "done" }, { name: "notFound", optional: true }, { name: "locked", optional: true }, { name: "failed", optional: true }],
  prompts: (node) => [node.serialPrompt, node.badSerialPrompt, node.codePrompt, node.notFoundPrompt, node.lockedPrompt, node.noAnswerPrompt, node.answerPrompt, ...Object.values(node.statePrompts)],
  run: (context) => new StatusRun(context).run(),
});

class StatusRun {
  private readonly tickets: Tickets;
  private readonly asker: Asker;

  constructor(private readonly context: IvrNodeContext<StatusConfig>) {
    this.tickets = context.services.get(TICKETS);
    const { interaction } = context.session;
    // A withheld number must not shut out all others who withhold theirs.
    this.asker = { channel: CHANNEL, from: interaction.callerNumber === "" ? `interaction:${interaction.id}` : interaction.callerNumber };
  }

  async run(): Promise<IvrStep> {
    const { config: node, signal } = this.context;
    if ((await this.tickets.lockedUntil(this.asker)) !== undefined) return this.locked();
    let unusable = 0;
    while (!signal.aborted) {
      const { digits, reason } = await this.context.ask(node.serialPrompt, SERIAL_ENTRY);
      if (reason === "ended") break;
      if (digits === "*") return { outcome: BACK };
      if (digits === "" && reason === "finish-key") {
        const own = await this.tickets.latestStatus(this.context.session.interaction.callerNumber);
        if (own.found) return this.tell(own.serial, own);
      }
      if (!isSerial(digits)) {
        if (++unusable >= node.tries) return { outcome: "failed" };
        await this.context.say(digits === "" && reason === "finish-key" ? node.notFoundPrompt : node.badSerialPrompt);
        continue;
      }
      if ((await this.tickets.lockedUntil(this.asker, digits)) !== undefined) return this.locked();
      return this.tell(digits, await this.tickets.status(digits));
    }
    return { outcome: "failed" };
  }

  private async tell(serial: string, status: PublicStatus): Promise<IvrStep> {
    const { config: node, signal, vars } = this.context;
    vars["serial"] = serial;
    if (status.found) {
      await this.sayState(status.status);
    }
    for (let first = true; !signal.aborted; first = false) {
      const code = await this.askCode();
      if (code === "") {
        if (status.found || signal.aborted) return { outcome: "done" };
        // Nothing to be told without the code: an unknown serial number and a report sound alike.
        const failure = first ? await this.tickets.noteFailure(this.asker, serial) : undefined;
        await this.context.say(node.notFoundPrompt);
        return failure?.result === "locked" ? this.locked() : { outcome: "notFound" };
      }
      const answer = await this.tickets.answerFor(serial, code, this.asker);
      if (answer.result === "locked") return this.locked();
      if (answer.result === "ok") {
        if (!status.found) await this.sayState(answer.status);
        vars["ticketId"] = answer.ticketId;
        await this.context.say(answer.answer === null ? node.noAnswerPrompt : withValues(node.answerPrompt, { answer: answer.answer }));
        return { outcome: "done" };
      }
      await this.context.say(node.notFoundPrompt);
    }
    return { outcome: "done" };
  }

  /** Left out of the recording. Empty: none was keyed. */
  private async askCode(): Promise<string> {
    const recordings = this.context.services.optional(RECORDINGS);
    const { id } = this.context.session.interaction;
    recordings?.pause(id);
    try {
      return (await this.context.ask(this.context.config.codePrompt, CODE_ENTRY)).digits;
    } finally {
      recordings?.resume(id);
    }
  }

  private async sayState(status: string): Promise<void> {
    const { config: node, services } = this.context;
    await this.context.say(node.statePrompts[status] ?? services.get(TICKET_WORKFLOW).state(status).prompt);
  }

  private async locked(): Promise<IvrStep> {
    await this.context.say(this.context.config.lockedPrompt);
    return { outcome: "locked" };
  }
}
