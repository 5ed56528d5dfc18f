import { z } from "zod";
import { BUSINESS_SYSTEM, CLOCK, defineIvrNode, promptRef, token } from "@hotlinejs/core";
import type { BusinessSystem, IvrNodeContext, IvrStep, LookupAsker, LookupResult, PromptRef } from "@hotlinejs/core";
import { LOOKUP_SPEECH } from "../contract.js";
import type { EntrySpeech, KindSpeech } from "../contract.js";

/** What is used of plugin-recording where it is present: the token is found by its name. */
const RECORDINGS = token<{ pause(interactionId: string): void; resume(interactionId: string): void }>("recording.recordings");

/** To the menu before, and to a person: outcomes that plugin-ivr knows of every node. */
const BACK = "$back";
const AGENT = "$agent";

const lookupConfig = z.strictObject({
  /** Key of the kind of record. */
  kind: z.string().min(1),
  /** Asks for the keys by their names, instead of the kind's own words. */
  keyPrompts: z.record(z.string(), promptRef).default({}),
  /** Asks for the proof, instead of the kind's own words. */
  proofPrompt: promptRef.optional(),
  /** Says the record, instead of the kind's own words. Values are its fields. `false`: nothing is said, the flow does. */
  foundPrompt: z.union([promptRef, z.literal(false)]).optional(),
  /** After an entry that cannot be one. */
  invalidPrompt: promptRef.default("business.invalid"),
  /** After silence. */
  silencePrompt: promptRef.default("business.silence"),
  /** While the system is asked. `false`: nothing. */
  waitPrompt: z.union([promptRef, z.literal(false)]).default("business.wait"),
  /** Gets `left`. */
  notFoundPrompt: promptRef.default("business.not-found"),
  /** After too many wrong tries. */
  lockedPrompt: promptRef.default("business.locked"),
  /** When the system does not answer. */
  unavailablePrompt: promptRef.default("business.unavailable"),
  /** How often an entry that cannot be one, or silence, is asked for again. */
  tries: z.number().int().min(1).max(10).default(3),
  /** Seconds between two keys; longer than in menus, for numbers read off a card. */
  interDigitSeconds: z.number().min(1).max(60).default(8),
  /** Variable that gets the record, for the nodes that follow: `{{record.amount|money}}`. */
  var: z.string().min(1).default("record"),
});
type LookupConfig = z.output<typeof lookupConfig>;

/**
 * Asks for keys and proof, looks the record up and says it. What is keyed is left out of every recording, journal and
 * variable. `*` alone at the first key goes back; at the proof it leads to a person («没有密码请按星号键»).
 *
 * @outcome found - The record was said and is in the variable `var`.
 * @outcome not-found - The caller went before a right pair was keyed.
 * @outcome locked - Too many wrong tries, of this caller or about this person.
 * @outcome unavailable - The system does not answer, or not as agreed.
 * @outcome timeout - Nothing that could be a key was keyed.
 * @example { "id": "account", "type": "lookup", "kind": "pension-account", "on": { "found": "more", "locked": "agent", "unavailable": "agent" }, "next": "more" }
 */
export const lookupNode = defineIvrNode({
  type: "lookup",
  config: lookupConfig,
  outcomes: () => [{ name: "found" }, { name: "not-found" }, { name: "locked" }, { name: "unavailable" }, { name: "timeout" }],
  prompts: (node) => [...Object.values(node.keyPrompts), ...[node.proofPrompt, node.foundPrompt, node.waitPrompt].filter((ref) => ref !== undefined && ref !== false), node.invalidPrompt, node.silencePrompt, node.notFoundPrompt, node.lockedPrompt, node.unavailablePrompt],
  run: (context) => new LookupRun(context).run(),
});

/** The caller went elsewhere while entering. */
type Entered = { readonly value: string } | { readonly step: IvrStep };

class LookupRun {
  private readonly system: BusinessSystem;
  private readonly speech: KindSpeech;
  private readonly asker: LookupAsker;

