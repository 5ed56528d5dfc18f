/** A source of chance that repeats: uniform numbers in (0, 1). */
export type Random = () => number;

/**
 * An independent stream for each seed and name (sfc32, seeded by FNV-1a and 20 rounds of mixing). Every cause of chance
 * has a stream of its own, so that two variants of a scenario meet the same callers (common random numbers).
 */
export function randomStream(seed: number, name: string): Random {
  let hash = 0x811c9dc5;
  for (let i = 0; i < name.length; i++) hash = Math.imul(hash ^ name.charCodeAt(i), 0x01000193) >>> 0;
  let a = hash;
  let b = seed >>> 0;
  let c = Math.floor(seed / 0x1_0000_0000) >>> 0;
  let counter = 1;
  const next = (): number => {
    const sum = (((a + b) >>> 0) + counter) >>> 0;
    counter = (counter + 1) >>> 0;
    a = b ^ (b >>> 9);
    b = (c + (c << 3)) >>> 0;
    c = ((c << 21) | (c >>> 11)) >>> 0;
    c = (c + sum) >>> 0;
    return (sum + 0.5) / 0x1_0000_0000;
  };
  for (let i = 0; i < 20; i++) next();
  return next;
}

/** Standard normal (Box and Muller). */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(random())) * Math.cos(2 * Math.PI * random());
}
