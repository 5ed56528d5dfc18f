import type { ApiError } from "@hotlinejs/plugin-console/sdk";
import { isRule, type Rule } from "./rule-specs.js";
import type { Texts } from "./texts.js";

/** What the server told of a rule, in words of the page, by its place within the rule. */
export type Faults = Readonly<Partial<Record<Rule, Readonly<Record<string, string>>>>>;

interface Fault {
  readonly path: readonly string[];
  readonly message: string;
}

/** Messages of the server's check (settings-faults, settings-check), and what says the same here. */
const SAID: readonly (readonly [RegExp, (text: Texts, found: readonly string[]) => string])[] = [
  [/no agent or profile has the skill (\S+)/, (text, [skill = ""]) => text.faults.skill(skill)],
  [/before this one (.+) (\S+) is enough/, (text, [skill = "", level = ""]) => text.faults.level(skill, level)],
  [/with leaveEmpty: false nobody is sent on/, (text) => text.faults.grace],
  [/no agent or profile serves .* in a tier above 0/, (text) => text.faults.reserve],
  [/there is no queue (\S+)/, (text, [queue = ""]) => text.faults.queue(queue)],
  [/cannot overflow into itself/, (text) => text.faults.itself],
  [/(\S+) is given twice/, (text, [queue = ""]) => text.faults.twice(queue)],
  [/there is no wrap-up code to choose/, (text) => text.faults.noCodes],
  [/there is no wrap-up code ([^\s:]+)/, (text, [code = ""]) => text.faults.code(code)],
  [/there is no prompt "(.+?)"/, (text, [id = ""]) => text.faults.prompt(id)],
  [/there is no such rule/, (text) => text.faults.gone],
  [/weigh nothing in the strategy/, (text) => text.problems.mostSkilled],
  [/counts in the strategy ring-progressively only/, (text) => text.problems.progressive],
  [/diverts nobody/, (text) => text.problems.noFigure],
  [/there is nothing to say/, (text) => text.problems.noMessages],
  [/counts only with messagesEverySeconds/, (text) => text.problems.noEvery],
];

/** What the server said of a value, in words of the page; `undefined`: nothing that is known here. */
export function said(message: string, text: Texts): string | undefined {
  for (const [pattern, words] of SAID) {
    const found = pattern.exec(message);
    if (found !== null) return words(text, found.slice(1).map((part) => part.replace(/[:;,]$/, "")));
  }
  return undefined;
}

/** The places an answer complains of. */
export function faultsOf({ code, message, details }: Pick<ApiError, "code" | "message" | "details">, text: Texts): Faults {
  const faults: Partial<Record<Rule, Record<string, string>>> = {};
  for (const fault of told(code, message, details)) {
    const [rule = "", ...place] = fault.path;
    if (!isRule(rule)) continue;
    const within = (faults[rule] ??= {});
    within[place.join(".")] ??= said(fault.message, text) ?? text.faults.other;
  }
  return faults;
}

function told(code: string, message: string, details: Readonly<Record<string, unknown>>): readonly Fault[] {
  if (code === "HTL_ACD_RULES_UNUSABLE") return (details["faults"] ?? []) as readonly Fault[];
  if (code !== "HTL_ACD_UNKNOWN_PROMPT") return [];
  const setting = /, ([\w.]+): there is no prompt/.exec(message)?.[1];
  return setting === undefined ? [] : [{ path: setting.split("."), message }];
}
