#!/usr/bin/env node
import { parseArgs } from "node:util";
import { QueueingError } from "../errors.js";
import { WHAT_IF_FORMS } from "../simulator/what-if.js";
import { runHotlineSim } from "./run.js";

const HELP = `hotline-sim: plays a queue with the ACD of @hotlinejs, under virtual time

  hotline-sim SCENARIO.json [--what-if CHANGE]... [options]
  hotline-sim --example > scenario.json

  --what-if CHANGE   play this variant too, beside the scenario; may stand several times:
                       ${WHAT_IF_FORMS.join("\n                       ")}
  --runs N           play each so often (default 10): means with 95 % confidence intervals
  --seed N           first seed (default 1); the same seed gives the same result
  --intervals        a line for each interval, with Erlang C and A beside it, as for the whole time
  --csv FILE         the intervals of the first run of each variant with Erlang C and A, for a spreadsheet
  --json FILE        everything, - for the screen
  --svg FILE         service level, mean wait and occupancy over the day as a picture, with
                     Erlang C (dashed) and Erlang A (dotted) (needs the package echarts)
  --example          prints a scenario to begin with
  --help, --version

Past calls from a file: "arrivals": { "csv": "calls.csv" } in a group of callers; its columns are time (needed), queue, talk, patience, priority.

Exit: 0 played, 1 the scenario cannot be played, 2 wrong call.
`;

async function main(): Promise<number> {
  let values;
  let positionals;
  try {
    ({ values, positionals } = parseArgs({
      allowPositionals: true,
      options: {
        "what-if": { type: "string", multiple: true },
        runs: { type: "string", default: "10" },
        seed: { type: "string", default: "1" },
        intervals: { type: "boolean", default: false },
        csv: { type: "string" },
        json: { type: "string" },
        svg: { type: "string" },
        example: { type: "boolean", default: false },
        help: { type: "boolean", short: "h", default: false },
        version: { type: "boolean", short: "v", default: false },
      },
    }));
  } catch (error) {
    return misuse((error as Error).message);
  }
  if (values.help) return print(HELP);
  if (values.version) return print(`${__VERSION__}\n`);
  const [file, ...more] = positionals;
  if (!values.example && file === undefined) return misuse("name a scenario file, or --example for one to begin with");
  if (more.length > 0) return misuse(`one scenario at a time, got also ${more.join(" ")}`);
  const [runs, seed] = [Number(values.runs), Number(values.seed)];
  if (!Number.isInteger(runs) || runs < 1 || runs > 10_000) return misuse(`--runs must be a whole number from 1 to 10000, got "${values.runs}"`);
  if (!Number.isSafeInteger(seed) || seed < 0) return misuse(`--seed must be a whole number from 0, got "${values.seed}"`);
  try {
    await runHotlineSim({ file, example: values.example, whatIf: values["what-if"] ?? [], runs, seed, intervals: values.intervals, csv: values.csv, json: values.json, svg: values.svg, write: (text) => process.stdout.write(text) });
    return 0;
  } catch (error) {
    if (!(error instanceof QueueingError)) throw error;
    process.stderr.write(`${error.code}: ${error.message}\n`);
    return 1;
  }
}

function print(text: string): number {
  process.stdout.write(text);
  return 0;
}

function misuse(message: string): number {
  process.stderr.write(`hotline-sim: ${message}\nhotline-sim --help tells more.\n`);
  return 2;
}

// Who reads on no further (`| head`) has seen enough.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(0);
});
process.exitCode = await main();
