import { CORE_OPTION_VARIABLES } from "../config/hotline-options.js";
import { pluginConfig, pluginVariables, unknownVariables } from "../config/plugin-config.js";
import { HIDDEN, redactOptions, redactUrl } from "../config/redact.js";
import type { HotlineSettings } from "../config/settings.js";
import type { IvrNodeType } from "../contracts/ivr.js";
import { shownDatabase, type HotlineStorage } from "../db/storage.js";
import { tokenName } from "../di/token.js";
import { errorText, isHotlineError } from "../errors/define-errors.js";
import type { Plugin } from "../plugin/define-plugin.js";
import { checkManifests } from "./boot-checks.js";
import type { HotlineInspection, HotlineProblem, PluginInspection, VariableInspection } from "./inspection.js";
import { orderPlugins } from "./plugin-graph.js";

interface Inspected {
  readonly plugins: readonly Plugin[];
  readonly settings: HotlineSettings;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly coreVersion: string;
  readonly storage: () => HotlineStorage;
}

/** Reads manifests, options and environment. Everything wrong is listed, not only the first. Opens nothing. */
export function inspectHotline({ plugins, settings, environment, coreVersion, storage }: Inspected): HotlineInspection {
  const problems: HotlineProblem[] = [];
  const attempt = <T>(fn: () => T, otherwise: T): T => {
    try {
      return fn();
    } catch (error) {
      problems.push(...problemsOf(error));
      return otherwise;
    }
  };
  // Those that are none, or are there twice, are told by orderPlugins.
  const usable = plugins.filter((plugin, index) => typeof plugin === "object" && typeof plugin?.definition?.name === "string" && plugins.findIndex((other) => other?.definition?.name === plugin.definition.name) === index);
  const ordered = attempt(() => orderPlugins(plugins, coreVersion), undefined);
  if (ordered !== undefined) attempt(() => checkManifests(ordered), undefined);
  const shown = ordered ?? usable;
  // The URL of the database, and migrations nobody can order, are found here.
  const database = ordered === undefined ? "" : attempt(() => shownDatabase(storage()), "");

  const value = (name: string, secret: boolean): { value?: string } => {
    const text = environment[name];
    return text === undefined || text === "" ? {} : { value: secret ? HIDDEN : redactUrl(text) };
  };
  const variables: VariableInspection[] = [
    ...CORE_OPTION_VARIABLES.map(([name, option]) => ({ name, option: `core.${option}`, ...value(name, false) })),
    ...shown.flatMap((plugin) => pluginVariables(plugin).map(({ name, option, secret }) => ({ name, option, ...value(name, secret || /^\s*[[{]/.test(environment[name] ?? "")) }))),
  ];
  return {
    name: settings.name,
    version: coreVersion,
    host: settings.host,
    timezone: settings.timezone,
    dataDir: settings.dataDir,
    ...(settings.publicUrl === undefined ? {} : { publicUrl: settings.publicUrl }),
    database,
    plugins: shown.map((plugin) => {
      const options = attempt(() => ({ value: pluginConfig(plugin, environment) }), undefined);
      return { ...manifest(plugin), ...(options === undefined ? {} : { options: redactOptions(options.value, plugin.definition.config) }) };
    }),
    variables,
    unknownVariables: unknownVariables(shown, environment),
    problems,
  };
}

function manifest({ definition }: Plugin): PluginInspection {
  return {
    name: definition.name,
    version: definition.version,
    core: definition.core,
    critical: definition.critical ?? true,
    requires: [...(definition.requires ?? [])],
    after: [...(definition.after ?? [])],
    provides: (definition.provides ?? []).map((token) => tokenName(token)),
    permissions: (definition.permissions ?? []).map((each) => ({ ...each })),
    ivrNodes: ((definition.ivrNodes ?? []) as readonly IvrNodeType<unknown>[]).map((node) => node.type),
    routes: (definition.routes ?? []).map((route) => `${route.method} ${route.path}`),
    tables: (definition.entities ?? []).map((entity) => entity.meta.tableName ?? entity.meta.collection ?? ""),
    migrations: (definition.migrations ?? []).map((migration) => `${definition.name}/${migration.id}`),
    events: (definition.events ?? []).map((event) => event.name),
    consolePages: (definition.consoleUi?.pages ?? []).map((page) => page.path),
  };
}

/** One entry a finding: an error that lists several places (options, flows) becomes several. */
export function problemsOf(error: unknown, plugin?: string): HotlineProblem[] {
  if (!isHotlineError(error)) return [{ code: "HTL_CORE_PLUGIN_FAILED", message: errorText(error), ...(plugin === undefined ? {} : { plugin }) }];
  const { details = {} } = error;
  const owner = typeof details.plugin === "string" ? details.plugin : plugin;
  const base = { code: error.code, ...(owner === undefined ? {} : { plugin: owner }) };
  const places = [details.issues, details.problems].flatMap((list) => (Array.isArray(list) ? (list as { path?: unknown; message?: unknown }[]) : []));
  if (places.length === 0) return [{ ...base, message: error.message }];
  return places.map(({ path, message }) => ({ ...base, message: String(message), ...(typeof path === "string" ? { path } : {}) }));
}