  constructor(private readonly context: IvrNodeContext<LookupConfig>) {
    this.system = context.services.get(BUSINESS_SYSTEM);
    this.speech = context.services.get(LOOKUP_SPEECH).of(context.config.kind);
    const { interaction } = context.session;
    // A withheld number must not shut out all others who withhold theirs.
    this.asker = { channel: "phone", from: interaction.callerNumber === "" ? `interaction:${interaction.id}` : interaction.callerNumber, actor: "citizen", interactionId: interaction.id };
  }

  async run(): Promise<IvrStep> {
    const { config: node, signal } = this.context;
    if ((await this.system.lockedUntil(this.asker)) !== undefined) return this.tell("locked", node.lockedPrompt);
    while (!signal.aborted) {
      const keys: Record<string, string> = {};
      for (const key of this.speech.keys) {
        const entered = await this.enter(key, node.keyPrompts[key.name] ?? key.prompt, BACK);
        if ("step" in entered) return entered.step;
        keys[key.name] = entered.value;
      }
      const proof = this.speech.proof === undefined ? undefined : await this.enter(this.speech.proof, node.proofPrompt ?? this.speech.proof.prompt, AGENT);
      if (proof !== undefined && "step" in proof) return proof.step;
      const result = await this.ask(keys, proof?.value);
      switch (result.outcome) {
        case "found":
          this.context.vars[node.var] = result.record;
          if (node.foundPrompt !== false) await this.context.say(withValues(node.foundPrompt ?? this.speech.found, result.record));
          return { outcome: "found" };
        case "locked":
          return this.tell("locked", node.lockedPrompt);
        case "unavailable":
          return this.tell("unavailable", node.unavailablePrompt);
        case "not-found":
          if (result.left === 0) return this.tell("locked", node.lockedPrompt);
          await this.context.say(withValues(node.notFoundPrompt, { left: result.left }));
      }
    }
    return { outcome: "not-found" };
  }

  /** Looks up while the caller hears that it takes a moment. */
  private async ask(keys: Readonly<Record<string, string>>, proof: string | undefined): Promise<LookupResult> {
    const { config: node, session, services, signal } = this.context;
    const started = services.get(CLOCK).monotonic();
    const looking = this.system.lookup({ kind: node.kind, keys, asker: this.asker, signal, ...(proof === undefined ? {} : { proof }) });
    const [result] = await Promise.all([looking, node.waitPrompt === false ? undefined : this.context.say(node.waitPrompt, { bargeIn: false })]);
    session.interaction.event("business.lookup", { kind: node.kind, outcome: result.outcome, ...(result.outcome === "unavailable" ? { cause: result.cause } : {}), ms: Math.round(services.get(CLOCK).monotonic() - started) });
    return result;
  }

  private async enter(entry: EntrySpeech, prompt: PromptRef, star: string): Promise<Entered> {
    const { config: node, session, services, signal } = this.context;
    const recordings = services.optional(RECORDINGS);
    recordings?.pause(session.interaction.id);
    try {
      for (let tries = 0; tries < node.tries && !signal.aborted; tries++) {
        // One more than its places, so that the finishing key is taken along with the entry.
        const { digits, reason } = await this.context.ask(prompt, { min: 1, max: entry.length + 1, finishOn: "#", interDigitTimeoutMs: node.interDigitSeconds * 1000 });
        if (reason === "ended") break;
        if (digits === "*") return { step: { outcome: star } };
        const value = entry.starAs === undefined ? digits : digits.replace(/\*$/, entry.starAs);
        if (entry.fits(value)) return { value };
        if (tries + 1 < node.tries) await this.context.say(digits === "" && reason === "timeout" ? node.silencePrompt : node.invalidPrompt);
      }
    } finally {
      recordings?.resume(session.interaction.id);
    }
    return { step: { outcome: "timeout" } };
  }

  private async tell(outcome: string, prompt: PromptRef): Promise<IvrStep> {
    await this.context.say(prompt);
    return { outcome };
  }
}

/** The prompt with more values to speak. */
function withValues(prompt: PromptRef, values: Readonly<Record<string, unknown>>): PromptRef {
  return typeof prompt === "string" ? { id: prompt, values } : { ...prompt, values: { ...prompt.values, ...values } };
}
