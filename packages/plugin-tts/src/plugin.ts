import { join } from "node:path";
import { CLOCK, MEDIA, PROMPTS, definePlugin, errorText } from "@hotlinejs/core";
import { DiskCache } from "./cache/disk-cache.js";
import { MemoryCache } from "./cache/memory-cache.js";
import { ttsConfig } from "./config.js";
import { TTS_PROVIDER } from "./contract.js";
import { DefaultPrompts } from "./prompts/default-prompts.js";
import { Synthesizer } from "./speech/synthesizer.js";

/**
 * Prompts for everybody (token PROMPTS): recorded files, or text spoken by the hotline's speech provider
 * (TTS_PROVIDER, brought by another plugin such as espeak) and cached.
 */
export const tts = definePlugin({
  name: "tts",
  version: __VERSION__,
  core: ">=0.1.0 <1.0.0",
  after: ["media", "espeak"],
  config: ttsConfig,
  provides: [PROMPTS],
  register({ config, services, settings, log, onCheck, onReady, onStart, onStop, health }) {
    let parts: { prompts: DefaultPrompts; synthesizer: Synthesizer; disk: DiskCache | undefined } | undefined;
    const build = () => {
      if (parts) return parts;
      const clock = services.get(CLOCK);
      const disk = config.cache.disk ? new DiskCache({ folder: config.cache.folder ?? join(settings.dataDir, "tts-cache"), maxBytes: config.cache.maxDiskBytes, clock, log }) : undefined;
      const media = () => services.get(MEDIA);
      const synthesizer = new Synthesizer({
        provider: () => services.optional(TTS_PROVIDER),
        media,
        memory: new MemoryCache(config.cache.maxMemoryBytes),
        disk,
        clock,
        log,
        timeoutMs: config.timeoutMs,
        concurrency: config.concurrency,
        voices: config.voices,
      });
      const prompts = new DefaultPrompts({ synthesizer, media, clock, log, timezone: settings.timezone, language: config.language, digits: config.digits, promptsDir: config.promptsDir });
      prompts.define(config.prompts);
      parts = { prompts, synthesizer, disk };
      return parts;
    };
    services.provide(PROMPTS, () => build().prompts);

    const stopping = new AbortController();
    let warming: Promise<void> | undefined;
    onCheck(() => {
      // A malformed prompt is found here, not in a call.
      build();
    });
    onReady(() => {
      if (!services.optional(TTS_PROVIDER)) log.warn("no speech provider is installed: only recorded prompts will be heard");
    });
    onStart(() => {
      const { prompts, disk } = build();
      // In the background: neither reading the folder nor synthesis holds up the start.
      warming = (async () => {
        await disk?.open();
        if (!config.warm || !services.optional(TTS_PROVIDER)) return;
        const started = services.get(CLOCK).monotonic();
        const result = await prompts.warm(undefined, { signal: stopping.signal });
        if (!stopping.signal.aborted) log.info({ ...result, ms: Math.round(services.get(CLOCK).monotonic() - started) }, "prompts prepared");
      })().catch((error: unknown) => log.warn({ error: errorText(error) }, "prompts could not be prepared"));
    });
    onStop(async () => {
      stopping.abort();
      await parts?.synthesizer.stop();
      await warming;
    });
    health(() => {
      const provider = services.optional(TTS_PROVIDER);
      const { prompts, synthesizer, disk } = build();
      const details = { provider: provider?.name, prompts: prompts.size, cacheBytes: disk?.bytes, unreadableFiles: prompts.unreadableFiles };
      if (!provider) return { ok: false, message: "no speech provider", details };
      const state = synthesizer.health;
      if (!state.ok) return { ok: false, message: `the provider fails: ${state.lastError ?? "?"}`, details };
      if (disk?.failing) return { ok: false, message: "the cache cannot be written", details };
      if (prompts.unreadableFiles.length > 0) return { ok: false, message: "recorded prompts cannot be read", details };
      return { ok: true, details };
    });
  },
});
