import type { PromptRef } from "@hotlinejs/core";
import type { KindConfig } from "../config.js";
import type { EntrySpeech, KindSpeech } from "../contract.js";

type Entry = Pick<KindConfig["keys"][number], "name" | "length" | "pattern" | "prompt" | "starAs">;

/** Whether a value can be this key or proof. */
export function fits(entry: Pick<Entry, "length" | "pattern">, value: string): boolean {
  return value.length === entry.length && new RegExp(`^(?:${entry.pattern ?? "[0-9A-Za-z]+"})$`).test(value);
}

export function kindSpeech(kind: KindConfig): KindSpeech {
  const speech = (entry: Entry): EntrySpeech => ({ name: entry.name, length: entry.length, prompt: entry.prompt, ...(entry.starAs === undefined ? {} : { starAs: entry.starAs }), fits: (value) => fits(entry, value) });
  return { keys: kind.keys.map(speech), ...(kind.proof === undefined ? {} : { proof: speech(kind.proof) }), found: kind.prompt ?? allFields(kind) };
}

/** 参保状态正常，缴费三百一十二个月。 */
function allFields(kind: KindConfig): PromptRef {
  const format = (field: KindConfig["fields"][number]): string => (field.words === undefined ? field.type : "text");
  return { text: `${kind.fields.map((field) => `${field.label}{{${field.name}|${format(field)}}}`).join("，")}。` };
}
