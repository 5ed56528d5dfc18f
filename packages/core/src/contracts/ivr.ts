import type { z } from "zod";
import type { CallSession } from "./call.js";
import type { Collected, CollectOptions } from "./media.js";
import type { Services } from "./services.js";
import { token } from "../di/token.js";
import type { AudioSource } from "./media.js";

/**
 * What to say: the id of a prompt (`"P001"`), or text with typed values
 * (`{ text: "流水号{{serial|digits}}", values: { serial } }`). Formats: digits number minutes seconds date time money text.
 */
export type PromptRef =
  | string
  | { readonly id: string; readonly values?: PromptValues; readonly language?: string; readonly voice?: string }
  | { readonly text: string; readonly values?: PromptValues; readonly language?: string; readonly voice?: string };

export type PromptValues = Readonly<Record<string, unknown>>;

/** Turns prompt references into sound. Provided by plugin-tts. */
export interface Prompts {
  /** Declares prompts by id (seed once; the same id with another text is an error). */
  define(prompts: readonly PromptDefinition[]): void;
  has(id: string): boolean;
  /** What was defined, in the language asked for or the nearest: says for example whether a key may cut it short. */
  definition?(id: string, language?: string): PromptDefinition | undefined;
  /**
   * What is malformed about the placeholders of a text, as an error that names the position (`HTL_TTS_BAD_TEMPLATE`); `undefined`: nothing. Asked by
   * whoever keeps texts of others, so that it is not found first while a caller listens. Whether values are missing is not looked at.
   */
  textFault?(text: string): Error | undefined;
  /**
   * Sound of a prompt, from the cache where possible. Unknown id: `HTL_TTS_UNKNOWN_PROMPT`. When the
   * provider fails the error is `HTL_TTS_SYNTHESIS_FAILED`; callers go on without the prompt.
   */
  resolve(ref: PromptRef, options?: { language?: string; signal?: AbortSignal }): Promise<readonly AudioSource[]>;
  /** Synthesises ahead what needs no values, so that the first caller does not wait. */
  warm(refs?: readonly PromptRef[]): Promise<{ prepared: number; failed: number }>;
}

/** A sentence callers may hear, by its id. */
export interface PromptDefinition {
  readonly id: string;
  readonly text: string;
  /** BCP 47, default `zh-CN`. */
  readonly language?: string;
  /** A recorded WAV file used instead of synthesis. */
  readonly file?: string;
  /** Whether a key may cut it short. Default true. */
  readonly bargeIn?: boolean;
}

export const PROMPTS = token<Prompts>("tts.prompts");

/** What a node did. `outcome` picks the edge of the flow; `end` ends the flow (the call is over or handed on). */
export type IvrStep = { readonly outcome: string } | { readonly end: true };

/** What a running node is given. */
export interface IvrNodeContext<C = unknown> {
  readonly session: CallSession;
  readonly flowId: string;
  readonly nodeId: string;
  readonly nodeType: string;
  readonly config: C;
  /** Aborted when the caller is gone or pressed the agent key; check it, or pass it on. */
  readonly signal: AbortSignal;
  /** Values learnt in this flow; also found in prompts as `{{name|format}}`. */
  readonly vars: Record<string, unknown>;
  readonly services: Services;
  /** Says a prompt with the flow's values; resolves when said or cut short. A failed prompt is logged and skipped. */
  say(ref: PromptRef, options?: { bargeIn?: boolean | string }): Promise<void>;
  /** Says, then collects with the flow's limits. */
  ask(ref: PromptRef, options?: CollectOptions): Promise<Collected>;
}

/** A node type as data plus one function. Owned by the plugin that owns the noun. */
export interface IvrNodeType<C = unknown> {
  readonly type: string;
  /** z.strictObject of the node's own keys (without `id`, `type`, `next`, `on`). */
  readonly config: z.ZodType<C>;
  /** Outcomes the node can have. A flow must lead each on, by `on: { outcome: nodeId }` or `next`. May depend on the config (menu keys). */
  outcomes(config: C): readonly { readonly name: string; /** may be left without an edge */ readonly optional?: boolean }[];
  /** Prompt ids the node speaks, so that a missing one is found at start. */
  prompts?(config: C): readonly PromptRef[];
  /**
   * What the config names that is not there (a queue, an agent). Asked once everything is ready, before the first call, and whenever
   * a flow is put; with an answer the flow is refused.
   */
  missing?(config: C, services: Services): readonly { /** Key of the config. */ readonly key: string; /** What is missing, and what is known instead. */ readonly message: string }[];
  run(context: IvrNodeContext<C>): Promise<IvrStep>;
}

/** Helper that infers the config type. */
export function defineIvrNode<C>(node: IvrNodeType<C>): IvrNodeType<C> {
  return node;
}

/**
 * How a visit to a flow ended: `completed` at an end or `return` node, `agent` by the key 0, `failed` where a node failed and the
 * flow had no way on, `taken-back` by the signal, `gone` when the caller hung up or the flow ended the call.
 */
export type FlowVisitOutcome = "completed" | "agent" | "failed" | "taken-back" | "gone";

export interface FlowVisitResult {
  readonly outcome: FlowVisitOutcome;
  /** What the `return` node says of it (`verified`, `refused`). */
  readonly result?: string;
}

/**
 * Flows to which a person sends a caller who comes back at the end (a PIN keyed in unheard, an identity check). Provided by
 * plugin-ivr; who sends the caller keeps everybody else's sound away from the leg meanwhile.
 */
export interface FlowVisits {
  /** Flows marked `desk`. */
  list(): readonly { readonly id: string; readonly title: string }[];
  /**
   * The caller goes through the flow. Keys pressed before do not count. Of a flow marked `secret` nothing is recorded.
   * Resolves once, also when the caller hangs up; throws `HTL_IVR_UNKNOWN_FLOW` and `HTL_IVR_NOT_FOR_DESK` before anything is done.
   *
   * @param options.signal takes the caller back
   */
  visit(session: CallSession, flow: string, options: { readonly signal: AbortSignal }): Promise<FlowVisitResult>;
}

export const FLOW_VISITS = token<FlowVisits>("core.flow-visits");

/** Every node type of the plugins present, filled by the kernel before `onReady`. */
export const IVR_NODE_TYPES = token<ReadonlyMap<string, IvrNodeType<unknown>>>("core.ivr-node-types");

/** Runs the hook `ivrNode.for(type)`. */
export interface IvrNodeRunner {
  /** `undefined`: no tap owned the node. Rejects when the owner threw: the flow's fallback node takes over. */
  run(type: string, context: IvrNodeContext): Promise<IvrStep | undefined>;
}

export const IVR_NODE_RUNNER = token<IvrNodeRunner>("core.ivr-node-runner");
