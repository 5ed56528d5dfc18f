/*
 * A hotline with one queue whose callers are answered and put into it at once, for the ACD over real SIP:
 * kernel, database, media, SIP and ACD as they stand in every hotline. Arguments: SIP port, port of the agents' phones, number of agents.
 */
import { createHotline, definePlugin, DIGEST_CREDENTIALS } from "@hotlinejs/core";
import { media } from "@hotlinejs/media";
import { acd } from "@hotlinejs/plugin-acd";
import { sip } from "@hotlinejs/plugin-sip";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";

const dataDir = mkdtempSync(join(tmpdir(), "hotline-bench-"));
const [, , sipPort = "0", agentPort = "0", agents = "1"] = process.argv;

/** Nobody has an account here; the agents' phones are reached as a trunk's. */
const nobody = definePlugin({ name: "directory", version: "0.1.0", core: "*", config: z.strictObject({}), provides: [DIGEST_CREDENTIALS], register: ({ services }) => services.provide(DIGEST_CREDENTIALS, () => ({ realm: "bench", find: () => Promise.resolve(undefined) })) });

const hotline = createHotline({
  name: "bench-acd",
  dataDir,
  log: "error",
  calls: { initial: { handler: "queue", target: "q" } },
  plugins: [
    nobody(),
    media({ rtpPorts: "20000-29999" }),
    sip({ port: Number(sipPort), trunks: [{ key: "all", match: ["127.0.0.1"], outbound: { host: "127.0.0.1", port: Number(agentPort) } }] }),
    acd({
      wrapUp: 0,
      queues: [{ key: "q", name: "q", connectPrompt: false, whisper: false, maxLength: null, announce: { welcome: false, everySeconds: 0 } }],
      agents: Array.from({ length: Number(agents) }, (_, index) => ({ number: String(1001 + index), name: String(1001 + index), address: `sip:${1001 + index}@127.0.0.1:${agentPort}`, queues: ["q"] })),
    }),
  ],
});

// Also when whoever measures is gone.
process.once("disconnect", () => {
  rmSync(dataDir, { recursive: true, force: true });
  process.exit();
});
process.on("message", (message) => {
  if (message === "usage") {
    const { user, system } = process.cpuUsage();
    process.send?.({ cpuMs: (user + system) / 1_000 });
  }
  if (message !== "stop") return;
  void hotline.stop({ drain: false }).finally(() => process.disconnect());
});
await hotline.start();
process.send?.("ready");
