import { token } from "@hotlinejs/core";

/** A voice of a provider. */
export interface SpeechVoice {
  /** Name the provider knows it by, for example `cmn`. */
  readonly name: string;
  /** BCP 47 tag of what it speaks, for example `zh-CN`. */
  readonly language: string;
}

export interface SynthesisOptions {
  /** BCP 47 tag of the text. */
  readonly language: string;
  /** One of `voices()`; the provider's default for the language when absent. */
  readonly voice?: string;
  /** Aborted when the result is no longer wanted or took too long. */
  readonly signal?: AbortSignal;
}

/** 16-bit linear mono sound. */
export interface SpeechAudio {
  readonly pcm: Int16Array;
  /** In hertz; plugin-tts resamples to what the telephone needs. */
  readonly sampleRate: number;
}

/**
 * Turns text into sound: an engine in the process, or a service elsewhere. Exactly one plugin of a
 * hotline offers it. The text arrives normalised: numbers, dates and sums are written in words.
 */
export interface SpeechProvider {
  /** Part of the key of the disk cache. */
  readonly name: string;
  /** What else changes the sound (engine version, speed, pitch): part of the key of the disk cache. */
  readonly settingsKey?: string;
  voices(): readonly SpeechVoice[];
  /** Rejects with any error when it cannot; plugin-tts turns it into `HTL_TTS_SYNTHESIS_FAILED`. */
  synthesize(text: string, options: SynthesisOptions): Promise<SpeechAudio>;
}

export const TTS_PROVIDER = token<SpeechProvider>("tts.provider");

/** Characters of a text to which a time limit applies as it is set; a longer text has as much for each further stretch of this length: a whole article on a busy machine is not taken for a provider that hangs. */
export const CHARACTERS_PER_TIMEOUT = 100;
