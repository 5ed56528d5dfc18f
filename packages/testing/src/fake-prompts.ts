import { definePlugin, MEDIA, PROMPTS } from "@hotlinejs/core";
import type { AudioSource, PromptDefinition, PromptRef, Prompts } from "@hotlinejs/core";
import { z } from "zod";

/** How long a character of a prompt lasts, in ms: about four characters a second, as Mandarin is spoken. */
const MS_PER_CHARACTER = 250;
const PLACEHOLDER = /\{\{\s*([\p{L}\p{M}\p{N}_.]+)\s*(?:\|\s*\w+\s*)?\}\}/gu;

/**
 * Prompts without a voice: what is said is kept as text, so a test can read what a caller heard.
 * Values are put in as they are (`{{serial|digits}}` becomes the serial).
 */
export class FakePrompts implements Prompts {
  readonly #definitions = new Map<string, PromptDefinition>();
  readonly #encode: (text: string, durationMs: number) => AudioSource;

  constructor(encode: (text: string, durationMs: number) => AudioSource) {
    this.#encode = encode;
  }

  define(prompts: readonly PromptDefinition[]): void {
    for (const prompt of prompts) this.#definitions.set(prompt.id, prompt);
  }

  has(id: string): boolean {
    return this.#definitions.has(id);
  }

  definition(id: string): PromptDefinition | undefined {
    return this.#definitions.get(id);
  }

  textFault(text: string): Error | undefined {
    const rest = text.replace(PLACEHOLDER, (whole) => " ".repeat(whole.length));
    const at = rest.search(/\{\{|\}\}/);
    return at < 0 ? undefined : new Error(`Prompt text is malformed at position ${at}`);
  }

  resolve(ref: PromptRef): Promise<readonly AudioSource[]> {
    const given = typeof ref === "string" ? { id: ref } : ref;
    const text = "text" in given ? given.text : this.#definitions.get(given.id)?.text;
    if (text === undefined) return Promise.reject(new Error(`unknown prompt ${JSON.stringify(ref)}`));
    const values = "values" in given ? given.values : undefined;
    const said = text.replace(PLACEHOLDER, (_all, path: string) => spoken(values, path));
    return Promise.resolve([this.#encode(said, said.length * MS_PER_CHARACTER)]);
  }

  warm(): Promise<{ prepared: number; failed: number }> {
    return Promise.resolve({ prepared: this.#definitions.size, failed: 0 });
  }
}

function spoken(values: Readonly<Record<string, unknown>> | undefined, path: string): string {
  let value: unknown = values;
  for (const part of path.split(".")) value = typeof value === "object" && value !== null ? (value as Record<string, unknown>)[part] : undefined;
  return typeof value === "string" || typeof value === "number" ? String(value) : "";
}

/** Stands in for plugin-tts; takes the prompts that one would be given. */
export const fakePrompts = definePlugin({
  name: "tts",
  version: "0.1.0",
  core: ">=0.1.0 <1.0.0",
  requires: ["media"],
  config: z.strictObject({ prompts: z.array(z.custom<PromptDefinition>()).default([]) }),
  provides: [PROMPTS],
  register({ services, config }) {
    services.provide(PROMPTS, ({ get }) => {
      get(MEDIA);
      const prompts = new FakePrompts((text, durationMs) => ({ kind: "asset", asset: { id: `text:${text}`, samples: new Uint8Array(0), durationMs } }));
      prompts.define(config.prompts);
      return prompts;
    });
  },
});
