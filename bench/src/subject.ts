/*
 * The subject: a hotline of kernel, media and SIP with the smallest handlers there can be, as a
 * process of its own so that its CPU time is nobody else's. Speaks JSON over the fork's channel.
 */
import { CALL_CONTROL, CALL_PIPELINE, createHotline, definePlugin, DIGEST_CREDENTIALS, MEDIA } from "@hotlinejs/core";
import type { AudioSource, Call, CallSession } from "@hotlinejs/core";
import { media } from "@hotlinejs/media";
import { sip } from "@hotlinejs/plugin-sip";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { z } from "zod";

const dataDir = mkdtempSync(join(tmpdir(), "hotline-bench-"));

/** Routes by the number dialled: `answer`, `prompt`, `pair`, `pair-capture`. */
const subject = definePlugin({
  name: "subject",
  version: "0.1.0",
  core: "*",
  requires: ["sip", "media"],
  config: z.strictObject({}),
  register({ hooks, services }) {
    hooks.callRoute.tap((_plan, { call }) => ({ handler: "subject", target: call.to.number }));
    let waiting: { session: CallSession; joined: (other: Call) => void } | undefined;
    let prompt: Promise<AudioSource> | undefined;
    const speech = (): Promise<AudioSource> => (prompt ??= services.get(MEDIA).encode(noise(30), 8_000).then((asset) => ({ kind: "asset", asset })));

    services.get(CALL_PIPELINE).handler("subject", async (session, plan) => {
      const { call, interaction } = session;
      await call.answer();
      if (plan.target === "prompt") call.play(await speech(), { loop: true });
      if (plan.target.startsWith("pair")) {
        // As in a hotline: the citizen's leg is captured, both directions.
        if (plan.target === "pair-capture" && waiting === undefined) await call.media?.capture({ path: join(dataDir, "captures", call.id) });
        const first = waiting;
        if (first === undefined) {
          const other = await new Promise<Call>((resolve) => (waiting = { session, joined: resolve }));
          await services.get(CALL_CONTROL).connect(interaction.id, call, other);
        } else {
          waiting = undefined;
          first.joined(call);
        }
      }
      await call.ended;
    });
  },
});

/** Nobody has an account here. */
const nobody = definePlugin({ name: "directory", version: "0.1.0", core: "*", config: z.strictObject({}), provides: [DIGEST_CREDENTIALS], register: ({ services }) => services.provide(DIGEST_CREDENTIALS, () => ({ realm: "bench", find: () => Promise.resolve(undefined) })) });

/** Seconds of something speech-like: noise under a slow envelope. */
function noise(seconds: number): Int16Array {
  const samples = new Int16Array(seconds * 8_000);
  let state = 1;
  for (let i = 0; i < samples.length; i++) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    samples[i] = ((state / 2 ** 32 - 0.5) * 8_000 * (0.5 + 0.5 * Math.sin(i / 4_000))) | 0;
  }
  return samples;
}

const [, , sipPort = "0", rtpPorts = "20000-29999"] = process.argv;
const hotline = createHotline({ name: "bench", dataDir, log: "error", plugins: [nobody(), media({ rtpPorts }), sip({ port: Number(sipPort), maxCalls: 5_000, codecs: ["PCMA", "PCMU", "G722"], trunks: [{ key: "load", match: ["127.0.0.1"] }] }), subject()] });

// Whoever measures is gone: a subject with calls up would go on for ever.
process.once("disconnect", () => {
  rmSync(dataDir, { recursive: true, force: true });
  process.exit();
});
process.on("message", (message) => {
  if (message === "usage" || message === "memory") {
    // Collected only where memory is measured: the collection would count as work of the calls that follow.
    if (message === "memory" && typeof global.gc === "function") global.gc();
    const cpu = process.cpuUsage();
    process.send?.({ cpuMs: (cpu.user + cpu.system) / 1_000, rss: process.memoryUsage().rss, active: hotline.services.get(CALL_PIPELINE).active });
  }
  if (message === "block") {
    // As a report that computes on the main thread would.
    process.send?.("blocking", () => {
      for (const until = performance.now() + 500; performance.now() < until; ) continue;
    });
  }
  if (message === "stop") {
    void hotline.stop({ drain: false }).finally(() => process.disconnect());
  }
});
await hotline.start();
process.send?.("ready");
