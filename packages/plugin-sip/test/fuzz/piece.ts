import fc from "fast-check";
import { seededRandom } from "../../src/stack/index.js";
import { CORPUS } from "./corpus.js";
import { grammarCase } from "./grammar.js";
import { mutate } from "./mutations.js";
import { readEverything } from "./readers.js";
import { Subject } from "./subject.js";

/** Cases of one seed. */
export const PIECE = 5_000;
/** A case that takes longer than this each time it is read blocks calls. */
export const SLOW_MS = 50;
/** Of ten cases: so many by the grammar, mutations of the corpus, within a call, answers. */
const GRAMMAR = 3;
const CORPUS_MUTATIONS = 7;
const IN_DIALOG = 8.5;

export interface Fault {
  readonly seed: number;
  /** Number of the case within the seed; the last before the end where only the end told. */
  readonly index: number;
  readonly what: string;
  /** The case, base64. */
  readonly data: string;
}

/** Runs the cases of one seed and tells what went wrong. The same seed gives the same cases and states. */
export async function runPiece(seed: number, enter: (seed: number, index: number) => void = () => undefined, cases = PIECE): Promise<Fault[]> {
  const random = seededRandom(seed);
  const subject = new Subject(seed);
  await subject.start();
  const byGrammar = fc.sample(grammarCase, { seed, numRuns: Math.ceil(cases / 2) });
  const faults: Fault[] = [];
  let index = 0;
  let data: Buffer = Buffer.alloc(0);
  const tell = (what: string): void => void faults.push({ seed, index, what, data: data.toString("base64") });
  const collect = (): void => subject.faults.splice(0).forEach(tell);
  const onThrow = (error: unknown): void => tell(`outside of the case: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  process.on("uncaughtException", onThrow);
  process.on("unhandledRejection", onThrow);
  try {
    for (; index < cases; index++) {
      if (index % 250 === 0) await subject.newCalls();
      const kind = random.number() * 10;
      const grammatical = kind < GRAMMAR ? byGrammar.pop() : undefined;
      if (grammatical !== undefined) data = random.number() < 0.5 ? grammatical : mutate(grammatical, random, CORPUS);
      else if (kind < CORPUS_MUTATIONS) data = mutate(CORPUS[Math.floor(random.number() * CORPUS.length)] as Buffer, random, CORPUS);
      else {
        const whole = kind < IN_DIALOG ? subject.inDialog() : subject.answer();
        // One in four is left as it is, so that calls come into states that only good messages lead to.
        data = random.number() < 0.25 ? whole : mutate(whole, random, CORPUS);
      }
      enter(seed, index);
      const began = performance.now();
      subject.take(data, random.number() < 0.3);
      if (performance.now() - began > SLOW_MS) {
        const ms = fastest(data);
        if (ms > SLOW_MS) tell(`takes ${ms.toFixed(0)} ms to read`);
      }
      collect();
      if (index % 20 === 19) await subject.pass(random.number() < 0.01 ? 40_000 : 300);
      // Rejections nobody handles are told by the event loop only.
      if (index % 250 === 249) await new Promise((resolve) => setImmediate(resolve));
      collect();
    }
    enter(seed, index);
    await subject.end();
    await new Promise((resolve) => setImmediate(resolve));
    collect();
  } finally {
    process.off("uncaughtException", onThrow);
    process.off("unhandledRejection", onThrow);
  }
  return faults;
}

/** CPU time of the shortest of so many readings, ms: waiting for the processor does not count, and a single reading may have collected the garbage of others. */
export function fastest(data: Buffer, readings = 3): number {
  return Math.min(
    ...Array.from({ length: readings }, () => {
      const began = process.cpuUsage();
      try {
        readEverything(data);
      } catch {
        // Told already.
      }
      const { user, system } = process.cpuUsage(began);
      return (user + system) / 1_000;
    }),
  );
}
