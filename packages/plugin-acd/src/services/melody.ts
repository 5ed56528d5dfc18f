/** Notes of the tune as steps above A3 (220 Hz) of a pentatonic scale, with their beats; `undefined` is a rest. */
const TUNE: readonly (readonly [semitones: number | undefined, beats: number])[] = [
  [7, 2], [9, 1], [12, 1], [14, 2], [12, 2], [9, 1], [12, 1], [7, 2], [undefined, 2],
  [5, 2], [7, 1], [9, 1], [12, 2], [9, 2], [7, 1], [5, 1], [2, 2], [undefined, 2],
];
/** Low notes under the tune: start beat, semitones above A2 (110 Hz). */
const BASS: readonly (readonly [beat: number, semitones: number])[] = [[0, 5], [4, 2], [8, 0], [14, 10], [18, 5], [22, 2]];
const BEAT_SECONDS = 0.55;
const A3 = 220;
/** Loudest harmonic first; few and soft, so that A-law noise stays low. */
const HARMONICS: readonly (readonly [multiple: number, gain: number])[] = [[1, 1], [2, 0.28], [3, 0.09]];
/** A full-scale sine is +3.14 dBm0 in A-law (ITU-T G.711 section 4). */
const FULL_SCALE_DBM0 = 3.14;

/**
 * The hold music: a quiet pentatonic tune that ends where it begins, so that it loops without a seam.
 * 16-bit linear mono.
 *
 * @param sampleRate in hertz
 * @param level mean level in dBm0
 */
export function makeMelody(sampleRate = 8000, level = -24): Int16Array {
  const beats = TUNE.reduce((sum, [, length]) => sum + length, 0);
  const total = Math.round(beats * BEAT_SECONDS * sampleRate);
  const mix = new Float64Array(total);
  let beat = 0;
  for (const [semitones, length] of TUNE) {
    if (semitones !== undefined) addNote(mix, sampleRate, beat, A3 * 2 ** (semitones / 12), length * BEAT_SECONDS + 0.9, 1);
    beat += length;
  }
  for (const [at, semitones] of BASS) addNote(mix, sampleRate, at, (A3 / 2) * 2 ** (semitones / 12), 2.2, 0.6);

  let energy = 0;
  for (const value of mix) energy += value * value;
  const rms = Math.sqrt(energy / total);
  const wanted = (32_767 / Math.SQRT2) * 10 ** ((level - FULL_SCALE_DBM0) / 20);
  const gain = rms === 0 ? 0 : wanted / rms;
  const out = new Int16Array(total);
  for (let i = 0; i < total; i++) out[i] = Math.max(-32_768, Math.min(32_767, Math.round((mix[i] as number) * gain)));
  return out;
}

/** Adds a plucked note; what rings past the end goes on at the beginning. */
function addNote(mix: Float64Array, sampleRate: number, beat: number, hz: number, seconds: number, gain: number): void {
  const start = Math.round(beat * BEAT_SECONDS * sampleRate);
  const length = Math.round(seconds * sampleRate);
  const attack = Math.round(0.04 * sampleRate);
  const release = Math.round(0.12 * sampleRate);
  const decay = Math.exp(-1 / (0.7 * sampleRate));
  for (const [multiple, loudness] of HARMONICS) {
    // sin((n+1)w) = 2 cos(w) sin(nw) - sin((n-1)w): one multiplication a sample.
    const w = (2 * Math.PI * hz * multiple) / sampleRate;
    const factor = 2 * Math.cos(w);
    let before = -Math.sin(w);
    let now = 0;
    let envelope = gain * loudness;
    for (let i = 0; i < length; i++) {
      const edge = Math.min(1, i / attack, (length - i) / release);
      const at = (start + i) % mix.length;
      mix[at] = (mix[at] as number) + now * envelope * edge;
      const next = factor * now - before;
      before = now;
      now = next;
      envelope *= decay;
    }
  }
}
