import { existsSync, readFileSync } from "node:fs";
import { dirname, extname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { createHotline, errorText, isHotlineError } from "@hotlinejs/core";
import type { Hotline, HotlineOptions } from "@hotlinejs/core";
import { errors } from "./errors.js";

/** What a module hands to the command line as its export `hotline` (or its default export). */
export type HotlineModule = Hotline | HotlineOptions | ((context: HotlineContext) => Hotline | HotlineOptions | Promise<Hotline | HotlineOptions>);

export interface HotlineContext {
  /** `process.env` of the command. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

const NAMES = ["hotline.config.js", "hotline.config.mjs"];

/**
 * Finds the module with the project's hotline and makes it: `--hotline`, else `"hotline"` in the
 * nearest package.json, else `hotline.config.js` beside it. Nothing is started.
 *
 * @throws HTL_CLI_HOTLINE_NOT_FOUND, HTL_CLI_MODULE_MISSING, _TYPESCRIPT, _FAILED, _EXPORT; coded errors of the module itself pass
 */
export async function loadHotline(given: string | undefined, { cwd, environment }: { cwd: string; environment: HotlineContext["environment"] }): Promise<Hotline> {
  const file = findModule(given, cwd);
  if (!existsSync(file)) throw errors.MODULE_MISSING(file);
  if (/^\.[cm]?tsx?$/.test(extname(file))) throw errors.MODULE_TYPESCRIPT(file);
  const exported = await importHotline(file);
  try {
    const made: unknown = typeof exported === "function" ? await (exported as (context: HotlineContext) => unknown)({ environment }) : exported;
    if (isHotline(made)) return made;
    if (isOptions(made)) return createHotline(made);
  } catch (error) {
    if (isHotlineError(error)) throw error;
    throw errors.MODULE_FAILED(file, errorText(error), { cause: error });
  }
  throw errors.MODULE_EXPORT(file);
}

function findModule(given: string | undefined, cwd: string): string {
  if (given !== undefined) return resolve(cwd, given);
  for (let folder = resolve(cwd); ; folder = dirname(folder)) {
    const manifest = join(folder, "package.json");
    if (existsSync(manifest)) {
      const named = namedInManifest(manifest);
      if (named !== undefined) return resolve(folder, named);
    }
    for (const name of NAMES) if (existsSync(join(folder, name))) return join(folder, name);
    // A project ends at its manifest: a hotline further up is another one.
    if (existsSync(manifest) || dirname(folder) === folder) throw errors.HOTLINE_NOT_FOUND(cwd);
  }
}

function namedInManifest(manifest: string): string | undefined {
  let parsed: { hotline?: unknown };
  try {
    parsed = JSON.parse(readFileSync(manifest, "utf8")) as { hotline?: unknown };
  } catch (cause) {
    throw errors.MODULE_FAILED(manifest, errorText(cause), { cause });
  }
  return typeof parsed.hotline === "string" && parsed.hotline !== "" ? parsed.hotline : undefined;
}

async function importHotline(file: string): Promise<unknown> {
  try {
    const module = (await import(pathToFileURL(file).href)) as { hotline?: unknown; default?: unknown };
    return module.hotline ?? module.default;
  } catch (error) {
    if (isHotlineError(error)) throw error;
    throw errors.MODULE_FAILED(file, errorText(error), { cause: error });
  }
}

/** By its methods: the project may have a core of its own. */
function isHotline(value: unknown): value is Hotline {
  return typeof value === "object" && value !== null && ["start", "stop", "check", "inspect", "migrate", "storage", "hold"].every((name) => typeof (value as Record<string, unknown>)[name] === "function");
}

function isOptions(value: unknown): value is HotlineOptions {
  return typeof value === "object" && value !== null && Array.isArray((value as { plugins?: unknown }).plugins);
}
