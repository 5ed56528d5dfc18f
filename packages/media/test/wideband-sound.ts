/** Noise of a seed: the same in each run. */
export function noise(peak: number, length: number, seed = 1): Int16Array {
  let state = (seed * 0x9e37_79b9) | 1;
  return Int16Array.from({ length }, () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return Math.round((state / 0x8000_0000) * peak);
  });
}

/** A sine that runs through the frequencies, at this many samples a second. */
export function chirp(from: number, to: number, peak: number, length: number, rate = 16_000): Int16Array {
  let phase = 0;
  return Int16Array.from({ length }, (_, i) => {
    phase += (2 * Math.PI * (from + ((to - from) * i) / length)) / rate;
    return Math.round(peak * Math.sin(phase));
  });
}

/** Something with the pitch, the formants, the pauses and the sibilants of a voice, at 16 kHz. */
export function speechLike(length: number): Int16Array {
  const hiss = noise(1000, length, 7);
  return Int16Array.from({ length }, (_, i) => {
    const t = i / 16_000;
    const pitch = 140 + 30 * Math.sin(2 * Math.PI * 0.7 * t);
    const syllable = Math.max(0, Math.sin(2 * Math.PI * 3 * t));
    let voiced = 0;
    for (let h = 1; h <= 25; h++) voiced += Math.sin(2 * Math.PI * pitch * h * t) / (1 + ((h * pitch - 600) / 400) ** 2 + h / 12);
    const sibilant = Math.sin(2 * Math.PI * 3 * t) < -0.8 ? (hiss[i] as number) : 0;
    return Math.round(3000 * syllable * voiced + sibilant);
  });
}

export function sine(hz: number, peak: number, length: number, rate = 16_000): Int16Array {
  return Int16Array.from({ length }, (_, i) => Math.round(peak * Math.sin((2 * Math.PI * hz * i) / rate)));
}

/** dB of a sound over what differs in a copy of it, at the delay at which they are most alike, beginnings left out. */
export function signalToNoise(sound: Int16Array, copy: Int16Array, mostDelay = 80): number {
  const from = 800;
  const to = Math.min(sound.length, copy.length) - mostDelay;
  let best = -Infinity;
  for (let delay = 0; delay <= mostDelay; delay++) {
    let signal = 0;
    let error = 1e-9;
    for (let i = from; i < to; i++) {
      const sample = sound[i] as number;
      signal += sample * sample;
      error += (sample - (copy[i + delay] as number)) ** 2;
    }
    best = Math.max(best, 10 * Math.log10(signal / error));
  }
  return best;
}
