import { CLOCK, definePlugin } from "@hotlinejs/core";
import { TTS_PROVIDER } from "@hotlinejs/plugin-tts/contract";
import { z } from "zod";
import { EspeakProvider } from "./espeak-provider.js";

/** Options of `espeak({ ... })`. */
export const espeakConfig = z.strictObject({
  /** Words per minute. */
  rate: z.number().int().min(80).max(450).default(155),
  /** Pitch of the voice, 0-99. */
  pitch: z.number().int().min(0).max(99).default(50),
  /** Milliseconds a text of up to 100 characters may take; longer texts have as much for each further 100. */
  timeoutMs: z.number().int().min(500).max(60_000).default(8_000),
});

/** Speech by eSpeak NG, in the process, without any service: Mandarin (`cmn`), Cantonese, English. */
export const espeak = definePlugin({
  name: "espeak",
  version: __VERSION__,
  core: ">=0.1.0 <1.0.0",
  critical: false,
  config: espeakConfig,
  provides: [TTS_PROVIDER],
  register({ config, services, log, onStart, onStop, health }) {
    let provider: EspeakProvider | undefined;
    const build = () => (provider ??= new EspeakProvider({ clock: services.get(CLOCK), log, ...config }));
    services.provide(TTS_PROVIDER, build);
    onStart(() => build().start());
    onStop(() => provider?.stop());
    health(() => ({ ok: true, details: { workerRestarts: provider?.restarts ?? 0 } }));
  },
});
