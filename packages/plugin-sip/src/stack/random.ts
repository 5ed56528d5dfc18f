import { randomBytes } from "node:crypto";

/** Source of tags, branches, Call-IDs and random delays. Seed it in tests to replay a run. */
export interface RandomSource {
  /** `length` characters of [0-9a-z], unguessable in production. */
  id(length: number): string;
  /** A number in [0, 1). */
  number(): number;
}

const ALPHABET = "0123456789abcdefghijklmnopqrstuv";

/** Unguessable ids from the operating system, drawn in blocks since one draw per tag would cost more than the tag. */
export function cryptoRandom(): RandomSource {
  let pool = randomBytes(4096);
  let at = 0;
  const byte = (): number => {
    if (at === pool.length) {
      pool = randomBytes(4096);
      at = 0;
    }
    return pool[at++] as number;
  };
  return {
    id(length) {
      let out = "";
      for (let i = 0; i < length; i++) out += ALPHABET[byte() & 31];
      return out;
    },
    number: () => (byte() * 0x1000000 + byte() * 0x10000 + byte() * 0x100 + byte()) / 0x100000000,
  };
}

/** Repeatable ids (mulberry32). Only for tests: everything it makes can be guessed. */
export function seededRandom(seed: number): RandomSource {
  let state = seed >>> 0;
  const next = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 0x100000000;
  };
  return {
    id(length) {
      let out = "";
      for (let i = 0; i < length; i++) out += ALPHABET[Math.floor(next() * 32)];
      return out;
    },
    number: next,
  };
}
