import { readFileSync, writeFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { QueueingError } from "../errors.js";
import { readPastCalls } from "../simulator/past-calls.js";
import { replicate } from "../simulator/replicate.js";
import type { Replication } from "../simulator/replicate.js";
import { parseScenario } from "../simulator/scenario.js";
import type { Scenario } from "../simulator/scenario.js";
import { whatIf } from "../simulator/what-if.js";
import { drawChart } from "./chart.js";
import { EXAMPLE_SCENARIO } from "./example-scenario.js";
import { comparison, intervalCsv, intervalTable, poolTable, sparklines } from "./report.js";

export interface SimCommand {
  readonly file: string | undefined;
  readonly example: boolean;
  readonly whatIf: readonly string[];
  readonly runs: number;
  readonly seed: number;
  readonly intervals: boolean;
  readonly csv: string | undefined;
  readonly json: string | undefined;
  readonly svg: string | undefined;
  readonly write: (text: string) => void;
}

export interface Variant {
  readonly name: string;
  readonly scenario: Scenario;
  readonly played: Replication;
}

export async function runHotlineSim(command: SimCommand): Promise<void> {
  if (command.example) return command.write(`${JSON.stringify(EXAMPLE_SCENARIO, null, 2)}\n`);
  const scenario = readScenario(command.file as string);
  // All of them first: a change that cannot be played is told before anything is played.
  const scenarios = [{ name: "as it is", scenario }, ...command.whatIf.map((changes) => ({ name: changes, scenario: whatIf(scenario, changes) }))];
  const variants: Variant[] = scenarios.map((variant) => ({ ...variant, played: replicate(variant.scenario, command.runs, command.seed) }));
  if (command.json !== "-") {
    command.write(`${scenario.name ?? command.file}: ${command.runs} run${command.runs === 1 ? "" : "s"} from seed ${command.seed}\n\n${comparison(variants)}\n`);
    command.write(`\nQueues that share agents, and what Erlang C and A say of their mean load and agents, peaks evened out${command.intervals ? "" : " (--intervals: of each interval)"}\n${poolTable(variants)}\n`);
    for (const variant of variants) command.write(`\n${variant.name}\n${sparklines(variant)}${command.intervals ? `\n${intervalTable(variant)}\n` : ""}`);
  }
  if (command.json !== undefined) {
    const text = `${JSON.stringify(variants.map(({ name, played }) => ({ name, ...played })), null, 2)}\n`;
    if (command.json === "-") command.write(text);
    else save(command.json, text);
  }
  if (command.csv !== undefined) save(command.csv, intervalCsv(variants));
  if (command.svg !== undefined) save(command.svg, await drawChart(variants));
}

function readScenario(file: string): Scenario {
  let input: unknown;
  try {
    input = JSON.parse(read(file).replace(/^\uFEFF/, ""));
  } catch (error) {
    if (error instanceof QueueingError) throw error;
    throw new QueueingError("SCENARIO", `${file} is no JSON: ${(error as Error).message}`);
  }
  const scenario = parseScenario(input);
  for (const group of scenario.callers) if ("csv" in group.arrivals) group.arrivals = { past: readPastCalls(read(resolve(dirname(file), group.arrivals.csv))) };
  return parseScenario(scenario);
}

function read(file: string): string {
  try {
    return readFileSync(file, "utf8");
  } catch (error) {
    throw new QueueingError("SCENARIO", `${file} cannot be read: ${(error as Error).message}`);
  }
}

function save(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (error) {
    throw new QueueingError("SCENARIO", `${file} cannot be written: ${(error as Error).message}`);
  }
}
