/**
 * ITU-T G.711 companding by table. The rules are those of the ITU-T software tool library (G.191):
 * A-law works on the upper 13 bits of a 16-bit sample, µ-law on the upper 14.
 */

/** A-law octet of digital silence (smallest positive value). */
export const ALAW_SILENCE = 0xd5;
/** µ-law octet of digital silence. */
export const ULAW_SILENCE = 0xff;

function expandAlaw(octet: number): number {
  const ix = (octet ^ 0x55) & 0x7f;
  const exponent = ix >> 4;
  let mantissa = ix & 0x0f;
  if (exponent > 0) mantissa += 16;
  mantissa = (mantissa << 4) + 8;
  if (exponent > 1) mantissa <<= exponent - 1;
  return octet > 127 ? mantissa : -mantissa;
}

function compressAlaw(sample: number): number {
  let ix = sample < 0 ? ~sample >> 4 : sample >> 4;
  if (ix > 15) {
    let exponent = 1;
    while (ix > 31) {
      ix >>= 1;
      exponent++;
    }
    ix = ix - 16 + (exponent << 4);
  }
  if (sample >= 0) ix |= 0x80;
  return ix ^ 0x55;
}

function expandUlaw(octet: number): number {
  const sign = octet < 0x80 ? -1 : 1;
  const inverted = ~octet;
  const exponent = (inverted >> 4) & 7;
  const mantissa = inverted & 0x0f;
  const step = 4 << (exponent + 1);
  return sign * ((0x80 << exponent) + step * mantissa + step / 2 - 4 * 33);
}

function compressUlaw(sample: number): number {
  let magnitude = (sample < 0 ? ~sample >> 2 : sample >> 2) + 33;
  if (magnitude > 0x1fff) magnitude = 0x1fff;
  let segment = 1;
  for (let rest = magnitude >> 6; rest !== 0; rest >>= 1) segment++;
  const high = 0x08 - segment;
  const low = 0x0f - ((magnitude >> segment) & 0x0f);
  let octet = (high << 4) | low;
  if (sample >= 0) octet |= 0x80;
  return octet;
}

/** 16-bit sample of each A-law octet. */
export const ALAW_TO_LINEAR = Int16Array.from({ length: 256 }, (_, octet) => expandAlaw(octet));
/** 16-bit sample of each µ-law octet. */
export const ULAW_TO_LINEAR = Int16Array.from({ length: 256 }, (_, octet) => expandUlaw(octet));
/** A-law octet by `(sample + 32768) >> 4`. */
export const LINEAR_TO_ALAW = Uint8Array.from({ length: 4096 }, (_, index) => compressAlaw((index << 4) - 32768));
/** µ-law octet by `(sample + 32768) >> 2`. */
export const LINEAR_TO_ULAW = Uint8Array.from({ length: 16384 }, (_, index) => compressUlaw((index << 2) - 32768));
/** µ-law octet of each A-law octet, without the way through linear on the hot path. */
export const ALAW_TO_ULAW = Uint8Array.from({ length: 256 }, (_, octet) => compressUlaw(expandAlaw(octet)));
/** A-law octet of each µ-law octet. */
export const ULAW_TO_ALAW = Uint8Array.from({ length: 256 }, (_, octet) => compressAlaw(expandUlaw(octet)));

/** One 16-bit sample to A-law. */
export function alawOf(sample: number): number {
  return LINEAR_TO_ALAW[(sample + 32768) >> 4] as number;
}

/** Linear 16-bit PCM to A-law. */
export function encodeAlaw(pcm: Int16Array, out: Uint8Array = new Uint8Array(pcm.length)): Uint8Array {
  for (let i = 0; i < pcm.length; i++) out[i] = LINEAR_TO_ALAW[((pcm[i] as number) + 32768) >> 4] as number;
  return out;
}

/** A-law to linear 16-bit PCM. */
export function decodeAlaw(alaw: Uint8Array, out: Int16Array = new Int16Array(alaw.length)): Int16Array {
  for (let i = 0; i < alaw.length; i++) out[i] = ALAW_TO_LINEAR[alaw[i] as number] as number;
  return out;
}

/** Linear 16-bit PCM to µ-law. */
export function encodeUlaw(pcm: Int16Array, out: Uint8Array = new Uint8Array(pcm.length)): Uint8Array {
  for (let i = 0; i < pcm.length; i++) out[i] = LINEAR_TO_ULAW[((pcm[i] as number) + 32768) >> 2] as number;
  return out;
}

/** µ-law to linear 16-bit PCM. */
export function decodeUlaw(ulaw: Uint8Array, out: Int16Array = new Int16Array(ulaw.length)): Int16Array {
  for (let i = 0; i < ulaw.length; i++) out[i] = ULAW_TO_LINEAR[ulaw[i] as number] as number;
  return out;
}

/** Maps octets by one of the 256-entry tables, in place or from one place to another. */
export function mapOctets(table: Uint8Array, from: Uint8Array, fromOffset: number, to: Uint8Array, toOffset: number, length: number): void {
  for (let i = 0; i < length; i++) to[toOffset + i] = table[from[fromOffset + i] as number] as number;
}
