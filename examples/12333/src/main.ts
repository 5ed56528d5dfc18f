import { readFileSync } from "node:fs";
import { errorText, isHotlineError, runUntilSignal, SETTINGS, SystemClock } from "@hotlinejs/core";
import { HTTP_SERVER } from "@hotlinejs/plugin-http/contract";
import type { FlowDefinition } from "@hotlinejs/plugin-ivr/contract";
import { SIP } from "@hotlinejs/plugin-sip/contract";
import { staffings, type Staffing } from "./calendars.js";
import { exampleErrors } from "./errors.js";
import { create12333 } from "./hotline.js";
import { readyLine } from "./ready-line.js";

/** The two variables that are the example's own; all others belong to core and plugins. */
function ownOptions(environment: NodeJS.ProcessEnv): { staffing: Staffing; flow: FlowDefinition | undefined } {
  const hours = environment.HOTLINE_HOURS ?? "always";
  const staffing = staffings.find((each) => each === hours);
  if (staffing === undefined) throw exampleErrors.HOURS_UNKNOWN(hours, staffings.join(", "));
  const file = environment.HOTLINE_FLOW_FILE;
  if (file === undefined || file === "") return { staffing, flow: undefined };
  let flow: unknown;
  try {
    flow = JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw exampleErrors.FLOW_FILE(file, errorText(cause), { cause });
  }
  // What else is wrong with it plugin-ivr tells.
  if (typeof flow !== "object" || flow === null || !("id" in flow) || typeof flow.id !== "string") throw exampleErrors.FLOW_FILE(file, "it is not a flow: an object with id, start and nodes");
  return { staffing, flow: flow as FlowDefinition };
}

async function main(): Promise<number> {
  const print = (line: string): void => void process.stdout.write(`${line}\n`);
  const printError = (line: string): void => void process.stderr.write(`${line}\n`);
  try {
    const { HOTLINE_HOURS: _hours, HOTLINE_FLOW_FILE: _file, ...environment } = process.env;
    const { staffing, flow } = ownOptions(process.env);
    const now = new SystemClock().now();
    const today = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai" }).format(now);
    const hotline = create12333({ environment, staffing, today, ...(flow === undefined ? {} : { flow }) });
    return await runUntilSignal(hotline, {
      process,
      print,
      printError,
      ready: () => readyLine({ host: hotline.services.get(SETTINGS).host, sip: hotline.services.get(SIP).endpoints, http: hotline.services.get(HTTP_SERVER) }),
    });
  } catch (error) {
    printError(isHotlineError(error) ? `${error.code}: ${error.message}` : `The hotline could not start: ${errorText(error)}`);
    return 1;
  }
}

process.exitCode = await main();
