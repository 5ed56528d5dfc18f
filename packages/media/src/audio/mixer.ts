import { ALAW_SILENCE, ALAW_TO_LINEAR, LINEAR_TO_ALAW } from "../codec/g711.js";

/** One party at the mixing desk. Frames are A-law of equal length. */
export interface MixerParty {
  /** What it says in this tick, or undefined when nothing came. */
  readonly input: Uint8Array | undefined;
  /** Receives what it hears in this tick. */
  readonly output: Uint8Array;
  /** Whether `other` hears this party. */
  heardBy(other: MixerParty): boolean;
}

/** Something that all or some parties hear and that hears nobody. */
export interface MixerVoice {
  readonly input: Uint8Array;
  heardBy(party: MixerParty): boolean;
}

/**
 * Adds up, for every party, what it may hear of the others, with saturation. A party that hears one
 * other only gets that one's octets unchanged. Hotline conferences are small, so every party's sum is
 * made on its own: roles may differ for each pair.
 */
export class Mixer {
  readonly #frame: number;
  readonly #sum: Int32Array;

  constructor(frame = 160) {
    this.#frame = frame;
    this.#sum = new Int32Array(frame);
  }

  mix(parties: readonly MixerParty[], voice?: MixerVoice): void {
    for (const party of parties) {
      let only: Uint8Array | undefined;
      let count = 0;
      for (const other of parties) {
        if (other === party || other.input === undefined || !other.heardBy(party)) continue;
        only = other.input;
        count++;
      }
      const told = voice?.heardBy(party) === true ? voice.input : undefined;
      if (told !== undefined) {
        only = told;
        count++;
      }
      if (count === 0 || only === undefined) party.output.fill(ALAW_SILENCE);
      else if (count === 1) party.output.set(only);
      else this.#add(party, parties, told);
    }
  }

  #add(party: MixerParty, parties: readonly MixerParty[], told: Uint8Array | undefined): void {
    const sum = this.#sum;
    if (told === undefined) sum.fill(0);
    else for (let i = 0; i < this.#frame; i++) sum[i] = ALAW_TO_LINEAR[told[i] as number] as number;
    for (const other of parties) {
      const input = other.input;
      if (other === party || input === undefined || !other.heardBy(party)) continue;
      for (let i = 0; i < this.#frame; i++) sum[i] = (sum[i] as number) + (ALAW_TO_LINEAR[input[i] as number] as number);
    }
    const output = party.output;
    for (let i = 0; i < this.#frame; i++) {
      const value = sum[i] as number;
      output[i] = LINEAR_TO_ALAW[(value > 32767 ? 65535 : value < -32768 ? 0 : value + 32768) >> 4] as number;
    }
  }
}
