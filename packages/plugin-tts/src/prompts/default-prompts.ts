import { isAbsolute, resolve as resolvePath } from "node:path";
import type { AudioAsset, AudioSource, Clock, Logger, MediaEngine, PromptDefinition, PromptRef, Prompts } from "@hotlinejs/core";
import { errorText } from "@hotlinejs/core";
import { errors } from "../errors.js";
import type { SpeechRequest, Synthesizer } from "../speech/synthesizer.js";
import type { PlanOptions, SpeechUnit } from "./speech-plan.js";
import { digitWord, fixedUnits, planSpeech } from "./speech-plan.js";
import type { TemplatePart } from "./template.js";
import { parseTemplate } from "./template.js";

export interface DefaultPromptsOptions {
  readonly synthesizer: Synthesizer;
  readonly media: () => MediaEngine;
  readonly clock: Clock;
  readonly log: Logger;
  readonly timezone: string;
  readonly language: string;
  readonly digits: PlanOptions["digits"];
  /** Folder that relative `file`s are in. */
  readonly promptsDir: string;
}

interface Defined {
  readonly definition: PromptDefinition;
  readonly language: string;
  readonly parts: readonly TemplatePart[];
}

/** Prompts by id and language, and how they become sound. */
export class DefaultPrompts implements Prompts {
  readonly #options: DefaultPromptsOptions;
  /** id -> language -> prompt; the language defined first is the one to fall back to. */
  readonly #defined = new Map<string, Map<string, Defined>>();
  readonly #files = new Map<string, Promise<AudioAsset>>();
  readonly #badFiles = new Set<string>();

  constructor(options: DefaultPromptsOptions) {
    this.#options = options;
  }

  define(prompts: readonly PromptDefinition[]): void {
    // All or nothing: the first bad one leaves what was defined untouched.
    const parsed = prompts.map((definition): Defined => ({ definition, language: definition.language ?? "zh-CN", parts: parse(definition) }));
    const seen = new Map<string, PromptDefinition>();
    for (const { definition, language } of parsed) {
      const before = this.#defined.get(definition.id)?.get(language)?.definition ?? seen.get(`${definition.id}\n${language}`);
      if (before && !same(before, definition)) throw errors.PROMPT_CONFLICT(definition.id, language);
      seen.set(`${definition.id}\n${language}`, definition);
    }
    for (const prompt of parsed) {
      const languages = this.#defined.get(prompt.definition.id) ?? new Map<string, Defined>();
      if (!languages.has(prompt.language)) languages.set(prompt.language, prompt);
      this.#defined.set(prompt.definition.id, languages);
    }
  }

  has(id: string): boolean {
    return this.#defined.has(id);
  }

  definition(id: string, language?: string): PromptDefinition | undefined {
    return this.#find(id, language)?.definition;
  }

  textFault(text: string): Error | undefined {
    try {
      parseTemplate(text);
      return undefined;
    } catch (error) {
      return error instanceof Error ? error : new Error(errorText(error));
    }
  }

  async resolve(ref: PromptRef, options: { language?: string; signal?: AbortSignal } = {}): Promise<readonly AudioSource[]> {
    const { signal } = options;
    signal?.throwIfAborted();
    const wanted = typeof ref === "string" ? { id: ref } : ref;
    const language = "language" in wanted && wanted.language !== undefined ? wanted.language : options.language;
    const voice = "voice" in wanted ? wanted.voice : undefined;
    const values = "values" in wanted && wanted.values !== undefined ? wanted.values : {};
    if ("text" in wanted) return this.#sound(planSpeech(parseTemplate(wanted.text), values, this.#plan(language)), voice, signal);
    const prompt = this.#find(wanted.id, language);
    if (!prompt) throw errors.UNKNOWN_PROMPT(wanted.id);
    const recorded = await this.#recorded(prompt.definition);
    if (recorded) return [{ kind: "asset", asset: recorded }];
    return this.#sound(planSpeech(prompt.parts, values, this.#plan(prompt.language)), voice, signal);
  }

