import { CREATE_ERRORS } from "create-hotline";
import { QUEUEING_ERRORS } from "@hotlinejs/queueing";

/** Codes of packages that stand without core, with what they mean. */
export const toolErrors: ReadonlyMap<string, string> = new Map(Object.entries({ ...CREATE_ERRORS, ...QUEUEING_ERRORS }).sort(([a], [b]) => a.localeCompare(b)));
