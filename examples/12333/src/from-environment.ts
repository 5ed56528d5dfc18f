import { readFileSync } from "node:fs";
import { errorText, SystemClock } from "@hotlinejs/core";
import type { Hotline } from "@hotlinejs/core";
import type { FlowDefinition } from "@hotlinejs/plugin-ivr/contract";
import { staffings, type Staffing } from "./calendars.js";
import { exampleErrors } from "./errors.js";
import { create12333 } from "./hotline.js";

type Environment = Readonly<Record<string, string | undefined>>;

/** The two variables that are the example's own; all others belong to core and plugins. */
function ownOptions(environment: Environment): { staffing: Staffing; flow: FlowDefinition | undefined } {
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

/**
 * The hotline an environment describes, not started.
 *
 * @throws coded errors of what it says
 */
export function fromEnvironment(environment: Environment): Hotline {
  const { HOTLINE_HOURS: _hours, HOTLINE_FLOW_FILE: _file, ...others } = environment;
  const { staffing, flow } = ownOptions(environment);
  const today = new Intl.DateTimeFormat("sv-SE", { timeZone: "Asia/Shanghai" }).format(new SystemClock().now());
  return create12333({ environment: others, staffing, today, ...(flow === undefined ? {} : { flow }) });
}
