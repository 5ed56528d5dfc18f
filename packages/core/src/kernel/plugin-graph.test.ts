import { describe, expect, it } from "vitest";
import { z } from "zod";
import { definePlugin } from "../plugin/define-plugin.js";
import type { Plugin } from "../plugin/define-plugin.js";
import { orderPlugins } from "./plugin-graph.js";

function plugin(name: string, extra: Partial<Plugin["definition"]> = {}): Plugin {
  return definePlugin({ name, version: "0.2.0", core: ">=0.1.0 <1.0.0", config: z.strictObject({}), register: () => undefined, ...(extra as object) })();
}
const names = (plugins: readonly Plugin[]): string[] => plugins.map((each) => each.definition.name);

describe("orderPlugins", () => {
  it("puts what is required and what comes after first, and keeps the order otherwise", () => {
    const order = orderPlugins([plugin("acd", { after: ["sip", "absent"] }), plugin("tickets", { requires: ["directory@>=0.1.0"] }), plugin("sip"), plugin("directory")], "0.1.0");
    expect(names(order)).toEqual(["sip", "acd", "directory", "tickets"]);
  });
  it.each<[string, readonly Plugin[], string]>([
    ["a duplicate", [plugin("a"), plugin("a")], "HTL_CORE_PLUGIN_DUPLICATE"],
    ["a missing requirement", [plugin("a", { requires: ["b"] })], "HTL_CORE_PLUGIN_MISSING"],
    ["a circle", [plugin("a", { requires: ["b"] }), plugin("b", { after: ["c"] }), plugin("c", { requires: ["a"] })], "HTL_CORE_PLUGIN_CYCLE"],
    ["a partner out of range", [plugin("a", { requires: ["b@>=0.3.0"] }), plugin("b")], "HTL_CORE_PLUGIN_VERSION"],
    ["a core out of range", [plugin("a", { core: ">=0.2.0" })], "HTL_CORE_PLUGIN_VERSION"],
    ["a factory that was not called", [definePlugin({ name: "x", version: "1.0.0", core: "*", config: z.strictObject({}), register: () => undefined }) as unknown as Plugin], "HTL_CORE_PLUGIN"],
  ])("refuses %s", (_what, plugins, code) => {
    let thrown: { code?: string } = {};
    try {
      orderPlugins(plugins, "0.1.0");
    } catch (error) {
      thrown = error as { code?: string };
    }
    expect(thrown.code).toMatch(new RegExp(`^${code}`));
  });
  it("names the circle", () => {
    expect(() => orderPlugins([plugin("a", { requires: ["b"] }), plugin("b", { requires: ["a"] })], "0.1.0")).toThrow("a -> b -> a");
  });
});
