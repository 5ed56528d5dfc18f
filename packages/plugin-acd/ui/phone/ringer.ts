import { settingsStore } from "./phone-state.js";

/** One oscillator pair of a given length, with soft edges so that nothing clicks. */
interface Beep {
  readonly at: number;
  readonly seconds: number;
  readonly hz: readonly number[];
}

/** Two tones in three seconds. */
const RING: readonly Beep[] = [
  { at: 0, seconds: 0.4, hz: [660, 880] },
  { at: 0.55, seconds: 0.4, hz: [660, 880] },
];
const RING_MS = 3_000;
const LOST: readonly Beep[] = [
  { at: 0, seconds: 0.18, hz: [520] },
  { at: 0.24, seconds: 0.3, hz: [390] },
];
const TICK: readonly Beep[] = [{ at: 0, seconds: 0.15, hz: [880] }];
const WAITING: readonly Beep[] = [{ at: 0, seconds: 0.25, hz: [440] }];
const SHARE = 0.25;

/** The sounds of the bar, made here: nothing is fetched. They go to the ring device, not to the head set's talk channel. */
export class Ringer {
  readonly #blocked: (silent: boolean) => void;
  #audio: AudioContext | undefined;
  #element: HTMLAudioElement | undefined;
  #gain: GainNode | undefined;
  #timer: ReturnType<typeof setInterval> | undefined;
  readonly #unlock = (): void => void this.#wake();

  constructor(blocked: (silent: boolean) => void) {
    this.#blocked = blocked;
  }

  /** Best called from a click: browsers start no sound without one. */
  async open(): Promise<void> {
    if (this.#audio === undefined) {
      const audio = new AudioContext();
      const gain = new GainNode(audio, { gain: 0 });
      const out = new MediaStreamAudioDestinationNode(audio);
      gain.connect(out);
      // Through an element, since a device can be chosen for it in every browser that has the choice at all.
      const element = new Audio();
      element.srcObject = out.stream;
      this.#audio = audio;
      this.#gain = gain;
      this.#element = element;
      audio.onstatechange = () => this.#blocked(audio.state === "suspended");
      window.addEventListener("pointerdown", this.#unlock, { capture: true });
      window.addEventListener("keydown", this.#unlock, { capture: true });
    }
    await this.#wake();
    await this.useDevices();
  }

  async useDevices(): Promise<void> {
    const { ringer, volume } = settingsStore.get();
    if (this.#gain !== undefined) this.#gain.gain.value = (volume / 100) ** 2;
    if (this.#element !== undefined && "setSinkId" in this.#element) await this.#element.setSinkId(ringer).catch((error: unknown) => console.warn("the ring device cannot be used", error));
  }

  /** Rings until told otherwise; during a call one soft beep only. */
  ring(inCall: boolean): void {
    this.quiet();
    if (inCall) return this.#play(WAITING);
    this.#play(RING);
    this.#timer = setInterval(() => this.#play(RING), RING_MS);
  }

  quiet(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  connected(): void {
    this.#play(TICK);
  }

  lost(): void {
    this.#play(LOST);
  }

  test(): void {
    this.#play(RING);
  }

  close(): void {
    this.quiet();
    window.removeEventListener("pointerdown", this.#unlock, { capture: true });
    window.removeEventListener("keydown", this.#unlock, { capture: true });
    this.#element?.pause();
    void this.#audio?.close();
    this.#audio = undefined;
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

  #play(beeps: readonly Beep[]): void {
    const audio = this.#audio;
    const gain = this.#gain;
    if (audio === undefined || gain === undefined) return;
    for (const { at, seconds, hz } of beeps) {
      const from = audio.currentTime + at;
      const shape = new GainNode(audio, { gain: 0 });
      shape.gain.setValueAtTime(0, from);
      shape.gain.linearRampToValueAtTime(SHARE, from + 0.02);
      shape.gain.setValueAtTime(SHARE, from + seconds - 0.03);
      shape.gain.linearRampToValueAtTime(0, from + seconds);
      shape.connect(gain);
      for (const frequency of hz) {
        const oscillator = new OscillatorNode(audio, { frequency });
        oscillator.connect(shape);
        oscillator.start(from);
        oscillator.stop(from + seconds + 0.05);
      }
    }
  }
}
