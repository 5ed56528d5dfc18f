import type { DtmfDigit } from "@hotlinejs/core";
import { ALAW_SILENCE, alawLevel, DtmfDetector, dtmfTone, isDtmfDigit, sineSecond } from "@hotlinejs/media/dsp";
import type { PartyStep } from "../virtual/party-script.js";
import { SoundLoop } from "./sound-loop.js";

const FRAME = 160;
const FRAME_MS = 20;
/** What is louder is sound, dBm0. */
const SOUND_LEVEL = -45;
/** Longest ear: 10 minutes. */
const MOST_FRAMES = 30_000;

export interface PartyListener {
  hangUp(): void;
  /** A key of the hotline was heard. */
  key(digit: DtmfDigit): void;
  /** The script has run out. */
  performed(): void;
}

/** Somebody at the far end of a line: says and does what the script says, keeps what is heard. In frames of 20 ms. */
export class Party {
  readonly #listener: PartyListener;
  readonly #script: PartyStep[];
  readonly #heard: Uint8Array[] = [];
  readonly #keys: DtmfDetector;
  #step: PartyStep | undefined;
  /** Frames into the step. */
  #at = 0;
  #sound: Uint8Array | SoundLoop | undefined;
  #soundFrames = 0;
  #quietFrames = 0;

  constructor(script: readonly PartyStep[], listener: PartyListener) {
    this.#script = [...script];
    this.#listener = listener;
    this.#keys = new DtmfDetector({ down: (digit) => listener.key(digit), up: () => undefined });
  }

  /** More to do after what is being done. */
  perform(steps: readonly PartyStep[]): void {
    this.#script.push(...steps);
  }

  /** Says the next frame. */
  speak(frame: Uint8Array): void {
    frame.fill(ALAW_SILENCE);
    while (this.#step === undefined || this.#over(this.#step)) if (!this.#next()) return;
    const at = this.#at++;
    if (this.#sound instanceof SoundLoop) this.#sound.fill(frame);
    else if (this.#sound !== undefined) frame.set(this.#sound.subarray(at * FRAME, (at + 1) * FRAME));
  }

  /** Hears a frame: from the hotline, or ring-back from the exchange. */
  hear(frame: Uint8Array): void {
    if (this.#heard.length < MOST_FRAMES) this.#heard.push(frame.slice());
    this.#keys.feed(frame, 0, frame.length);
    const sound = alawLevel(frame) > SOUND_LEVEL;
    this.#soundFrames = sound ? this.#soundFrames + 1 : 0;
    this.#quietFrames = sound ? 0 : this.#quietFrames + 1;
  }

  /** All that was heard, A-law. */
  get heard(): Uint8Array {
    const out = new Uint8Array(this.#heard.length * FRAME);
    this.#heard.forEach((frame, i) => out.set(frame, i * FRAME));
    return out;
  }

  #over(step: PartyStep): boolean {
    const ms = this.#at * FRAME_MS;
    switch (step.do) {
      case "wait":
      case "tone":
        return ms >= step.ms;
      case "keys":
        return this.#sound instanceof Uint8Array && this.#at * FRAME >= this.#sound.length;
      case "listen":
        return ms >= step.withinMs || (step.for === "sound" ? this.#soundFrames : this.#quietFrames) * FRAME_MS >= step.ms;
      case "hang-up":
        return true;
    }
  }

  /** Begins the next step. `false`: there is none. */
  #next(): boolean {
    const ended = this.#step !== undefined;
    const step = this.#script.shift();
    this.#step = step;
    this.#at = 0;
    this.#sound = undefined;
    if (step === undefined) {
      if (ended) this.#listener.performed();
      return false;
    }
    // What was heard before the step began does not count.
    if (step.do === "listen") this.#soundFrames = this.#quietFrames = 0;
    if (step.do === "tone") this.#sound = new SoundLoop(sineSecond(step.hz, step.level));
    if (step.do === "keys") this.#sound = keySound(step.keys, step.toneMs, step.gapMs);
    if (step.do === "hang-up") this.#listener.hangUp();
    return true;
  }
}

function keySound(keys: string, toneMs: number, gapMs: number): Uint8Array {
  const each = (toneMs + gapMs) * 8;
  const out = new Uint8Array(each * keys.length).fill(ALAW_SILENCE);
  [...keys].filter(isDtmfDigit).forEach((key, i) => out.set(dtmfTone(key, toneMs), i * each));
  return out;
}
