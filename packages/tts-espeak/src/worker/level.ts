/** Level of speech that the telephone carries well, as RMS of its voiced parts in dBFS. */
export const SPEECH_LEVEL = -18;
/** No sample is louder; leaves room for the overshoot of resampling. In dBFS. */
export const PEAK_LEVEL = -3.2;

const SILENCE = 0.004; // -48 dBFS
const FRAME_SECONDS = 0.01;
const LOOK_AHEAD_SECONDS = 0.003;
const MARGIN_SECONDS = 0.008;

/**
 * Brings synthesised speech to the level of a telephone: silence at both ends is cut, voiced parts come to
 * -18 dBFS RMS, peaks are held under -3 dBFS by a look-ahead limiter (never clipped), the ends are faded.
 */
export function levelSpeech(pcm: Int16Array, sampleRate: number): Int16Array {
  const samples = trim(Float64Array.from(pcm, (sample) => sample / 32_768), sampleRate);
  if (samples.length === 0) return new Int16Array(0);
  let out = samples;
  let gain = 1;
  // The limiter takes some of the level away again: a second round makes up for it.
  for (let round = 0; round < 3; round++) {
    const rms = voicedRms(out, sampleRate);
    if (rms === 0) return new Int16Array(0);
    gain = Math.min(gain * (10 ** (SPEECH_LEVEL / 20) / rms), 32);
    out = limit(samples, gain, sampleRate);
  }
  fade(out, sampleRate);
  return Int16Array.from(out, (sample) => Math.max(-32_768, Math.min(32_767, Math.round(sample * 32_768))));
}

/** RMS over the 10 ms frames that are not silence; 0 when all are. */
export function voicedRms(samples: Float64Array, sampleRate: number): number {
  const frame = Math.max(1, Math.round(sampleRate * FRAME_SECONDS));
  let sum = 0;
  let count = 0;
  for (let start = 0; start < samples.length; start += frame) {
    const end = Math.min(samples.length, start + frame);
    let energy = 0;
    for (let at = start; at < end; at++) energy += (samples[at] ?? 0) ** 2;
    if (energy / (end - start) < SILENCE ** 2) continue;
    sum += energy;
    count += end - start;
  }
  return count === 0 ? 0 : Math.sqrt(sum / count);
}

function trim(samples: Float64Array, sampleRate: number): Float64Array {
  let first = 0;
  while (first < samples.length && Math.abs(samples[first] ?? 0) < SILENCE) first++;
  let last = samples.length - 1;
  while (last > first && Math.abs(samples[last] ?? 0) < SILENCE) last--;
  if (first >= samples.length) return new Float64Array(0);
  const margin = Math.round(sampleRate * MARGIN_SECONDS);
  return samples.slice(Math.max(0, first - margin), Math.min(samples.length, last + 1 + margin));
}

/**
 * Gain with a limiter. The reduction each sample needs is spread over its neighbourhood (minimum, then
 * average over the same window), so it is never less than needed and never jumps.
 */
function limit(samples: Float64Array, gain: number, sampleRate: number): Float64Array {
  const ceiling = 10 ** (PEAK_LEVEL / 20);
  const reach = Math.max(1, Math.round(sampleRate * LOOK_AHEAD_SECONDS));
  const needed = samples.map((sample) => Math.min(1, ceiling / Math.max(Math.abs(sample * gain), 1e-9)));
  const lowest = slidingMinimum(needed, reach);
  const out = new Float64Array(samples.length);
  let sum = 0;
  const at = (index: number) => lowest[Math.max(0, Math.min(lowest.length - 1, index))] ?? 1;
  for (let index = -reach; index <= reach; index++) sum += at(index);
  for (let index = 0; index < samples.length; index++) {
    // min() guards against the rounding of the running sum.
    const factor = Math.min(sum / (2 * reach + 1), needed[index] ?? 1);
    out[index] = (samples[index] ?? 0) * gain * factor;
    sum += at(index + reach + 1) - at(index - reach);
  }
  return out;
}

/** Minimum over `reach` samples to both sides, in one pass. */
function slidingMinimum(values: Float64Array, reach: number): Float64Array {
  const out = new Float64Array(values.length);
  const queue = new Int32Array(values.length);
  let head = 0;
  let tail = 0;
  for (let index = 0; index < values.length + reach; index++) {
    if (index < values.length) {
      while (tail > head && (values[queue[tail - 1] ?? 0] ?? 1) >= (values[index] ?? 1)) tail--;
      queue[tail++] = index;
    }
    const centre = index - reach;
    if (centre < 0) continue;
    while ((queue[head] ?? 0) < centre - reach) head++;
    out[centre] = values[queue[head] ?? 0] ?? 1;
  }
  return out;
}

function fade(samples: Float64Array, sampleRate: number): void {
  const length = Math.min(Math.round(sampleRate * 0.004), samples.length >> 1);
  for (let index = 0; index < length; index++) {
    const factor = index / length;
    samples[index] = (samples[index] ?? 0) * factor;
    const end = samples.length - 1 - index;
    samples[end] = (samples[end] ?? 0) * factor;
  }
}
