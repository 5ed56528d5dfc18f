import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { connect } from "node:net";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach, describe, expect, it } from "vitest";
import { run } from "../src/index.js";

const here = dirname(fileURLToPath(import.meta.url));
const folders: string[] = [];
afterEach(() => {
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

async function hotline(args: readonly string[], { cwd = here, environment = {} }: { cwd?: string; environment?: Record<string, string> } = {}) {
  const out: string[] = [];
  const err: string[] = [];
  const code = await run(args, { cwd, environment, output: { out: (text) => void out.push(text), error: (text) => void err.push(text) } });
  return { code, out: out.join("\n"), err: err.join("\n") };
}

/** A project below this folder, so that it finds the packages. */
function project(files: Record<string, string>): string {
  mkdirSync(join(here, "tmp"), { recursive: true });
  const folder = mkdtempSync(join(here, "tmp/project-"));
  folders.push(folder);
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  return folder;
}

const telephone = (flow: string, more = "") => `
import { createHotline } from "@hotlinejs/core";
import { ivr } from "@hotlinejs/plugin-ivr";
import { acd } from "@hotlinejs/plugin-acd";
import { sip } from "@hotlinejs/plugin-sip";
import { media } from "@hotlinejs/media";
export const hotline = ({ environment }) => createHotline({ name: "project", log: "silent", dataDir: ${JSON.stringify(join(here, "tmp/never-made"))}, environment, plugins: [
  ivr({ flows: [${flow}], routes: [{ flow: "main" }] }), media(), acd({ queues: [{ key: "general", name: "综合" }] }),
  sip({ port: 45990, trunks: [{ key: "carrier", registration: { server: "sip.example.com", username: "u", password: "very-secret" } }] }), ${more}] });`;

const GOOD = `{ id: "main", start: "q", nodes: [{ id: "q", type: "queue", queue: "general", next: "bye" }, { id: "bye", type: "hangup" }] }`;
const BAD = `{ id: "main", start: "q", nodes: [{ id: "q", type: "queue", queue: "general", next: "nowhere" }, { id: "p", type: "plya" }] }`;

describe("check", () => {
  it("lists plugins in their order, options without secrets, and writes nothing and opens no socket", async () => {
    const cwd = project({ "hotline.config.mjs": telephone(GOOD) });
    const environment = { HOTLINE_ACD_WRAP_UP: "7", HOTLINE_ACD_WRAPUP: "7", HOTLINE_DATABASE_URL: "postgres://u:very-secret@db.example/h" };
    const { code, out, err } = await hotline(["check"], { cwd, environment });
    expect(err).toBe("");
    expect(code).toBe(0);
    expect(out).toMatch(/1\.\s+media[\s\S]+2\.\s+sip[\s\S]+3\.\s+acd[\s\S]+4\.\s+ivr/);
    expect(out).toContain("wrapUp: 7");
    expect(out).toContain("HOTLINE_ACD_WRAP_UP");
    expect(out).toContain("typing errors? HOTLINE_ACD_WRAPUP");
    expect(out).toContain("PostgreSQL at db.example:5432/h");
    expect(out).not.toContain("very-secret");
    expect(existsSync(join(here, "tmp/never-made"))).toBe(false);
    await expect(new Promise((_, reject) => connect(45990, "127.0.0.1").once("error", reject))).rejects.toMatchObject({ code: "ECONNREFUSED" });

    const text = (await hotline(["check", "--json"], { cwd, environment })).out;
    expect(text).toContain('"password": "[hidden]"');
    expect(text).not.toContain("very-secret");
    const json = JSON.parse(text) as { ok: boolean; plugins: { name: string; options: { wrapUp?: number } }[]; variables: { name: string; value?: string }[]; unknownVariables: string[] };
    expect(json).toMatchObject({ ok: true, unknownVariables: ["HOTLINE_ACD_WRAPUP"] });
    expect(json.plugins.find(({ name }) => name === "acd")?.options.wrapUp).toBe(7);
    expect(json.variables).toContainEqual({ name: "HOTLINE_DATABASE_URL", option: "core.databaseUrl", value: "postgres://u:[hidden]@db.example/h" });
  });

  it("tells every fault of flows with its path", async () => {
    const { code, err } = await hotline(["check"], { cwd: project({ "hotline.config.mjs": telephone(BAD) }) });
    expect(code).toBe(1);
    expect(err).toMatch(/^HTL_IVR_FLOW_INVALID: .*flows\[0\]\.nodes\[0\].*nowhere/m);
    expect(err).toMatch(/^HTL_IVR_FLOW_INVALID: .*flows\[0\]\.nodes\[1\].*plya/m);
  });

  it("tells faults of several plugins at once", async () => {
    const { code, err } = await hotline(["check"], { cwd: project({ "hotline.config.mjs": telephone(GOOD) }), environment: { HOTLINE_ACD_WRAP_UP: "-1", HOTLINE_SIP_PORT: "x" } });
    expect(code).toBe(1);
    expect(err).toContain("HTL_CORE_ENVIRONMENT_INVALID: Environment variable HOTLINE_ACD_WRAP_UP");
    expect(err).toContain("HTL_CORE_ENVIRONMENT_INVALID: Environment variable HOTLINE_SIP_PORT");
    const twice = await hotline(["check", "--json"], { cwd: project({ "hotline.config.mjs": telephone(GOOD, "media(), ivr") }) });
    expect(JSON.parse(twice.out)).toMatchObject({ ok: false, problems: [{ code: expect.stringMatching(/HTL_CORE_PLUGIN_(DUPLICATE|INVALID)/) as string }] });
  });
});

it("plugins tells state, versions, tokens and permissions", async () => {
  const cwd = project({ "hotline.config.mjs": telephone(BAD) });
  const { code, out } = await hotline(["plugins"], { cwd });
  expect(code).toBe(1);
  expect(out).toMatch(/acd\s+\S+\s+wired\s+>=0\.1\.0 <1\.0\.0\s+yes\s+\S+\s+acd\.acd, acd\.agent-calls/);
  expect(out).toContain("acd.agents.state");
  expect(out).toMatch(/works with\s+media\n\s+sip/);
  const json = JSON.parse((await hotline(["plugins", "--json"], { cwd })).out) as { plugins: { name: string; state: string; problems: unknown[] }[] };
  expect(json.plugins.find(({ name }) => name === "ivr")).toMatchObject({ state: "problem" });
});

describe("finding the hotline", () => {
  it.each([
    ["nothing there", { "package.json": "{}" }, [], "HTL_CLI_HOTLINE_NOT_FOUND"],
    ["named, not built", { "package.json": '{"hotline":"dist/x.js"}' }, [], "HTL_CLI_MODULE_MISSING"],
    ["TypeScript", { "h.ts": "" }, ["--hotline", "h.ts"], "HTL_CLI_MODULE_TYPESCRIPT"],
    ["another export", { "h.mjs": "export const hotline = { plugins: 1 }" }, ["--hotline", "h.mjs"], "HTL_CLI_MODULE_EXPORT"],
    ["a module that throws", { "h.mjs": "throw new Error('boom')" }, ["--hotline", "h.mjs"], "HTL_CLI_MODULE_FAILED"],
    ["coded errors pass", { "h.mjs": "import { createHotline } from '@hotlinejs/core'; export const hotline = createHotline({ timezone: 'Mars', plugins: [] })" }, ["--hotline", "h.mjs"], "HTL_CORE_TIMEZONE_INVALID"],
  ])("%s", async (_, files, args, wanted) => {
    const { code, err } = await hotline(["check", ...args], { cwd: project(files as Record<string, string>) });
    expect(err).toMatch(new RegExp(`^${wanted}: `));
    expect(code).toBe(1);
  });
  it("takes options, a hotline, and package.json's name for it", async () => {
    expect((await hotline(["check"], { cwd: project({ "package.json": '{"hotline":"h.mjs"}', "h.mjs": "export const hotline = { plugins: [], log: 'silent' }" }) })).code).toBe(0);
    expect((await hotline(["check"], { cwd: project({ "hotline.config.mjs": "import { createHotline } from '@hotlinejs/core'; export default createHotline({ plugins: [], log: 'silent' })" }) })).code).toBe(0);
  });
});

describe("the command line", () => {
  it.each([[["nonsense"]], [["check", "--nope"]], [["backup"]], [["check", "more"]], [["health", "--timeout", "never"]], [["health", "http://"]]])("%j is refused with a code and 2", async (args) => {
    const { code, err } = await hotline(args);
    expect(err).toMatch(/^HTL_CLI_(USAGE|HEALTH_URL): /);
    expect(code).toBe(args[1] === "http://" ? 1 : 2);
  });
  it("has help for everything", async () => {
    const { code, out } = await hotline(["--help"]);
    expect(code).toBe(0);
    for (const name of ["check", "plugins", "migrate", "backup", "restore", "health"]) {
      expect(out).toContain(name);
      const own = await hotline([name, "--help"]);
      expect(own.code).toBe(0);
      expect(own.out).toContain("--json");
    }
    expect((await hotline([])).code).toBe(2);
  });
});

describe("health", () => {
  const well = { state: "running", ok: true, plugins: [{ name: "sip", ok: true }] };
  it.each([
    ["ok", 0, 200, well],
    ["degraded", 1, 200, { ...well, ok: false, plugins: [{ name: "sip", ok: false, message: "the port is gone" }] }],
    ["degraded", 1, 503, { ...well, state: "draining", ok: false }],
    ["down", 2, 200, { state: "failed", ok: false, plugins: [] }],
    ["down", 2, 200, { hello: "world" }],
  ])("%s is %i", async (status, wanted, http, body) => {
    const server = createServer((_, response) => response.writeHead(http, { "content-type": "application/json" }).end(JSON.stringify(body)));
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    try {
      const { port } = server.address() as { port: number };
      const { code, out } = await hotline(["health", `127.0.0.1:${port}`]);
      expect(code).toBe(wanted);
      expect(out).toContain(`${status}: http://127.0.0.1:${port}/api/health`);
      if ("plugins" in body && body.plugins[0]?.ok === false) expect(out).toContain("the port is gone");
      const byEnvironment = await hotline(["health", "--json"], { environment: { HOTLINE_HTTP_PORT: String(port) } });
      expect(JSON.parse(byEnvironment.out)).toMatchObject({ status });
    } finally {
      server.close();
    }
  });
  it("nobody there is 2", async () => {
    const { code, out } = await hotline(["health", `http://127.0.0.1:1`, "--timeout", "2"]);
    expect(code).toBe(2);
    expect(out).toMatch(/^down: /);
  });
});

