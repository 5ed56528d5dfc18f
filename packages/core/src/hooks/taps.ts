import { coreErrors } from "../errors/core-errors.js";
import type { PluginHooks, TapOptions, Untap } from "../plugin/plugin-context.js";
import type { Hooks } from "./hooks.js";

interface Tappable {
  tapPromise(options: { name: string; stage: number }, fn: (...args: unknown[]) => Promise<unknown>): void;
}

/**
 * The facade of one plugin: fills in its name, returns an un-tap, and tells of mistyped names.
 *
 * @param takesPart false once the plugin has failed: its taps are then passed over
 */
export function pluginHooks(hooks: Hooks, plugin: string, takesPart: () => boolean = () => true): PluginHooks {
  const point = (hook: Tappable) => ({
    tap: (fn: (...args: unknown[]) => unknown, options: TapOptions = {}): Untap => {
      let active = true;
      hook.tapPromise({ name: plugin, stage: options.stage ?? 0 }, async (...args) => (active && takesPart() ? await fn(...args) : undefined));
      return () => {
        active = false;
      };
    },
  });
  return new Proxy({} as PluginHooks, {
    get: (_target, name) => {
      if (typeof name !== "string") return undefined;
      if (!(name in hooks)) throw coreErrors.HOOK_UNKNOWN(name, Object.keys(hooks).join(", "));
      if (name === "ivrNode" || name === "notify") return { for: (key: string) => point(hooks[name].for(key) as unknown as Tappable) };
      return point(hooks[name as keyof Hooks] as unknown as Tappable);
    },
  });
}
