import type { Texts } from "../texts.js";
import type { PhoneProblem } from "./phone-state.js";

/** Cause and way out. */
export function problemWords(problem: PhoneProblem, text: Texts): string {
  return text.phone.problems[problem];
}
