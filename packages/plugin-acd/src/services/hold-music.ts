import type { AudioSource, Logger, MediaEngine, Prompts } from "@hotlinejs/core";
import { errorText } from "@hotlinejs/core";
import type { QueueSettings } from "../config.js";
import { acdErrors } from "../errors.js";
import { makeMelody } from "./melody.js";

const SAMPLE_RATE = 8000;
/** Where the music cannot be made: the caller still hears that the line is alive. */
const LAST_RESORT: readonly AudioSource[] = [{ kind: "tone", tone: "ringback" }];

/** Prepares each queue's music once and keeps it. */
export class HoldMusic {
  readonly #media: MediaEngine | undefined;
  readonly #prompts: Prompts | undefined;
  readonly #log: Logger;
  readonly #made = new Map<string, Promise<readonly AudioSource[]>>();

  constructor(deps: { media: MediaEngine | undefined; prompts: Prompts | undefined; log: Logger }) {
    this.#media = deps.media;
    this.#prompts = deps.prompts;
    this.#log = deps.log;
  }

  /** The music of a queue; never rejects: what cannot be made is replaced by the ring-back tone and logged once. */
  sources(queue: string, music: QueueSettings["music"], language: string): Promise<readonly AudioSource[]> {
    const key = JSON.stringify([music, typeof music === "object" && "prompt" in music ? language : ""]);
    let made = this.#made.get(key);
    if (made === undefined) {
      made = this.#make(music, language).catch((error: unknown) => {
        this.#log.error({ err: acdErrors.MUSIC_UNUSABLE(queue, errorText(error), { cause: error }), queue }, "hold music failed; callers hear the ring-back tone");
        return LAST_RESORT;
      });
      this.#made.set(key, made);
    }
    return made;
  }

  async #make(music: QueueSettings["music"], language: string): Promise<readonly AudioSource[]> {
    if (music === "silence") return [{ kind: "silence", durationMs: 1000 }];
    if (music === "melody") {
      if (this.#media === undefined) return LAST_RESORT;
      return [{ kind: "asset", asset: await this.#media.encode(makeMelody(SAMPLE_RATE), SAMPLE_RATE) }];
    }
    if ("tone" in music) return [{ kind: "tone", tone: music.tone }];
    if ("file" in music) {
      if (this.#media === undefined) return LAST_RESORT;
      return [{ kind: "asset", asset: await this.#media.loadWav(music.file) }];
    }
    if (this.#prompts === undefined) return LAST_RESORT;
    return this.#prompts.resolve(music.prompt, { language });
  }
}
