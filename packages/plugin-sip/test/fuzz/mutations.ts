import type { RandomSource } from "../../src/stack/index.js";

/** Tokens that parsers are known to stumble over: ends, escapes, quotes, numbers at the edge, and what ends a line or a list. */
const TOKENS = ["\r\n", "\r", "\n", "\r\n\r\n", "\r\n ", "\0", "\t", " ", ",", ";", ":", "=", "?", "@", "<", ">", '"', '\\"', "\\", "%00", "%", "%zz", "[", "]", "[::", "*", "-1", "0", "2147483647", "2147483648", "4294967296", "99999999999999999999", "1e9", ";lr", ";tag=", ";branch=z9hG4bK", "sip:", "sips:", "tel:", "SIP/2.0", "SIP/9.9", "\u{feff}", "电话", "\xff", "__proto__", "constructor", ";received=", "a".repeat(300)];
/** Largest case, in octets: a UDP datagram. */
const MAX = 65_507;

const pick = <T>(random: RandomSource, of: readonly T[]): T => of[below(random, of.length)] as T;
const below = (random: RandomSource, limit: number): number => Math.floor(random.number() * limit);

type Mutation = (data: Buffer, random: RandomSource, corpus: readonly Buffer[]) => Buffer;

function splice(data: Buffer, at: number, removed: number, inserted: Uint8Array): Buffer {
  return Buffer.concat([data.subarray(0, at), inserted, data.subarray(at + removed)]);
}

/** Header lines swapped, doubled, or taken out. */
const lines: Mutation = (data, random) => {
  const all = data.toString("latin1").split("\r\n");
  const from = below(random, all.length);
  const line = all[from] ?? "";
  const kind = below(random, 3);
  if (kind !== 1) all.splice(from, 1);
  if (kind !== 0) all.splice(below(random, all.length + 1), 0, line);
  return Buffer.from(all.join("\r\n"), "latin1");
};

/** One number of the text in place of another. */
const number: Mutation = (data, random) => {
  const text = data.toString("latin1");
  const found = [...text.matchAll(/\d+/g)];
  if (found.length === 0) return data;
  const one = pick(random, found);
  return Buffer.from(text.slice(0, one.index) + pick(random, ["0", "-1", "007", "65535", "65536", "2147483648", "99999999999999999999"]) + text.slice(one.index + one[0].length), "latin1");
};

const MUTATIONS: readonly Mutation[] = [
  // Octets of any value.
  (data, random) => {
    const copy = Buffer.from(data);
    for (let left = 1 + below(random, 4); left > 0; left--) copy[below(random, copy.length)] = below(random, 256);
    return copy;
  },
  // One bit.
  (data, random) => {
    const copy = Buffer.from(data);
    const at = below(random, copy.length);
    copy[at] = (copy[at] ?? 0) ^ (1 << below(random, 8));
    return copy;
  },
  (data, random) => splice(data, below(random, data.length), below(random, 3), Buffer.from(pick(random, TOKENS), "utf8")),
  (data, random) => splice(data, below(random, data.length), below(random, 3), Buffer.from(pick(random, TOKENS), "utf8")),
  // A stretch taken out, doubled, or doubled often.
  (data, random) => splice(data, below(random, data.length), below(random, 60), Buffer.alloc(0)),
  (data, random) => {
    const at = below(random, data.length);
    const length = 1 + below(random, 60);
    const stretch = data.subarray(at, at + length);
    const times = random.number() < 0.02 ? Math.min(2_000, Math.floor((MAX - data.length) / length)) : 1 + below(random, 3);
    return splice(data, at, 0, Buffer.concat(Array.from({ length: Math.max(1, times) }, () => stretch)));
  },
  (data, random) => data.subarray(0, below(random, data.length)),
  // The head of one and the tail of another.
  (data, random, corpus) => {
    const other = pick(random, corpus);
    return Buffer.concat([data.subarray(0, below(random, data.length)), other.subarray(below(random, other.length))]);
  },
  lines,
  lines,
  number,
];

/** `data` changed in one to five ways; the same for the same state of `random`. */
export function mutate(data: Buffer, random: RandomSource, corpus: readonly Buffer[]): Buffer {
  let changed = data;
  for (let left = 1 + Math.floor(5 * random.number() ** 2); left > 0 && changed.length > 0; left--) changed = pick(random, MUTATIONS)(changed, random, corpus);
  return changed.subarray(0, MAX);
}
