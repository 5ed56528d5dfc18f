import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Example } from "./support/example.js";

interface Rules {
  readonly version: number;
  readonly rules: Readonly<Record<string, unknown>>;
  readonly configured: Readonly<Record<string, unknown>>;
  readonly changed: readonly { readonly rule: string; readonly by: string; readonly at: number }[];
  readonly leftOut: readonly { readonly rule: string; readonly why: string }[];
}

const GENERAL = "/api/queues/general/rules";

describe("rules of a queue changed while the hotline runs", () => {
  let folder: string;
  let example: Example;
  const send = (method: string, path: string, body?: object, headers: Record<string, string> = {}): Promise<Response> => example.fetch(path, { method, headers: { "content-type": "application/json", ...headers }, ...(body === undefined ? {} : { body: JSON.stringify(body) }) });
  const told = async (response: Response): Promise<Record<string, unknown>> => ({ status: response.status, ...((await response.json()) as object) });
  const strategy = async (): Promise<string | undefined> => (await example.get<{ items: { key: string; strategy: string }[] }>("/api/queues")).items.find(({ key }) => key === "general")?.strategy;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "hotline-rules-"));
    example = await Example.start({ dataDir: join(folder, "data") });
  }, 90_000);
  afterAll(async () => {
    await example?.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  it("count at once, are in the audit, refused where they cannot be or were read before another change, and agents may only see them", async () => {
    const before = await example.get<Rules>(GENERAL);
    expect(before).toMatchObject({ version: 0, changed: [], leftOut: [], rules: { strategy: "longest-idle", maxWaitSeconds: 300 } });
    const agent = { authorization: `Bearer ${await example.login("1001", "demo-1001")}` };
    expect(await told(await send("GET", GENERAL, undefined, agent))).toMatchObject({ status: 200, version: 0 });
    expect(await told(await send("PATCH", GENERAL, { version: 0, rules: { weight: 9 } }, agent))).toMatchObject({ status: 403, code: "HTL_HTTP_FORBIDDEN" });

    const changed = await told(await send("PATCH", GENERAL, { version: 0, rules: { strategy: "ring-all", maxWaitSeconds: 600, overflow: [{ afterSeconds: 30, queues: ["complaint"] }] } }));
    expect(changed).toMatchObject({ status: 200, version: 1, rules: { strategy: "ring-all", maxWaitSeconds: 600 }, configured: { strategy: "longest-idle", maxWaitSeconds: 300 } });
    expect(await strategy()).toBe("ring-all");
    expect(await told(await send("PATCH", GENERAL, { version: 0, rules: { weight: 1 } }))).toMatchObject({ status: 409, code: "HTL_ACD_RULES_CHANGED" });
    expect(await told(await send("PATCH", GENERAL, { version: 1, rules: { overflow: [{ afterSeconds: 30, queues: ["nowhere"] }] } }))).toMatchObject({ status: 422, code: "HTL_ACD_RULES_UNUSABLE", message: expect.stringContaining("there is no queue nowhere") as string });
    expect(await told(await send("PATCH", GENERAL, { version: 1, rules: { calendar: "office" } }))).toMatchObject({ status: 422, code: "HTL_ACD_RULE_FIXED" });
    expect(await told(await send("PATCH", GENERAL, { version: 1, rules: { announce: { welcome: "no.such.prompt" } } }))).toMatchObject({ status: 422, code: "HTL_ACD_UNKNOWN_PROMPT" });
    expect(await told(await send("PATCH", GENERAL, { rules: { weight: 1 } }))).toMatchObject({ status: 400 });
    const { items } = await example.get<{ items: { action: string; subject: { id: string } | null }[] }>("/api/audit?limit=50");
    expect(items.filter(({ action }) => action === "acd.queue-rules-changed").map(({ subject }) => subject?.id)).toEqual(["general"]);
  }, 60_000);

  it("are there after a kill -9, and one by one as configured again", async () => {
    const before = await example.get<Rules>(GENERAL);
    const { sipPort, httpPort, dataDir } = example;
    await example.kill("SIGKILL");
    example = await Example.start({ sipPort, httpPort, dataDir });
    expect(await example.get<Rules>(GENERAL)).toEqual(before);
    expect(await strategy()).toBe("ring-all");
    expect(await told(await send("DELETE", `${GENERAL}/strategy?version=1`))).toMatchObject({ status: 200, version: 2, rules: { strategy: "longest-idle", maxWaitSeconds: 600 } });
    expect(await strategy()).toBe("longest-idle");
    expect(await told(await send("DELETE", `${GENERAL}/strategy?version=1`))).toMatchObject({ status: 409 });
    expect(await told(await send("PATCH", GENERAL, { version: 2, reset: ["maxWaitSeconds", "overflow"] }))).toMatchObject({ status: 200, version: 3, changed: [], rules: before.configured });
  }, 120_000);

  it("what an upgrade no longer allows is left out and shown in health; the hotline starts", async () => {
    const { sipPort, httpPort, dataDir } = example;
    const { version } = await example.get<Rules>(GENERAL);
    expect(await told(await send("PATCH", GENERAL, { version, rules: { wrapUpCodes: ["answered"], weight: 4 } }))).toMatchObject({ status: 200 });
    await example.kill();
    example = await Example.start({ sipPort, httpPort, dataDir, environment: { HOTLINE_ACD_WRAP_UP_CODES: JSON.stringify([{ code: "other", name: "其他", nameEn: "Other" }]) } });
    expect(await example.get<Rules>(GENERAL)).toMatchObject({ rules: { weight: 4 }, changed: [{ rule: "weight" }], leftOut: [{ rule: "wrapUpCodes", why: expect.stringContaining("there is no wrap-up code answered") as string }] });
    const { plugins } = await example.get<{ plugins: { name: string; details?: { rulesLeftOut?: string[] } }[] }>("/api/health");
    expect(plugins.find(({ name }) => name === "acd")?.details?.rulesLeftOut).toEqual(["general.wrapUpCodes"]);
    expect(example.stderr + example.stdout).toContain("HTL_ACD_RULE_LEFT_OUT");
  }, 120_000);
});
