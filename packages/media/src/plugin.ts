import { CLOCK, definePlugin, IDS, MEDIA, METRICS } from "@hotlinejs/core";
import { mediaConfig } from "./config.js";
import { createMediaEngine } from "./engine/default-media-engine.js";
import type { DefaultMediaEngine } from "./engine/default-media-engine.js";
import { mediaErrors } from "./errors.js";
import { registerMediaMetrics } from "./media-metrics.js";

declare const __VERSION__: string;

/** A worker whose 20 ms tick came this late is overloaded, ms. */
const LATE_TICK_MS = 100;

/** The media plane: offers MEDIA, backed by worker threads. */
export const media = definePlugin({
  name: "media",
  version: __VERSION__,
  core: ">=0.1.0 <1.0.0",
  critical: true,
  config: mediaConfig,
  provides: [MEDIA],
  register({ config, services, settings, log, onStart, onStop, health }) {
    let engine: DefaultMediaEngine | undefined;
    services.provide(MEDIA, (found) => {
      engine = createMediaEngine({
        clock: found.get(CLOCK),
        ids: found.get(IDS),
        log,
        workers: config.workers,
        rtpPorts: config.rtpPorts,
        bindAddress: config.bindAddress ?? settings.host,
        keepAliveSilence: config.keepAliveSilence,
        faxDetectionMs: config.faxDetectionMs,
        batchedUdp: config.batchedUdp,
        threadNice: config.threadNice,
        threadRealtime: config.threadRealtime,
        jitterMinMs: config.jitterMinMs,
        jitterMaxMs: config.jitterMaxMs,
      });
      return engine;
    });
    registerMediaMetrics(services.get(METRICS), () => engine, config.rtpPorts);
    onStart(async () => {
      services.get(MEDIA);
      await engine?.start();
    });
    onStop(async () => {
      await engine?.stop();
    });
    health(async () => {
      if (engine === undefined) return { ok: false, message: "not started" };
      const workers = await engine.health();
      const late = workers.filter(({ tickP99Ms }) => tickP99Ms > LATE_TICK_MS);
      const down = engine.slots.length - workers.length;
      const { lately } = engine.refused;
      const full = engine.portsTaken ? mediaErrors.NO_PORT("all pairs are in use").message : undefined;
      const ok = late.length === 0 && down === 0 && lately === undefined && full === undefined;
      const message = late.length === 0 && down === 0 ? undefined : `${down} workers down, ${late.length} overloaded`;
      const refused = lately === undefined ? undefined : `calls got no sound within the last minute, ${lately.code}: ${lately.message}`;
      return { ok, message: ok ? undefined : [message, full, refused].filter((each) => each !== undefined).join("; "), details: { legs: engine.legs, workers } };
    });
  },
});
