import { z } from "zod";
import { defineIvrNode, isHotlineError, promptRef } from "@hotlinejs/core";
import type { IvrNodeContext, IvrStep, PromptRef } from "@hotlinejs/core";
import { FAX } from "../contract.js";
import type { Faxes } from "../contract.js";

const faxNodeConfig = z.strictObject({
  /** `receive`: the caller's pages, in this call. `article`: an article goes to the caller's machine, now or by a call of ours. */
  mode: z.enum(["receive", "article"]).default("receive"),
  /** Said before: "press start". */
  prompt: promptRef.default("fax.press-start"),
  /** When pages are stored. */
  receivedPrompt: promptRef.default("fax.received"),
  /** When it went wrong. */
  failedPrompt: promptRef.default("fax.failed"),
  /** Asks for the number of the article. */
  codePrompt: promptRef.default("fax.article-code"),
  /** There is no such article. */
  noArticlePrompt: promptRef.default("fax.no-article"),
  /** Asks where to: 1 this call, 2 another number. */
  wherePrompt: promptRef.default("fax.where"),
  /** Asks for the number of the machine. */
  numberPrompt: promptRef.default("fax.number"),
  /** After a number that faxes may not go to. */
  badNumberPrompt: promptRef.default("fax.bad-number"),
  /** Gets `faxNumber`. */
  confirmPrompt: promptRef.default("fax.confirm"),
  /** The fax will be sent by a call of ours. */
  queuedPrompt: promptRef.default("fax.queued"),
  /** The fax is sent now, in this call. */
  sendingPrompt: promptRef.default("fax.sending"),
  /** Offer to send in this call. */
  inCall: z.boolean().default(true),
  /** Most digits of an article's number. */
  codeDigits: z.int().min(1).max(8).default(4),
  /** How often each entry is asked for. */
  tries: z.int().min(1).max(10).default(3),
});
type FaxNodeConfig = z.output<typeof faxNodeConfig>;
type Context = IvrNodeContext<FaxNodeConfig>;

/**
 * Fax in a call: takes the caller's pages, or sends an article to the caller's machine.
 *
 * @outcome received - Mode `receive`: pages are stored.
 * @outcome sent - Mode `article`: it is sent, or on its way.
 * @outcome failed - No page came, or none could be sent.
 * @outcome none - Mode `article`: nothing was asked for. May be left without an edge.
 * @example { "id": "fax-article", "type": "fax", "mode": "article", "on": { "sent": "more", "failed": "more", "none": "auto" } }
 */
export const faxNode = defineIvrNode({
  type: "fax",
  config: faxNodeConfig,
  outcomes: ({ mode }) => (mode === "receive" ? [{ name: "received" }, { name: "failed" }] : [{ name: "sent" }, { name: "failed" }, { name: "none", optional: true }]),
  prompts: (node) =>
    node.mode === "receive"
      ? [node.prompt, node.receivedPrompt, node.failedPrompt]
      : [node.codePrompt, node.noArticlePrompt, node.wherePrompt, node.numberPrompt, node.badNumberPrompt, node.confirmPrompt, node.queuedPrompt, node.sendingPrompt, node.failedPrompt],
  run: (context) => (context.config.mode === "receive" ? receive(context) : new ArticleRun(context).run()),
});

async function receive(context: Context): Promise<IvrStep> {
  const { config: node, services, session, signal, vars } = context;
  await context.say(node.prompt);
  const fax = await services.get(FAX).receive(session, { signal });
  vars["faxId"] = fax.id;
  vars["faxPages"] = fax.pages;
  const received = fax.state === "received" || fax.state === "partial";
  // Fax machines hang up; who called from a telephone beside it is still there.
  if (!signal.aborted) await context.say(received ? node.receivedPrompt : node.failedPrompt);
  return { outcome: received ? "received" : "failed" };
}

/** Asks for the article, then for where it should go. */
class ArticleRun {
  readonly #faxes: Faxes;

  constructor(private readonly context: Context) {
    this.#faxes = context.services.get(FAX);
  }

  async run(): Promise<IvrStep> {
    const { config: node, session, vars } = this.context;
    const code = await this.#code();
    if (code === undefined) return { outcome: "none" };
    vars["article"] = code;
    if (node.inCall && (await this.#key(node.wherePrompt, "12")) === "1") return this.#here(code);
    const number = await this.#number();
    if (number === undefined) return { outcome: "none" };
    try {
      const fax = await this.#faxes.send({ to: number, document: { kind: "article", code }, actor: "citizen", interactionId: session.interaction.id });
      session.interaction.event("fax.ordered", { faxId: fax.id, article: code });
      vars["faxId"] = fax.id;
    } catch (error) {
      session.interaction.event("fax.refused", { article: code, error: isHotlineError(error) ? error.code : "failed" });
      await this.context.say(node.failedPrompt);
      return { outcome: "failed" };
    }
    await this.context.say(node.queuedPrompt);
    return { outcome: "sent" };
  }

  async #here(code: string): Promise<IvrStep> {
    const { config: node, session, signal, vars } = this.context;
    await this.context.say(node.sendingPrompt);
    const fax = await this.#faxes.sendInCall(session, { kind: "article", code }, { signal });
    vars["faxId"] = fax.id;
    if (fax.state === "sent") return { outcome: "sent" };
    if (!signal.aborted) await this.context.say(node.failedPrompt);
    return { outcome: "failed" };
  }

  async #code(): Promise<string | undefined> {
    const { config: node, signal } = this.context;
    for (let tries = 0; tries < node.tries && !signal.aborted; tries++) {
      const { digits, reason } = await this.context.ask(node.codePrompt, { min: node.codeDigits, max: node.codeDigits, finishOn: "#" });
      if (reason === "ended") return undefined;
      if (this.#faxes.article(digits) !== undefined) return digits;
      if (digits !== "") await this.context.say(node.noArticlePrompt);
    }
    return undefined;
  }

  async #number(): Promise<string | undefined> {
    const { config: node, signal, vars } = this.context;
    for (let tries = 0; tries < node.tries && !signal.aborted; tries++) {
      const { digits, reason } = await this.context.ask(node.numberPrompt, { min: 7, max: 16, finishOn: "#" });
      if (reason === "ended") return undefined;
      if (digits === "") continue;
      vars["faxNumber"] = digits;
      if ((await this.#key(node.confirmPrompt, "12")) !== "2") return digits;
    }
    return undefined;
  }

  /** One of these keys; nothing pressed is nothing. */
  async #key(prompt: PromptRef, keys: string): Promise<string | undefined> {
    const { config: node, signal } = this.context;
    for (let tries = 0; tries < node.tries && !signal.aborted; tries++) {
      const { digits, reason } = await this.context.ask(prompt, { min: 1, max: 1 });
      if (keys.includes(digits) && digits !== "") return digits;
      if (reason === "ended" || digits === "") return undefined;
    }
    return undefined;
  }
}
