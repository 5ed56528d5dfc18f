import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { createHotline, createSilentLogger, definePlugin, DIRECTORY, VirtualClock, type ConsoleUi, type Directory, type Hotline, type Plugin, type Principal } from "@hotlinejs/core";
import { http } from "@hotlinejs/plugin-http";
import { HTTP_SERVER } from "@hotlinejs/plugin-http/contract";
import { z } from "zod";
import { staffConsole } from "../src/index.js";

export interface House {
  readonly hotline: Hotline;
  readonly url: string;
  readonly clock: VirtualClock;
  /** Signs in; the cookie of the session. */
  signIn(username: string): Promise<string>;
  get(path: string, cookie?: string, headers?: Readonly<Record<string, string>>): Promise<Response>;
  post(path: string, body: unknown, cookie: string): Promise<Response>;
  close(): Promise<void>;
}

/** People of the tests: name, permissions, and what else they are. */
export const PEOPLE: readonly Principal[] = [
  { userId: "u-anna", username: "anna", displayName: "安娜", roles: [], permissions: new Set(["demo.use"]), agentNumber: "1001", departmentCode: "204" },
  { userId: "u-bo", username: "bo", displayName: "波", roles: [], permissions: new Set(["demo.use", "demo.lead"]) },
  { userId: "u-guest", username: "guest", displayName: "客", roles: [], permissions: new Set() },
];

const directory = definePlugin({
  name: "directory",
  version: "0.1.0",
  core: "*",
  config: z.strictObject({}),
  provides: [DIRECTORY],
  register({ services }) {
    const fake = {
      authenticate: (username: string, password: string) => Promise.resolve(password === "secret" ? PEOPLE.find((each) => each.username === username) : undefined),
      principal: (id: string) => Promise.resolve(PEOPLE.find((each) => each.userId === id)),
    };
    services.provide(DIRECTORY, () => fake as unknown as Directory);
  },
});

const made: string[] = [];

/** A folder of a plugin's built pages; `undefined` as files: none was built. */
export function uiFolder(files?: Readonly<Record<string, string>>): URL {
  const folder = mkdtempSync(join(tmpdir(), "hotline-ui-"));
  made.push(folder);
  const ui = join(folder, "dist/ui");
  if (files !== undefined) mkdirSync(ui, { recursive: true });
  for (const [name, text] of Object.entries(files ?? {})) writeFileSync(join(ui, name), text);
  return pathToFileURL(`${ui}/`);
}

/** @param start what it does when the hotline starts */
export function demo(ui: ConsoleUi, name = "demo", start: () => void = () => undefined): Plugin {
  return definePlugin({
    name,
    version: "0.1.0",
    core: "*",
    critical: false,
    config: z.strictObject({}),
    permissions: name === "demo" ? [{ name: "demo.use", description: "" }, { name: "demo.lead", description: "" }] : [],
    consoleUi: ui,
    register: ({ onStart }) => onStart(start),
  })();
}

/** A hotline with http and the console, in the tests' own time. */
export async function house(plugins: readonly Plugin[]): Promise<House> {
  const dataDir = mkdtempSync(join(tmpdir(), "hotline-console-"));
  const clock = new VirtualClock();
  const hotline = createHotline({ dataDir, clock, logger: createSilentLogger(), plugins: [directory(), http({ port: 0, checkOutput: true }), staffConsole({ title: "演示" }), ...plugins] });
  await hotline.start();
  const url = hotline.services.get(HTTP_SERVER).url ?? "";
  const get: House["get"] = (path, cookie, headers = {}) => fetch(url + path, { headers: { ...headers, ...(cookie === undefined ? {} : { cookie }) } });
  const post: House["post"] = (path, body, cookie) => fetch(url + path, { method: "POST", headers: { "content-type": "application/json", "x-hotline-csrf": "1", cookie }, body: JSON.stringify(body) });
  return {
    hotline,
    url,
    clock,
    get,
    post,
    signIn: async (username) => {
      const answer = await post("/api/auth/login", { username, password: "secret" }, "");
      if (!answer.ok) throw new Error(`${username} cannot sign in: ${answer.status}`);
      return answer.headers.getSetCookie()[0]?.split(";")[0] ?? "";
    },
    close: async () => {
      let done = false;
      const stopped = hotline.stop({ drain: false }).finally(() => (done = true));
      while (!done) await clock.advance(1000);
      await stopped;
      for (const folder of [dataDir, ...made.splice(0)]) rmSync(folder, { recursive: true, force: true });
    },
  };
}
