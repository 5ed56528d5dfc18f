import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { SqliteHandle } from "@hotlinejs/core/storage";
import { describe, expect, it } from "vitest";
import { freePort, rtpRange } from "../../12333/test/support/free-ports.js";
import { hasSipp } from "../../12333/test/support/peers.js";
import { RtpProbe } from "../../12333/test/support/rtp-probe.js";
import { SippCallers } from "../../12333/test/support/sipp.js";

const root = join(dirname(fileURLToPath(import.meta.url)), "../../..");
const source = readFileSync(join(root, "examples/minimal/src/hotline.ts"), "utf8");

it("README shows exactly this hotline", () => {
  const readme = readFileSync(join(root, "README.md"), "utf8");
  const snippet = /## The smallest hotline\n[\s\S]*?```ts\n([\s\S]*?)```/.exec(readme)?.[1];
  expect(snippet).toBe(source);
});

it("it is small", () => {
  const lines = source.split("\n").filter((line) => line !== "" && !line.startsWith("import "));
  expect(lines.length).toBeLessThanOrEqual(12);
});

describe.skipIf(!hasSipp())("the smallest hotline, called by SIPp", () => {
  it("answers, is heard, and takes a message after 2", async () => {
    const dataDir = mkdtempSync(join(tmpdir(), "hotline-minimal-"));
    const sipPort = await freePort();
    const child = spawn(process.execPath, [join(root, "examples/minimal/dist/hotline.js")], {
      env: { PATH: process.env.PATH, HOTLINE_LOG: "warn", HOTLINE_SIP_PORT: String(sipPort), HOTLINE_RTP_PORTS: rtpRange(), HOTLINE_DATA_DIR: dataDir },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let stderr = "";
    child.stderr.setEncoding("utf8").on("data", (text: string) => (stderr += text));
    const exited = new Promise<number | null>((resolve) => child.once("exit", resolve));
    const ready = new Promise<string>((resolve) => child.stdout.setEncoding("utf8").once("data", resolve));
    const probe = await RtpProbe.open();
    let callers: SippCallers | undefined;
    try {
      expect(await Promise.race([ready, exited.then((code) => `it ended with ${code}: ${stderr}`)])).toBe("ready\n");
      callers = await SippCallers.start({ sipPort, calls: [{ from: "13900139000", mediaPort: probe.port }], talkMs: 40_000 });
      await probe.hearsSound();
      await probe.press("2");
      await new Promise((resolve) => setTimeout(resolve, 5_000));
      probe.playTone(600);
      expect(await callers.exited, callers.errors()).toBe(0);
      child.kill("SIGTERM");
      expect(await exited).toBe(0);
      expect(stderr).not.toMatch(/"level":(50|60)/);
      const database = await SqliteHandle.observe(join(dataDir, "hotline.db"));
      const messages = await database.all<{ duration_ms: number }>("select duration_ms from recording_recording where kind = 'voicemail'");
      await database.close();
      expect(messages).toHaveLength(1);
      expect(messages[0]?.duration_ms).toBeGreaterThan(2_000);
    } finally {
      callers?.dispose();
      probe.close();
      child.kill("SIGKILL");
      rmSync(dataDir, { recursive: true, force: true });
    }
  }, 120_000);
});
