import { describe, expect, it } from "vitest";
import { z } from "zod";
import { definePlugin } from "../plugin/define-plugin.js";
import { parseCoreOptions } from "./hotline-options.js";
import { pluginConfig, unknownVariables } from "./plugin-config.js";

const acd = definePlugin({
  name: "acd",
  version: "0.1.0",
  core: "*",
  config: z.strictObject({ wrapUp: z.number().min(0).default(10), strict: z.boolean().default(false), queues: z.array(z.strictObject({ key: z.string() })).default([]), label: z.string().default("") }),
  register: () => undefined,
});
const thrown = (fn: () => unknown): { code: string; message: string } => {
  try {
    fn();
  } catch (error) {
    return error as { code: string; message: string };
  }
  throw new Error("nothing was thrown");
};

describe("pluginConfig", () => {
  it("lays the environment over the options in code, typed by the schema", () => {
    expect(pluginConfig(acd({ wrapUp: 20 }), { HOTLINE_ACD_WRAP_UP: "5", HOTLINE_ACD_STRICT: "yes", HOTLINE_ACD_QUEUES: '[{"key":"q"}]', HOTLINE_ACD_LABEL: "42" })).toEqual({ wrapUp: 5, strict: true, queues: [{ key: "q" }], label: "42" });
  });
  it("names the path of a typing error", () => {
    const error = thrown(() => pluginConfig(acd({ queues: [{ kee: "a" }] } as never), {}));
    expect(error.code).toBe("HTL_CORE_CONFIG_INVALID");
    expect(error.message).toContain("acd.queues.0");
    expect(error.message).toContain("kee");
  });
  it("names the variable", () => {
    expect(thrown(() => pluginConfig(acd(), { HOTLINE_ACD_WRAP_UP: "soon" })).message).toContain("HOTLINE_ACD_WRAP_UP");
    expect(thrown(() => pluginConfig(acd(), { HOTLINE_ACD_WRAP_UP: "-1" })).message).toContain("HOTLINE_ACD_WRAP_UP");
    expect(thrown(() => pluginConfig(acd(), { HOTLINE_ACD_QUEUES: "[{" })).code).toBe("HTL_CORE_ENVIRONMENT_INVALID");
  });
  it("names the place inside the JSON of a variable", () => {
    expect(thrown(() => pluginConfig(acd(), { HOTLINE_ACD_QUEUES: '[{"key":"a"},{"key":1}]' })).message).toContain("HOTLINE_ACD_QUEUES is not valid: 1.key: ");
  });
  it("takes no text with U+0000, in code or in the JSON of a variable, wherever it stands", () => {
    const error = thrown(() => pluginConfig(acd({ queues: [{ key: "a" }, { key: "b\0" }] } as never), {}));
    expect([error.code, error.message]).toEqual(["HTL_CORE_CONFIG_INVALID", expect.stringContaining("acd.queues.1.key: holds the character U+0000")]);
    expect(thrown(() => pluginConfig(acd(), { HOTLINE_ACD_QUEUES: '[{"key":"a\\u0000"}]' })).message).toContain("HOTLINE_ACD_QUEUES is not valid: 0.key: holds the character U+0000");
  });
  it("finds variables that mean nothing", () => {
    expect(unknownVariables([acd()], { HOTLINE_ACD_WRAPUP: "1", HOTLINE_ACD_WRAP_UP: "1", HOTLINE_HOST: "::1", PATH: "x" })).toEqual(["HOTLINE_ACD_WRAPUP"]);
  });
});

describe("parseCoreOptions", () => {
  it("knows loopback addresses", () => {
    for (const host of ["127.0.0.1", "127.8.0.2", "::1", "localhost"]) expect(parseCoreOptions({ host }, {}).settings.loopbackOnly).toBe(true);
    for (const host of ["0.0.0.0", "::", "10.0.0.1", "127.evil.example"]) expect(parseCoreOptions({ host }, {}).settings.loopbackOnly).toBe(false);
  });
  it.each([
    [{ timezone: "Mars/Olympus" }, {}, "HTL_CORE_TIMEZONE_INVALID"],
    [{}, { HOTLINE_TIMEZONE: "Asia/Shanghia" }, "HTL_CORE_TIMEZONE_INVALID"],
    [{}, { HOTLINE_LOG: "loud" }, "HTL_CORE_ENVIRONMENT_INVALID"],
    [{ nam: "x" } as object, {}, "HTL_CORE_CONFIG_INVALID"],
    [{}, { HOTLINE_PUBLIC_URL: "ftp://x" }, "HTL_CORE_ENVIRONMENT_INVALID"],
  ])("refuses %j %j", (options, environment, code) => {
    expect(thrown(() => parseCoreOptions(options, environment)).code).toBe(code);
  });
});
