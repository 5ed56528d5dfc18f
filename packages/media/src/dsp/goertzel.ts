/**
 * Energy of one frequency in a stretch of samples by Goertzel's recurrence, scaled so that a pure
 * tone at that frequency gives its mean square.
 */
export function goertzel(samples: ArrayLike<number>, offset: number, length: number, hz: number, rate = 8000): number {
  return goertzelWith(samples, offset, length, coefficient(hz, rate));
}

/** The recurrence's factor of a frequency, to be computed once. */
export function coefficient(hz: number, rate = 8000): number {
  return 2 * Math.cos((2 * Math.PI * hz) / rate);
}

/** `goertzel` with a factor computed before: no trigonometry per block. */
export function goertzelWith(samples: ArrayLike<number>, offset: number, length: number, factor: number): number {
  let s1 = 0;
  let s2 = 0;
  for (let i = offset; i < offset + length; i++) {
    const s0 = (samples[i] as number) + factor * s1 - s2;
    s2 = s1;
    s1 = s0;
  }
  const magnitude = s1 * s1 + s2 * s2 - factor * s1 * s2;
  return (2 * magnitude) / (length * length);
}
