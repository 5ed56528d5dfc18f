import type { AudioSource, Call, Clock, Logger, Playback, PlayOptions } from "@hotlinejs/core";

/** One that is being said, and one after it. */
const MOST_DUE = 2;

/**
 * What a waiting caller hears: music without end, paused for words, going on where it was. Nothing is talked over: words that
 * fall due while others are being said come after them; of those only one waits, what is more is left out. Nothing here ever rejects.
 */
export class WaitingSound {
  readonly #call: Call;
  readonly #music: Promise<readonly AudioSource[]>;
  readonly #log: Logger;
  readonly #clock: Pick<Clock, "sleep">;
  #playing: Playback | undefined;
  #offsetMs = 0;
  /** Grows with every change of what is heard, so that late steps of earlier ones do nothing. */
  #turn = 0;
  /** Grows with every call of `music`, `greet`, `sayOnly` and `stop`: words that waited till then are not said. */
  #only = 0;
  /** Settles when all words up to now have been said. */
  #words: Promise<void> = Promise.resolve();
  /** Words being said, and waiting for that. */
  #due = 0;

  constructor(call: Call, music: Promise<readonly AudioSource[]>, log: Logger, clock: Pick<Clock, "sleep">) {
    this.#call = call;
    this.#music = music;
    this.#log = log;
    this.#clock = clock;
  }

  /** Music from where it was. */
  music(): void {
    this.#only += 1;
    void this.#loop();
  }

  async #loop(): Promise<void> {
    const turn = this.#next();
    const sources = await this.#music;
    // An agent's telephone rings first where one is free: the caller does not hear the millisecond, the agent's ring does not wait for the music.
    await this.#clock.sleep(0);
    if (turn !== this.#turn) return;
    const started = this.#offsetMs;
    const playback = this.#play(sources, { loop: true, startAtMs: started });
    if (playback === undefined) return;
    const { playedMs } = await playback.done;
    const length = lengthOf(sources);
    this.#offsetMs = length === undefined ? 0 : (started + playedMs) % length;
  }

  /** Begins with some words, music after them. */
  greet(resolve: () => Promise<readonly AudioSource[]>): Promise<void> {
    this.#only += 1;
    return this.#speak(resolve);
  }

  /** Says something, then goes on with the music. Resolves when said, left out or replaced. */
  say(resolve: () => Promise<readonly AudioSource[]>): Promise<void> {
    return this.#due >= MOST_DUE ? Promise.resolve() : this.#speak(resolve);
  }

  #speak(resolve: () => Promise<readonly AudioSource[]>): Promise<void> {
    const only = this.#only;
    this.#due += 1;
    // Prepared meanwhile.
    const prepared = this.#resolved(resolve);
    this.#words = this.#words.then(async () => {
      const sources = await prepared;
      // Otherwise something else has begun instead.
      const turn = only === this.#only ? this.#next() : undefined;
      if (turn !== undefined && sources !== undefined) await this.#play(sources, {})?.done;
      this.#due -= 1;
      if (turn === this.#turn && this.#due === 0) void this.#loop();
    });
    return this.#words;
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
      // Who has hung up meanwhile misses nothing: that is no fault of the voice.
      if (!this.#call.signal.aborted) this.#log.warn({ err: error, callId: this.#call.id }, "an announcement cannot be said and is left out");
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
