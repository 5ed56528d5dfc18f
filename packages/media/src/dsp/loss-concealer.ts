import { ALAW_SILENCE, ALAW_TO_LINEAR, LINEAR_TO_ALAW } from "../codec/g711.js";

/** Pitch periods searched, in samples: 200 to 66 Hz. */
const SHORTEST = 40;
const LONGEST = 120;
/** Samples compared at each candidate (20 ms). */
const COMPARED = 160;
/** Quarter of a period: what is faded where one piece goes over into another. */
const MOST_FADE = LONGEST / 4;
/** Samples before a gap that a concealment is made of. */
export const CONCEALER_HISTORY = 3 * LONGEST + MOST_FADE;
/** Unchanged for 10 ms, then 20 % less for each further 10 ms: nothing is left after 60 ms. */
const FULL = 80;
const GONE = 480;
/** Where sound comes back it is faded in over a quarter period and 4 ms for each 10 ms that were lost, 10 ms at most. */
const LONGEST_RETURN = 80;

/** Periods repeated one after another, so that a sound of some length does not buzz. */
interface Loop {
  readonly samples: Int16Array;
  at: number;
}

/**
 * Fills gaps in sound after the idea of ITU-T G.711 Appendix I: the last pitch period is repeated, from 10 ms on the last two, from
 * 20 ms on the last three, ever more softly until it is silent after 60 ms, and what comes back is faded into what was made up.
 * Unlike there, nothing is delayed: the repetition begins where the sound broke off.
 */
export class LossConcealer {
  /** Samples made up so far, without the silence behind them. */
  concealed = 0;
  readonly #history = new Int16Array(CONCEALER_HISTORY);
  readonly #loops: Loop[] = [];
  #period = 0;
  /** Samples of the gap so far; 0: there is none. */
  #lost = 0;

  /** The gap is older than what can be made up: only silence comes. */
  get silent(): boolean {
    return this.#lost >= GONE;
  }

  /**
   * Writes `count` samples of a gap to `out`. `before` has the sound right before the gap and is looked at only at its beginning.
   *
   * @param before at least 390 A-law octets, the gap behind the last one.
   */
  conceal(before: Uint8Array, out: Uint8Array, offset: number, count: number): void {
    if (this.#lost === 0) this.#begin(before);
    for (let i = offset; i < offset + count; i++) {
      if (this.#lost >= GONE) {
        out.fill(ALAW_SILENCE, i, offset + count);
        return;
      }
      out[i] = LINEAR_TO_ALAW[(this.#next() + 32768) >> 4] as number;
      this.concealed++;
    }
  }

  /** Sound is there again: its beginning is faded in over what was made up. Must be called before sound is played after a gap; costs nothing otherwise. */
  resume(out: Uint8Array, offset: number, count: number): void {
    const lost = this.#lost;
    if (lost === 0) return;
    if (lost < GONE) {
      const fade = Math.min(count, LONGEST_RETURN, (this.#period >> 2) + 32 * Math.floor(lost / 80));
      for (let i = 0; i < fade; i++) {
        const share = (i + 1) / (fade + 1);
        const sample = Math.round((ALAW_TO_LINEAR[out[offset + i] as number] as number) * share + this.#next() * (1 - share));
        out[offset + i] = LINEAR_TO_ALAW[(sample + 32768) >> 4] as number;
      }
    }
    this.forget();
  }

  /** The gap is of no more interest: what comes next has nothing to do with what was before. */
  forget(): void {
    this.#lost = 0;
    this.#loops.length = 0;
  }

  #begin(before: Uint8Array): void {
    const from = before.length - CONCEALER_HISTORY;
    for (let i = 0; i < CONCEALER_HISTORY; i++) this.#history[i] = ALAW_TO_LINEAR[before[from + i] as number] as number;
    this.#period = pitchOf(this.#history);
    this.#loops.length = 0;
    this.#loops.push(this.#loop(1, 0));
  }

  /** The next sample of the repetition, softened by the age of the gap. */
  #next(): number {
    const lost = this.#lost++;
    if (lost === FULL || lost === 2 * FULL) {
      const last = this.#loops.at(-1) as Loop;
      this.#loops.push(this.#loop(this.#loops.length + 1, last.at % this.#period));
    }
    let sample = turn(this.#loops.at(-1) as Loop);
    const fade = this.#period >> 2;
    const since = lost - FULL * (this.#loops.length - 1);
    // More periods are repeated from here on: one repetition goes over into the other, which is in step with it.
    if (this.#loops.length > 1 && since < fade) sample += ((turn(this.#loops.at(-2) as Loop) - sample) * (fade - since)) / (fade + 1);
    return Math.round(lost < FULL ? sample : (sample * (GONE - lost)) / (GONE - FULL));
  }

  /** The last periods as a loop: its end goes over into the sound before its beginning. */
  #loop(periods: number, at: number): Loop {
    const length = periods * this.#period;
    const start = CONCEALER_HISTORY - length;
    const fade = this.#period >> 2;
    const samples = this.#history.slice(start);
    for (let i = 0; i < fade; i++) {
      const share = (i + 1) / (fade + 1);
      const place = length - fade + i;
      samples[place] = Math.round((samples[place] as number) * (1 - share) + (this.#history[start - fade + i] as number) * share);
    }
    return { samples, at };
  }
}

function turn(loop: Loop): number {
  const sample = loop.samples[loop.at] as number;
  loop.at = (loop.at + 1) % loop.samples.length;
  return sample;
}

/** The period at which the end of the sound is most like itself, by normalized cross-correlation: every second one first, then the neighbours of the best. */
function pitchOf(history: Int16Array): number {
  let best = SHORTEST;
  let most = -Infinity;
  const look = (period: number, step: number): void => {
    const score = likeness(history, period, step);
    if (score <= most) return;
    most = score;
    best = period;
  };
  for (let period = SHORTEST; period <= LONGEST; period += 2) look(period, 2);
  const coarse = best;
  most = -Infinity;
  for (let period = Math.max(SHORTEST, coarse - 1); period <= Math.min(LONGEST, coarse + 1); period++) look(period, 1);
  return best;
}

function likeness(history: Int16Array, period: number, step: number): number {
  let product = 0;
  let energy = 1;
  for (let i = CONCEALER_HISTORY - COMPARED; i < CONCEALER_HISTORY; i += step) {
    const then = history[i - period] as number;
    product += (history[i] as number) * then;
    energy += then * then;
  }
  return product / Math.sqrt(energy);
}
