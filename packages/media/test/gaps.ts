/** Stretches of a steady tone in which it was not to be heard, ms each, between its first and last sound. A moment as short as that of an ear (10 ms) counts as one. */
export function gapsIn(alaw: Uint8Array, powerOf: (alaw: Uint8Array, offset: number, length: number) => number): number[] {
  const quiet: boolean[] = [];
  let loudest = 0;
  for (let at = 0; at + WINDOW <= alaw.length; at += WINDOW) loudest = Math.max(loudest, powerOf(alaw, at, WINDOW));
  for (let at = 0; at + WINDOW <= alaw.length; at += WINDOW) quiet.push(powerOf(alaw, at, WINDOW) < loudest / 10);
  const gaps: number[] = [];
  let run = 0;
  for (const each of quiet.slice(quiet.indexOf(false), quiet.lastIndexOf(false) + 1)) {
    if (each) run++;
    else if (run > 0) {
      gaps.push((run * WINDOW) / 8);
      run = 0;
    }
  }
  return gaps;
}

/** Samples looked at together. */
const WINDOW = 80;

/** Lengths of the runs of consecutive numbers in a set, ms of packets of 20 ms. */
export function runsOf(lost: ReadonlySet<number>): number[] {
  const runs: number[] = [];
  for (const number of [...lost].sort((a, b) => a - b)) {
    if (lost.has(number - 1)) runs[runs.length - 1] = (runs.at(-1) ?? 0) + 20;
    else runs.push(20);
  }
  return runs;
}

/** `340 (p50 20, p95 40, max 60 ms, 7.1 s in all)`. */
export function told(gaps: readonly number[]): string {
  if (gaps.length === 0) return "none";
  const sorted = [...gaps].sort((a, b) => a - b);
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0;
  return `${gaps.length} (p50 ${at(0.5)}, p95 ${at(0.95)}, max ${at(1)} ms, ${(sum(gaps) / 1_000).toFixed(1)} s in all)`;
}

export function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
