import semver from "semver";
import type { Plugin } from "../plugin/define-plugin.js";
import { coreErrors } from "../errors/core-errors.js";

/** Prefix of tables, of `HOTLINE_` variables and of addresses. */
const NAME = /^[a-z][a-z0-9-]{0,39}$/;

/** `"sip@>=0.1.0 <1.0.0"` -> name and range. */
function requirement(text: string): { name: string; range: string | undefined } {
  const at = text.indexOf("@");
  return at < 0 ? { name: text, range: undefined } : { name: text.slice(0, at), range: text.slice(at + 1) };
}

/**
 * Puts plugins in the order in which they register and start: what a plugin requires, or comes
 * after, is before it; otherwise the order given is kept. Pure.
 *
 * @throws HTL_CORE_PLUGIN_DUPLICATE, _MISSING, _CYCLE, _VERSION, _INVALID, _NAME
 */
export function orderPlugins(plugins: readonly Plugin[], coreVersion: string): readonly Plugin[] {
  const byName = new Map<string, Plugin>();
  for (const plugin of plugins) {
    const name: unknown = (plugin as Partial<Plugin> | undefined)?.definition?.name;
    if (typeof plugin === "function" || typeof name !== "string") throw coreErrors.PLUGIN_INVALID(typeof plugin === "function" ? "A plugin factory that was not called" : plugin === undefined || plugin === null ? String(plugin) : "An object without a definition");
    if (!NAME.test(name) || name === "core") throw coreErrors.PLUGIN_NAME(JSON.stringify(name.slice(0, 60)));
    const { version, register, config, core, requires = [] } = plugin.definition as Partial<Plugin["definition"]>;
    if (typeof register !== "function") throw coreErrors.PLUGIN_INVALID(`${name} without a register function`);
    if (typeof config?.safeParse !== "function") throw coreErrors.PLUGIN_INVALID(`${name} without a config schema (z.strictObject)`);
    if (semver.valid(version) === null) throw coreErrors.PLUGIN_INVALID(`${name} with the version ${String(version)}, which is not of the form 1.2.3,`);
    if (semver.validRange(core) === null) throw coreErrors.PLUGIN_INVALID(`${name} with the \`core\` ${String(core)}, which is no range such as ">=0.1.0 <1.0.0",`);
    const bad = requires.find((text) => semver.validRange(requirement(text).range ?? "*") === null);
    if (bad !== undefined) throw coreErrors.PLUGIN_INVALID(`${name} with the requirement ${JSON.stringify(bad)}, which names no range after the @,`);
    const other = byName.get(name);
    if (other !== undefined) throw coreErrors.PLUGIN_DUPLICATE(name, other.definition.version, version as string);
    byName.set(name, plugin);
  }
  for (const { definition } of plugins) {
    if (!semver.satisfies(coreVersion, definition.core, { includePrerelease: true })) throw coreErrors.PLUGIN_VERSION(definition.name, "@hotlinejs/core", definition.core, coreVersion);
    for (const text of definition.requires ?? []) {
      const { name, range } = requirement(text);
      const other = byName.get(name);
      if (other === undefined) throw coreErrors.PLUGIN_MISSING(definition.name, name);
      if (range !== undefined && !semver.satisfies(other.definition.version, range, { includePrerelease: true })) throw coreErrors.PLUGIN_VERSION(definition.name, name, range, other.definition.version);
    }
  }

  const ordered: Plugin[] = [];
  const state = new Map<string, "open" | "done">();
  const visit = (plugin: Plugin, path: readonly string[]): void => {
    const { name, requires = [], after = [] } = plugin.definition;
    if (state.get(name) === "done") return;
    if (state.get(name) === "open") throw coreErrors.PLUGIN_CYCLE([...path.slice(path.indexOf(name)), name].join(" -> "));
    state.set(name, "open");
    for (const text of [...requires, ...after]) {
      const other = byName.get(requirement(text).name);
      if (other !== undefined) visit(other, [...path, name]);
    }
    state.set(name, "done");
    ordered.push(plugin);
  };
  for (const plugin of plugins) visit(plugin, []);
  return ordered;
}
