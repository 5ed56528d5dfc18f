import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Example } from "./support/example.js";
import { freePort } from "./support/free-ports.js";
import { peer } from "./support/peers.js";
import { SippCallers } from "./support/sipp.js";

const present = peer("sipsak", "/usr/bin/sipsak") && peer("sipvicious", "/usr/bin/svwar", "/usr/bin/sipvicious_svwar") && peer("SIPp", "/usr/bin/sipp");

/** What a scanner prints, whatever it thinks of it. It sits at 127.0.0.66, the hotline's callers elsewhere. */
function run(folder: string, command: string, ...args: string[]): Promise<string> {
  const child = spawn(command, args, { cwd: folder, env: { ...process.env, HOME: folder, PYTHONPATH: folder }, stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  child.stdout.on("data", (data: Buffer) => (output += data.toString()));
  child.stderr.on("data", (data: Buffer) => (output += data.toString()));
  const limit = setTimeout(() => child.kill("SIGKILL"), 25_000);
  return new Promise((resolve) =>
    child.once("exit", () => {
      clearTimeout(limit);
      resolve(output);
    }),
  );
}

describe.skipIf(!present)("scanners at the edge of the example", () => {
  let example: Example;
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "scanners-"));
    // svwar takes the address to bind to and does not use it.
    writeFileSync(join(folder, "sitecustomize.py"), ["import socket", "class Bound(socket.socket):", "    def bind(self, address):", "        super().bind(('127.0.0.66', address[1]))", "socket.socket = Bound", ""].join("\n"));
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  async function begin(): Promise<void> {
    example = await Example.start();
  }

  async function bans(): Promise<{ address: string; reason: string }[]> {
    return (await example.get<{ items: { address: string; reason: string }[] }>("/api/sip/bans")).items;
  }

  /** Legitimate callers, while it goes on and after. */
  async function callsGoOn(): Promise<void> {
    const callers = await SippCallers.start({ sipPort: example.sipPort, calls: Array.from({ length: 3 }, (_, i) => ({ from: `1380013800${i}`, mediaPort: 47_000 + 2 * i })), talkMs: 500 });
    expect(await callers.exited, callers.output.slice(-2000)).toBe(0);
  }

  it.each(["REGISTER", "INVITE", "OPTIONS"])("svwar finds no account by %s and is banned by its name", { timeout: 120_000 }, async (method) => {
    await begin();
    try {
      const [output] = await Promise.all([run(folder, "svwar", "-m", method, "-e", "1000-1010", "-P", String(await freePort()), "-p", String(example.sipPort), "--force", "-v", "127.0.0.1"), callsGoOn()]);
      expect(output).not.toMatch(/\b10\d\d\s*\|/);
      expect(await bans()).toMatchObject([{ address: "127.0.0.66", reason: "scanner" }]);
      await callsGoOn();
    } finally {
      await example.dispose();
    }
  });

  it("svmap finds no hotline, and is banned", { timeout: 120_000 }, async () => {
    await begin();
    try {
      const output = await run(folder, "svmap", "-P", String(await freePort()), "-p", String(example.sipPort), "-v", "127.0.0.1");
      expect(output).not.toMatch(/127\.0\.0\.1:\d+\s*\|/);
      expect(await bans()).toMatchObject([{ address: "127.0.0.66", reason: "scanner" }]);
      await callsGoOn();
    } finally {
      await example.dispose();
    }
  });

  it("svcrack does not find a password that is in its list, while citizens' calls go through", { timeout: 120_000 }, async () => {
    await begin();
    try {
      writeFileSync(join(folder, "passwords"), [...Array.from({ length: 200 }, (_, i) => `guess-${i}`), "demo-1001", ""].join("\n"));
      const [output] = await Promise.all([run(folder, "svcrack", "-u", "1001", "-d", "passwords", "-P", String(await freePort()), "-p", String(example.sipPort), "-v", "127.0.0.1"), callsGoOn()]);
      expect(output).not.toContain("demo-1001");
      expect(await bans()).toMatchObject([{ address: "127.0.0.66", reason: "scanner" }]);
      await callsGoOn();
    } finally {
      await example.dispose();
    }
  });

  it("sipsak gets no answer for an account, and is banned", { timeout: 120_000 }, async () => {
    await begin();
    try {
      const output = await run(folder, "sipsak", "-vv", "-s", `sip:1001@127.0.0.1:${example.sipPort}`, "--local-ip=127.0.0.66", `--local-port=${await freePort()}`);
      expect(output).not.toMatch(/SIP\/2\.0 200/);
      expect(await bans()).toMatchObject([{ address: "127.0.0.66", reason: "scanner" }]);
      await callsGoOn();
    } finally {
      await example.dispose();
    }
  });
});
