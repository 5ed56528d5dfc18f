import { z } from "zod";

const promptDefinition = z.strictObject({
  /** By which flows name it. */
  id: z.string().min(1).max(80),
  /** What is said; values in double braces. */
  text: z.string().max(20_000),
  /** BCP 47. Default: the plugin's `language`. */
  language: z.string().min(2).max(35).optional(),
  /** A recorded WAV file used instead of synthesis, below `promptsDir`. */
  file: z.string().min(1).optional(),
  /** Whether a key may cut it short. Default true. */
  bargeIn: z.boolean().optional(),
});

/** Options of `tts({ ... })`. */
export const ttsConfig = z.strictObject({
  /** Prompts of the application. Plugins define theirs through PROMPTS. */
  prompts: z.array(promptDefinition).default([]),
  /** Folder of recorded files given as relative paths. Default: the working directory. */
  promptsDir: z.string().min(1).default("."),
  /** Language of prompts and texts that do not say theirs. */
  language: z.string().min(2).max(35).default("zh-CN"),
  /** Voice by language, in the provider's words, for example `{ "zh-CN": "cmn" }`. Default: the provider's choice. */
  voices: z.record(z.string(), z.string()).default({}),
  /** Numbers read digit by digit: put together from cached clips, or spoken by the provider in the sentence. */
  digits: z.enum(["clips", "inline"]).default("clips"),
  /** Synthesise prompts in the background after the start. */
  warm: z.boolean().default(true),
  /** Milliseconds the synthesis of a text of up to 100 characters may take; longer texts have as much for each further 100. */
  timeoutMs: z.number().int().min(100).max(120_000).default(10_000),
  /** Syntheses at once. */
  concurrency: z.number().int().min(1).max(64).default(2),
  /** Sounds are kept, so that nothing is synthesised twice. */
  cache: z
    .strictObject({
      /** Keep sounds on disk. */
      disk: z.boolean().default(true),
      /** Where; hotlines of one machine may share it. Default: `<dataDir>/tts-cache`. */
      folder: z.string().min(1).optional(),
      /** Octets on disk (1 s of sound is 8,000). */
      maxDiskBytes: z.number().int().min(100_000).default(512 * 1024 * 1024),
      /** Octets in memory. */
      maxMemoryBytes: z.number().int().min(100_000).default(64 * 1024 * 1024),
    })
    .prefault({}),
});

export type TtsConfig = z.infer<typeof ttsConfig>;
