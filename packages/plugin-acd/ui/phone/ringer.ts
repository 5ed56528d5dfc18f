import { settingsStore, type SoundKind } from "./phone-state.js";

/** One oscillator pair of a given length, with soft edges so that nothing clicks. */
interface Beep {
  readonly at: number;
  readonly seconds: number;
  readonly hz: readonly number[];
}

/** Two tones in three seconds; the others once. */
const SOUNDS: Readonly<Record<SoundKind, readonly Beep[]>> = {
  ring: [
    { at: 0, seconds: 0.4, hz: [660, 880] },
    { at: 0.55, seconds: 0.4, hz: [660, 880] },
  ],
  waiting: [{ at: 0, seconds: 0.25, hz: [440] }],
  tick: [{ at: 0, seconds: 0.15, hz: [880] }],
  lost: [
    { at: 0, seconds: 0.18, hz: [520] },
    { at: 0.24, seconds: 0.3, hz: [390] },
  ],
};
const RING_MS = 3_000;
const SHARE = 0.25;

/** The sounds of the bar, made here: nothing is fetched. They go to the ring device, not to the head set's talk channel. */
export class Ringer {
  readonly #blocked: (silent: boolean) => void;
  #audio: AudioContext | undefined;
  #element: HTMLAudioElement | undefined;
  #mix: GainNode | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  readonly #unlock = (): void => void this.#wake();

  constructor(blocked: (silent: boolean) => void) {
    this.#blocked = blocked;
  }

  /** Best called from a click: browsers start no sound without one. */
  async open(): Promise<void> {
    if (this.#audio === undefined) {
      const audio = new AudioContext();
      const mix = new GainNode(audio);
      const out = new MediaStreamAudioDestinationNode(audio);
      mix.connect(out);
      // Through an element, since a device can be chosen for it in every browser that has the choice at all.
      const element = new Audio();
      element.srcObject = out.stream;
      this.#audio = audio;
      this.#mix = mix;
      this.#element = element;
      audio.onstatechange = () => this.#blocked(audio.state === "suspended");
      window.addEventListener("pointerdown", this.#unlock, { capture: true });
      window.addEventListener("keydown", this.#unlock, { capture: true });
    }
    await this.#wake();
    await this.useDevices();
  }

  async useDevices(): Promise<void> {
    const { ringer } = settingsStore.get();
    if (this.#element !== undefined && "setSinkId" in this.#element) await this.#element.setSinkId(ringer).catch((error: unknown) => console.warn("the ring device cannot be used", error));
  }

  /** Rings until told otherwise; during a call one soft beep only. */
  ring(inCall: boolean): void {
    this.quiet();
    if (inCall) return this.play("waiting");
    this.play("ring");
    this.#timer = setInterval(() => this.play("ring"), RING_MS);
  }

  quiet(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  close(): void {
    this.quiet();
    window.removeEventListener("pointerdown", this.#unlock, { capture: true });
    window.removeEventListener("keydown", this.#unlock, { capture: true });
    this.#element?.pause();
    void this.#audio?.close();
    this.#audio = undefined;
    this.#mix = undefined;
    this.#element = undefined;
  }

  async #wake(): Promise<void> {
    const audio = this.#audio;
    const element = this.#element;
    if (audio === undefined || element === undefined) return;
    if (audio.state === "running" && !element.paused) return;
    try {
      // Without a gesture `resume` may stay open for ever.
      void audio.resume();
      await element.play();
      this.#blocked(false);
    } catch (error) {
      if (!(error instanceof DOMException)) throw error;
      this.#blocked(true);
    }
  }

  /** Once, as loud as is chosen for its kind; nothing where that is off, or before `open`. */
  play(kind: SoundKind): void {
    const audio = this.#audio;
    const mix = this.#mix;
    const { on, volume } = settingsStore.get().sounds[kind];
    if (audio === undefined || mix === undefined || !on || volume === 0) return;
    const peak = SHARE * (volume / 100) ** 2;
    for (const { at, seconds, hz } of SOUNDS[kind]) {
      const from = audio.currentTime + at;
      const shape = new GainNode(audio, { gain: 0 });
      shape.gain.setValueAtTime(0, from);
      shape.gain.linearRampToValueAtTime(peak, from + 0.02);
      shape.gain.setValueAtTime(peak, from + seconds - 0.03);
      shape.gain.linearRampToValueAtTime(0, from + seconds);
      shape.connect(mix);
      for (const frequency of hz) {
        const oscillator = new OscillatorNode(audio, { frequency });
        oscillator.connect(shape);
        oscillator.start(from);
        oscillator.stop(from + seconds + 0.05);
      }
    }
  }
}
