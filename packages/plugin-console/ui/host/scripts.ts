import * as React from "react";
import type { ConsoleScript, ConsoleScriptFactory, ScriptEntry } from "../sdk/index.js";

const loading = new Map<string, Promise<ConsoleScript>>();

/** Loads a plugin's script once, with its style sheet. A failed load is tried again at the next call. */
export function loadScript({ plugin, script, style }: ScriptEntry): Promise<ConsoleScript> {
  const known = loading.get(plugin);
  if (known !== undefined) return known;
  const work = load(plugin, script, style);
  loading.set(plugin, work);
  work.catch(() => loading.delete(plugin));
  return work;
}

/** The script's parts are made anew at the next call: what `React.lazy` could not load once, it would never load again. */
export function renewScript(plugin: string): void {
  loading.delete(plugin);
}

async function load(plugin: string, script: string | null, style: string | null): Promise<ConsoleScript> {
  if (script === null) throw new ScriptError(plugin, "HTL_CONSOLE_NOT_BUILT");
  if (style !== null && document.querySelector(`link[href="${CSS.escape(style)}"]`) === null) {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = style;
    document.head.append(link);
  }
  const module = (await import(/* @vite-ignore */ script)) as { ui?: ConsoleScriptFactory };
  if (typeof module.ui !== "function") throw new ScriptError(plugin, "HTL_CONSOLE_SCRIPT_INVALID");
  return module.ui({ version: 1, React });
}

/** Pages of a plugin cannot be shown. */
export class ScriptError extends Error {
  override readonly name = "ScriptError";
  constructor(
    readonly plugin: string,
    readonly code: string,
  ) {
    super(code);
  }
}
