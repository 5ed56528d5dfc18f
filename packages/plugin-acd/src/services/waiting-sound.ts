import type { AudioSource, Call, Logger, Playback, PlayOptions } from "@hotlinejs/core";

/**
 * What a waiting caller hears: music without end, cut by announcements, going on where it was.
 * One at a time: a new announcement replaces one that is being said. Nothing here ever rejects.
 */
export class WaitingSound {
  readonly #call: Call;
  readonly #music: Promise<readonly AudioSource[]>;
  readonly #log: Logger;
  #playing: Playback | undefined;
  #offsetMs = 0;
  /** Grows with every change of what is heard, so that late steps of earlier ones do nothing. */
  #turn = 0;
  /** Grows with every call of `music`, `sayOnly` and `stop`. */
  #only = 0;

  constructor(call: Call, music: Promise<readonly AudioSource[]>, log: Logger) {
    this.#call = call;
    this.#music = music;
    this.#log = log;
  }

  /** Music from where it was. */
  music(): void {
    this.#only += 1;
    void this.#loop();
  }

  async #loop(): Promise<void> {
    const turn = this.#next();
    const sources = await this.#music;
    if (turn !== this.#turn) return;
    const started = this.#offsetMs;
    const playback = this.#play(sources, { loop: true, startAtMs: started });
    if (playback === undefined) return;
    const { playedMs } = await playback.done;
    const length = lengthOf(sources);
    this.#offsetMs = length === undefined ? 0 : (started + playedMs) % length;
  }

  /** Begins with some words, music after them. */
  async greet(resolve: () => Promise<readonly AudioSource[]>): Promise<void> {
    this.#only += 1;
    const only = this.#only;
    const sources = await this.#resolved(resolve);
    if (only !== this.#only) return;
    const turn = this.#next();
    if (sources !== undefined) await this.#play(sources, {})?.done;
    if (turn === this.#turn) void this.#loop();
  }

  /** Says something, then goes on with the music. Resolves when said or replaced. */
  async say(resolve: () => Promise<readonly AudioSource[]>): Promise<void> {
    const before = this.#turn;
    const sources = await this.#resolved(resolve);
    // Something else has begun while the words were being prepared.
    if (before !== this.#turn || sources === undefined) return;
    const turn = this.#next();
    await this.#play(sources, {})?.done;
    if (turn === this.#turn) void this.#loop();
  }

  /** Says something instead of all else; silence follows. Resolves when said, replaced or impossible. */
  async sayOnly(resolve: () => Promise<readonly AudioSource[]>): Promise<void> {
    this.#only += 1;
    const only = this.#only;
    // The music goes on until the words are there.
    const sources = await this.#resolved(resolve);
    if (only !== this.#only) return;
    this.#next();
    if (sources !== undefined) await this.#play(sources, {})?.done;
  }

  /** Silence. What was being said is cut. */
  stop(): void {
    this.#only += 1;
    this.#next();
  }

  #next(): number {
    this.#turn += 1;
    this.#playing?.stop();
    this.#playing = undefined;
    return this.#turn;
  }

  #play(sources: readonly AudioSource[], options: PlayOptions): Playback | undefined {
    if (this.#call.signal.aborted || sources.length === 0) return undefined;
    try {
      this.#playing = this.#call.play(sources, options);
      return this.#playing;
    } catch (error) {
      this.#log.debug({ err: error, callId: this.#call.id }, "nothing can be played on this leg any more");
      return undefined;
    }
  }

  async #resolved(resolve: () => Promise<readonly AudioSource[]>): Promise<readonly AudioSource[] | undefined> {
    try {
      return await resolve();
    } catch (error) {
      this.#log.warn({ err: error, callId: this.#call.id }, "an announcement cannot be said and is left out");
      return undefined;
    }
  }
}

function lengthOf(sources: readonly AudioSource[]): number | undefined {
  let sum = 0;
  for (const source of sources) {
    if (source.kind === "asset") sum += source.asset.durationMs;
    else if (source.kind === "silence") sum += source.durationMs;
    else return undefined;
  }
  return sum > 0 ? sum : undefined;
}
