import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { Example } from "./support/example.js";
import { freePort } from "./support/free-ports.js";

const cleanups: (() => unknown)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

/** Starts the example, expects it to give up, and returns its one line. */
async function refusal(environment: Record<string, string>, options: { dataDir?: string; sipPort?: number; httpPort?: number } = {}): Promise<string> {
  const example = await Example.spawn({ environment, ...options });
  cleanups.push(() => example.dispose());
  expect(await example.exited, example.stdout).toBe(1);
  expect(example.stdout).toBe("");
  const lines = example.stderr.split("\n").filter((line) => line !== "" && !line.startsWith("{"));
  expect(lines.join("\n")).not.toMatch(/^\s+at /m);
  expect(lines[0]).toMatch(/^HTL_[A-Z_0-9]+: /);
  return lines.join("\n");
}

describe("what is wrong at start is told in one coded line, exit code 1", () => {
  it("SIP port taken", async () => {
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    cleanups.push(() => socket.close());
    const { port } = socket.address();
    const line = await refusal({}, { sipPort: port });
    expect(line).toContain("HTL_SIP_PORT_IN_USE");
    expect(line).toContain(String(port));
    expect(line).toContain("HOTLINE_SIP_PORT");
  });

  it("HTTP port taken", async () => {
    const port = await freePort();
    const server = createServer().listen(port, "127.0.0.1");
    cleanups.push(() => new Promise((resolve) => server.close(resolve)));
    const line = await refusal({}, { httpPort: port });
    expect(line).toContain("HTL_HTTP_PORT_IN_USE");
    expect(line).toContain("HOTLINE_HTTP_PORT");
  });

  it("data folder that cannot be written", async () => {
    const parent = mkdtempSync(join(tmpdir(), "hotline-ro-"));
    cleanups.push(() => rmSync(parent, { recursive: true, force: true }));
    // Root may write anywhere, so the folder's place is taken by a file instead.
    writeFileSync(join(parent, "file"), "");
    chmodSync(join(parent, "file"), 0o400);
    expect(await refusal({}, { dataDir: join(parent, "file", "data") })).toContain("HTL_CORE_DATA_UNWRITABLE");
  });

  it("data folder in use", async () => {
    const first = await Example.start();
    cleanups.push(() => first.dispose());
    expect(await refusal({}, { dataDir: first.dataDir })).toContain("HTL_CORE_DATA_IN_USE");
    expect((await fetch(`http://127.0.0.1:${first.httpPort}/api/health`)).status).toBe(200);
  });

  it("a database that is not one", async () => {
    const folder = mkdtempSync(join(tmpdir(), "hotline-bad-"));
    cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, "hotline.db"), "this is a letter to my aunt, not a database ".repeat(100));
    expect(await refusal({}, { dataDir: folder })).toContain("HTL_CORE_DATABASE_CORRUPT");
  });

  it("wrong DATABASE_URL, without its password in the answer", async () => {
    expect(await refusal({ HOTLINE_DATABASE_URL: "mysql://root:hunter2@127.0.0.1/x" })).toMatch(/HTL_CORE_DATABASE_URL/);
    const port = await freePort();
    const line = await refusal({ HOTLINE_DATABASE_URL: `postgres://hotline:hunter2@127.0.0.1:${port}/hotline` });
    expect(line).toContain("HTL_CORE_DATABASE_UNREACHABLE");
    expect(line).not.toContain("hunter2");
  });

  it("a flow that leads nowhere", async () => {
    const folder = mkdtempSync(join(tmpdir(), "hotline-flow-"));
    cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, "flow.json");
    writeFileSync(file, JSON.stringify({ id: "main", start: "welcome", nodes: [{ id: "welcome", type: "play", prompt: "NOPE", next: "nowhere" }, { id: "lost", type: "juggle" }] }));
    const line = await refusal({ HOTLINE_FLOW_FILE: file });
    expect(line).toContain("HTL_IVR_FLOW_INVALID");
    expect(line).toContain("nowhere");
    expect(line).toContain("juggle");
  });

  it.each(["null", "[]", "7", '{"nodes":[]}'])("a flow file that holds %s instead of a flow", async (text) => {
    const folder = mkdtempSync(join(tmpdir(), "hotline-flow-"));
    cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
    const file = join(folder, "flow.json");
    writeFileSync(file, text);
    const line = await refusal({ HOTLINE_FLOW_FILE: file });
    expect(line).toContain("HTL_EXAMPLE_FLOW_FILE");
    expect(line).toContain(file);
  });

  it("demo passwords beyond loopback", async () => {
    const line = await refusal({ HOTLINE_HOST: "0.0.0.0" });
    expect(line).toContain("HTL_DIRECTORY_DEMO_PASSWORDS");
  });

  it("an address that is not this machine's", async () => {
    const line = await refusal({ HOTLINE_HOST: "203.0.113.77" });
    expect(line).toContain("HTL_CORE_HOST_UNAVAILABLE");
    expect(line).toContain("HOTLINE_HOST");
  });

  it("a variable that cannot be", async () => {
    expect(await refusal({ HOTLINE_ACD_WRAP_UP: "soon" })).toContain("HOTLINE_ACD_WRAP_UP");
    expect(await refusal({ HOTLINE_TIMEZONE: "Asia/Atlantis" })).toContain("HTL_CORE_TIMEZONE_INVALID");
  });
});
