import type { AudioSource, Collected, CollectOptions, IvrNodeContext, IvrStep, Logger, Playback, PromptRef, Prompts, Services } from "@hotlinejs/core";
import { errorText } from "@hotlinejs/core";
import type { CallSession } from "@hotlinejs/core";
import type { CompiledFlow, CompiledNode } from "../flow/compiled-flow.js";
import type { FlowLimits } from "./flow-control.js";

export interface NodeVisitOptions {
  readonly session: CallSession;
  readonly flow: CompiledFlow;
  readonly node: CompiledNode;
  readonly vars: Record<string, unknown>;
  readonly services: Services;
  readonly prompts: Prompts | undefined;
  readonly limits: FlowLimits;
  readonly log: Logger;
  /** Whether `0` leads to a person from here. */
  readonly zero: boolean;
  /** Shared by all visits of a call. */
  readonly keyedAhead: KeyedAhead;
  readonly now: () => number;
  /** The caller heard something or was waited for: the flow does not spin. */
  readonly talked: () => void;
}

/** Keys that wait for a later node, and when the last of them came. */
export interface KeyedAhead {
  count: number;
  at: number;
}

/** A 0 that follows a key sooner than this is a figure of what is keyed ahead (a serial number), not the wish for a person. */
const ENTRY_PAUSE_MS = 1_500;

const GONE: Collected = { digits: "", reason: "ended" };

/** One stay of a call at a node: what the node may say and ask, and the key that takes the caller away from it. */
export class NodeVisit {
  readonly session: CallSession;
  /** What the node is given: a plain object, since the kernel copies it for the node's plugin. */
  readonly context: IvrNodeContext;
  /** Aborted when the caller is gone or has left the node. */
  readonly signal: AbortSignal;
  /** Resolves when the caller asked for a person. */
  readonly left: Promise<"agent">;
  readonly #options: NodeVisitOptions;
  readonly #abort = new AbortController();
  #leave: () => void = () => undefined;
  #asking = 0;
  #conversing = false;

