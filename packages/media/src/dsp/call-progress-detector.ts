import type { ProgressTone } from "@hotlinejs/core";
import { CADENCES } from "../audio/tones.js";
import { ALAW_TO_LINEAR } from "../codec/g711.js";
import { levelToPower } from "../codec/level.js";
import { coefficient, goertzelWith } from "./goertzel.js";

/** 20 ms: nine cycles of 450 Hz. */
const BLOCK = 160;
const BLOCK_MS = 20;
/** 450 ± 25 Hz (GB/T 3380), looked for at three places. */
const TONES = [430, 450, 470].map((hz) => coefficient(hz));
/** A tone of the exchange arrives above -35 dBm0 on any usable line. */
const TONE_POWER = levelToPower(-35);
const SOUND_POWER = levelToPower(-42);
const PURITY = 0.6;
/** A change of what is heard counts when it lasts two blocks: the blocks at an edge are neither. */
const SETTLE = 2;
/** On and off times may be this far from what the standard says. */
const TOLERANCE = 0.2;
/** A tone this long is no burst: the dial tone. The longest burst, of the ring-back tone, has 1 s. */
const DIAL_MS = 1_300;
const VOICE_MS = 240;
const VOICE_PAUSE_MS = 1_000;

type Kind = "tone" | "silence" | "sound";

export interface CallProgressListener {
  tone(tone: ProgressTone): void;
  voice(): void;
}

/** Hears what an exchange tells by the cadence of its 450 Hz tone, and whether somebody speaks. */
export class CallProgressDetector {
  readonly #listener: CallProgressListener;
  readonly #samples = new Float64Array(BLOCK);
  /** What is being heard, and for how many blocks; what was heard before it. */
  #kind: Kind = "silence";
  #length = 0;
  #next: Kind = "silence";
  #nextLength = 0;
  /** The bursts and pauses before the present one, in ms, the latest last. */
  #past: { kind: Kind; ms: number }[] = [];
  #told: ProgressTone | undefined;
  #voice = 0;
  #quiet = VOICE_PAUSE_MS;
  #voiceTold = false;

  constructor(listener: CallProgressListener) {
    this.#listener = listener;
  }

  /** Takes the next 160 A-law octets. */
  feed(alaw: Uint8Array, offset: number): void {
    const kind = this.#classify(alaw, offset);
    this.#hearVoice(kind);
    if (kind === this.#kind) {
      this.#length += 1 + this.#nextLength;
      this.#nextLength = 0;
    } else if (this.#nextLength > 0 && kind !== this.#next) {
      // Neither the one nor the other: an edge, or a click.
      this.#next = kind;
      this.#length += this.#nextLength;
      this.#nextLength = 1;
    } else {
      this.#next = kind;
      this.#nextLength++;
    }
    if (this.#nextLength >= SETTLE) this.#change();
    this.#judge();
  }

  #change(): void {
    this.#past.push({ kind: this.#kind, ms: this.#length * BLOCK_MS });
    if (this.#past.length > 4) this.#past.shift();
    if (this.#next === "sound") {
      // A voice: whatever was told of the exchange is over.
      this.#past = [];
      this.#told = undefined;
    }
    this.#kind = this.#next;
    this.#length = this.#nextLength;
    this.#nextLength = 0;
    const burst = this.#past.at(-1);
    if (this.#kind === "silence" && burst?.kind === "tone") {
      if (near(burst.ms, CADENCES.ringback.onMs)) this.#tell("ringback", true);
      else if (!near(burst.ms, CADENCES.busy.onMs) && !near(burst.ms, CADENCES.congestion.onMs)) this.#told = undefined;
    }
  }

  #judge(): void {
    const ms = this.#length * BLOCK_MS;
    if (this.#kind === "tone" && ms >= DIAL_MS) this.#tell("dial", false);
    if (this.#kind !== "silence") return;
    const [first, pause, second] = this.#past.slice(-3);
    if (first?.kind !== "tone" || pause?.kind !== "silence" || second?.kind !== "tone") return;
    for (const tone of ["busy", "congestion"] as const) {
      const { onMs, offMs } = CADENCES[tone];
      if (near(first.ms, onMs) && near(pause.ms, offMs) && near(second.ms, onMs) && ms >= offMs * (1 - TOLERANCE)) this.#tell(tone, false);
    }
  }

  #tell(tone: ProgressTone, again: boolean): void {
    if (this.#told === tone && !again) return;
    this.#told = tone;
    this.#listener.tone(tone);
  }

  #hearVoice(kind: Kind): void {
    if (kind === "sound") {
      this.#voice += BLOCK_MS;
      this.#quiet = 0;
      if (this.#voice >= VOICE_MS && !this.#voiceTold) {
        this.#voiceTold = true;
        this.#listener.voice();
      }
      return;
    }
    this.#quiet += BLOCK_MS;
    // Speech has gaps; a click or the edge of a tone does not add up.
    if (this.#quiet >= 100) this.#voice = 0;
    if (this.#quiet >= VOICE_PAUSE_MS) this.#voiceTold = false;
  }

  #classify(alaw: Uint8Array, offset: number): Kind {
    const samples = this.#samples;
    let energy = 0;
    for (let i = 0; i < BLOCK; i++) {
      const sample = ALAW_TO_LINEAR[alaw[offset + i] as number] as number;
      samples[i] = sample;
      energy += sample * sample;
    }
    const power = energy / BLOCK;
    if (power < SOUND_POWER) return "silence";
    if (power >= TONE_POWER) for (const tone of TONES) if (goertzelWith(samples, 0, BLOCK, tone) > PURITY * power) return "tone";
    return "sound";
  }
}

function near(ms: number, wanted: number): boolean {
  return Math.abs(ms - wanted) <= wanted * TOLERANCE;
}