  async warm(refs?: readonly PromptRef[], options: { signal?: AbortSignal } = {}): Promise<{ prepared: number; failed: number }> {
    const requests = new Map<string, { unit: SpeechUnit & { kind: "speech" }; voice?: string }>();
    let prepared = 0;
    let failed = 0;
    // Digits first: they are wanted wherever a number is read.
    for (const digit of this.#spokenDigits()) requests.set([digit.language, "", digit.text].join("\n"), { unit: digit });
    const add = (parts: readonly TemplatePart[], language: string | undefined, voice?: string) => {
      for (const unit of fixedUnits(parts, this.#plan(language))) {
        if (unit.kind === "speech") requests.set([unit.language, voice ?? "", unit.text].join("\n"), { unit, voice });
      }
    };
    for (const ref of refs ?? this.#defined.keys()) {
      if (typeof ref !== "string" && "text" in ref) {
        add(parseTemplate(ref.text), ref.language, ref.voice);
        continue;
      }
      const { id, voice, language } = typeof ref === "string" ? { id: ref, voice: undefined, language: undefined } : ref;
      const prompts = language === undefined ? [...(this.#defined.get(id)?.values() ?? [])] : [this.#find(id, language)];
      if (prompts.length === 0 || prompts[0] === undefined) failed++;
      for (const prompt of prompts) {
        if (!prompt) continue;
        if (prompt.definition.file !== undefined && (await this.#recorded(prompt.definition))) prepared++;
        else add(prompt.parts, prompt.language, voice);
      }
    }
    for (const { unit, voice } of requests.values()) {
      if (options.signal?.aborted) break;
      try {
        await this.#options.synthesizer.speak({ ...request(unit, voice), background: true }, options.signal);
        prepared++;
      } catch (error) {
        if (options.signal?.aborted) break;
        failed++;
        this.#options.log.debug({ error: errorText(error), language: unit.language }, "a prompt could not be prepared");
      }
    }
    return { prepared, failed };
  }

  get size(): number {
    return this.#defined.size;
  }

  /** Recorded files that could not be read; their prompts are synthesised. */
  get unreadableFiles(): readonly string[] {
    return [...this.#badFiles];
  }

  #find(id: string, language: string | undefined): Defined | undefined {
    const languages = this.#defined.get(id);
    if (!languages) return undefined;
    const wanted = language ?? this.#options.language;
    const primary = wanted.split("-")[0];
    return languages.get(wanted) ?? [...languages.values()].find((prompt) => prompt.language.split("-")[0] === primary) ?? languages.values().next().value;
  }

  /** Digit clips of every language that reads a number digit by digit. */
  #spokenDigits(): readonly (SpeechUnit & { kind: "speech" })[] {
    if (this.#options.digits !== "clips") return [];
    const languages = new Set<string>();
    for (const prompts of this.#defined.values()) {
      for (const prompt of prompts.values()) if (prompt.parts.some((part) => part.kind === "value" && part.format === "digits")) languages.add(prompt.language);
    }
    return [...languages].flatMap((language) => [..."0123456789"].map((digit) => ({ kind: "speech" as const, text: digitWord(digit, language), language, persist: true })));
  }

  #plan(language: string | undefined): PlanOptions {
    const { timezone, clock, digits } = this.#options;
    return { language: language ?? this.#options.language, timezone, now: clock.now(), digits };
  }

  async #sound(units: readonly SpeechUnit[], voice: string | undefined, signal: AbortSignal | undefined): Promise<readonly AudioSource[]> {
    return Promise.all(
      units.map(async (unit): Promise<AudioSource> => {
        if (unit.kind === "pause") return { kind: "silence", durationMs: unit.ms };
        return { kind: "asset", asset: await this.#options.synthesizer.speak(request(unit, voice), signal) };
      }),
    );
  }

  /** The recording, or `undefined` when there is none or it cannot be read: then the text is synthesised. */
  async #recorded(definition: PromptDefinition): Promise<AudioAsset | undefined> {
    if (definition.file === undefined) return undefined;
    const path = isAbsolute(definition.file) ? definition.file : resolvePath(this.#options.promptsDir, definition.file);
    let loading = this.#files.get(path);
    if (!loading) {
      loading = this.#options.media().loadWav(path);
      this.#files.set(path, loading);
    }
    try {
      const asset = await loading;
      this.#badFiles.delete(path);
      return asset;
    } catch (error) {
      this.#files.delete(path);
      if (!this.#badFiles.has(path)) this.#options.log.warn({ prompt: definition.id, path, error: errorText(error) }, "a recorded prompt cannot be read; its text is synthesised");
      this.#badFiles.add(path);
      return undefined;
    }
  }
}

function request(unit: SpeechUnit & { kind: "speech" }, voice: string | undefined): SpeechRequest {
  return { text: unit.text, language: unit.language, voice, persist: unit.persist };
}

function parse(definition: PromptDefinition): readonly TemplatePart[] {
  try {
    return parseTemplate(definition.text);
  } catch (error) {
    throw Object.assign(error instanceof Error ? error : new Error(String(error)), { message: `Prompt ${definition.id}: ${errorText(error)}` });
  }
}

function same(a: PromptDefinition, b: PromptDefinition): boolean {
  return a.text === b.text && a.file === b.file;
}