  constructor(options: NodeVisitOptions) {
    this.#options = options;
    this.session = options.session;
    this.signal = AbortSignal.any([options.session.signal, this.#abort.signal]);
    this.context = {
      session: options.session,
      flowId: options.flow.id,
      nodeId: options.node.id,
      nodeType: options.node.type,
      config: options.node.config,
      vars: options.vars,
      services: options.services,
      signal: this.signal,
      say: (ref, more) => this.say(ref, more),
      ask: (ref, more) => this.ask(ref, more),
    };
    this.left = new Promise((resolve) => (this.#leave = () => resolve("agent")));
  }

  /** Ends what the node is doing. */
  abort(): void {
    if (!this.#abort.signal.aborted) this.#abort.abort(new Error("the caller left the node"));
  }

  conversing(on: boolean): void {
    this.#conversing = on;
  }

  get inConversation(): boolean {
    return this.#conversing;
  }

  /** A key was pressed, whatever the node is doing. While it asks, keys belong to it. */
  pressed(digit: string): void {
    if (this.#asking > 0 || this.#conversing) return;
    const { keyedAhead, now } = this.#options;
    if (this.#meansAgent(digit)) this.#toAgent();
    else {
      keyedAhead.count++;
      keyedAhead.at = now();
    }
  }

  #meansAgent(digit: string): boolean {
    const { zero, keyedAhead, now } = this.#options;
    return digit === "0" && zero && (keyedAhead.count === 0 || now() - keyedAhead.at > ENTRY_PAUSE_MS);
  }

  async say(ref: PromptRef, options: { bargeIn?: boolean | string } = {}): Promise<void> {
    const bargeIn = options.bargeIn ?? this.#mayBargeIn(ref);
    const sound = await this.#sound(ref);
    if (!sound || this.signal.aborted) return;
    const playback = this.#play(sound, bargeIn);
    if (!playback) return;
    const { playedMs, digit } = await this.#whilePlaying(playback);
    if (playedMs > 0) this.#options.talked();
    // The key event may come after the play-out's end: the node must not go on in between.
    if (digit !== undefined && this.#asking === 0 && !this.#conversing && this.#meansAgent(digit)) this.#toAgent();
  }

  async ask(ref: PromptRef, options: CollectOptions = {}): Promise<Collected> {
    const collected = await this.askRaw(ref, options);
    // A choice of one key is a menu: 0 leads to a person there. In a longer entry it is a digit.
    if ((options.max ?? options.min ?? 1) > 1 || collected.digits !== "0" || !this.#options.zero) return collected;
    this.#toAgent();
    return GONE;
  }

  async askRaw(ref: PromptRef, options: CollectOptions = {}): Promise<Collected> {
    if (this.signal.aborted) return GONE;
    this.#asking++;
    try {
      if (options.flush === true) await this.forgetKeys();
      const bargeIn = this.#mayBargeIn(ref);
      const sound = await this.#sound(ref);
      if (this.signal.aborted) return GONE;
      const playback = sound ? this.#play(sound, bargeIn) : undefined;
      const { limits } = this.#options;
      const collected = await this.session.call.collect({
        firstDigitTimeoutMs: limits.firstDigitMs,
        interDigitTimeoutMs: limits.interDigitMs,
        after: playback,
        ...options,
        flush: false,
        signal: options.signal ? AbortSignal.any([options.signal, this.signal]) : this.signal,
      });
      const { keyedAhead } = this.#options;
      keyedAhead.count = Math.max(0, keyedAhead.count - collected.digits.length - (collected.reason === "finish-key" ? 1 : 0));
      if (playback && (bargeIn !== false || this.signal.aborted)) playback.stop();
      if (playback) await this.#whilePlaying(playback);
      // A wait of no length behind a prompt that could not be heard is no talk.
      if (playback || collected.digits !== "" || (options.firstDigitTimeoutMs ?? limits.firstDigitMs) > 0) this.#options.talked();
      return this.signal.aborted ? GONE : collected;
    } finally {
      this.#asking--;
    }
  }

  /** Throws away what was keyed and not collected. */
  async forgetKeys(): Promise<void> {
    this.#options.keyedAhead.count = 0;
    await this.session.call.collect({ flush: true, max: 1, signal: AbortSignal.abort() });
  }

  #toAgent(): void {
    this.#leave();
    this.abort();
  }

  async #whilePlaying(playback: Playback): Promise<Awaited<Playback["done"]>> {
    const stop = () => playback.stop();
    if (this.signal.aborted) stop();
    this.signal.addEventListener("abort", stop, { once: true });
    try {
      return await playback.done;
    } finally {
      this.signal.removeEventListener("abort", stop);
    }
  }

  #play(sound: readonly AudioSource[], bargeIn: boolean | string): Playback | undefined {
    try {
      return this.session.call.play(sound, { bargeIn });
    } catch (error) {
      // The leg may go between two lines; if it has not, the caller misses a prompt, not the call.
      if (!this.signal.aborted) this.#options.log.warn({ interactionId: this.session.interaction.id, node: this.#options.node.id, error: errorText(error) }, "a prompt could not be played");
      return undefined;
    }
  }

  /** `undefined`: nothing to be heard; the reason is logged and the flow goes on. */
  async #sound(ref: PromptRef): Promise<readonly AudioSource[] | undefined> {
    const { prompts, log } = this.#options;
    if (!prompts || this.signal.aborted) return undefined;
    const given = typeof ref === "string" ? { id: ref } : ref;
    const values = { ...this.#options.vars, ...("values" in given ? given.values : {}) };
    try {
      const sound = await prompts.resolve({ ...given, values }, { language: this.session.language, signal: this.signal });
      return sound.length > 0 ? sound : undefined;
    } catch (error) {
      if (this.signal.aborted) return undefined;
      const prompt = "id" in given ? given.id : "text";
      log.warn({ interactionId: this.session.interaction.id, node: this.#options.node.id, prompt, error: errorText(error) }, "a prompt is skipped");
      this.session.interaction.event("ivr.prompt-failed", { flow: this.#options.flow.id, node: this.#options.node.id, prompt });
      return undefined;
    }
  }

  #mayBargeIn(ref: PromptRef): boolean {
    const id = typeof ref === "string" ? ref : "id" in ref ? ref.id : undefined;
    if (id === undefined) return true;
    return this.#options.prompts?.definition?.(id, this.session.language)?.bargeIn ?? true;
  }
}

/** What became of a visit. */
export type VisitResult = { readonly kind: "step"; readonly step: IvrStep } | { readonly kind: "agent" } | { readonly kind: "gone" } | { readonly kind: "failed"; readonly error: unknown };
