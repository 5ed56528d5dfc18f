import { formOf, type Forms, type Problem, type PromptForm, type TargetForm } from "./rule-values.js";
import { RULES, type NumberSpec, type Rule } from "./rule-specs.js";
import type { Texts } from "./texts.js";

/** What a rule may name. */
export interface Names {
  /** Key -> name. */
  readonly queues: ReadonlyMap<string, string>;
  readonly codes: ReadonlyMap<string, string>;
}

/** A rule's value, told in a line. */
export function valueWords(rule: Rule, value: unknown, text: Texts, names: Names): string {
  const spec = RULES[rule];
  const form = formOf(rule, value);
  const list = (keys: readonly string[], words: Readonly<Record<string, string>> | ReadonlyMap<string, string>): string => keys.map((key) => (words instanceof Map ? words.get(key) : (words as Readonly<Record<string, string>>)[key]) ?? key).join(text.separator);
  switch (spec.kind) {
    case "number":
      if (value === undefined || value === null) return rule === "maxLength" ? text.unlimited : rule === "wrapUpSeconds" ? text.system : text.never;
      return text.value(form as string, text.units[spec.unit]);
    case "choice":
      return choiceWords(rule, form as string, text);
    case "yes":
      return value === true ? text.yes : text.no;
    case "presence": {
      const { mode, states } = form as Forms["presence"];
      return mode === "states" ? `${text.presenceStates[rule] ?? ""} ${list(states, text.states)}` : text.presence[mode];
    }
    case "levels":
    case "waits":
      return (form as string) === "" ? text.none : spec.kind === "waits" ? text.value(form as string, text.units.seconds) : (form as string);
    case "channels": {
      const limits = Object.entries(form as Forms["channels"]);
      return limits.length === 0 ? text.system : limits.map(([channel, limit]) => `${text.channels[channel] ?? channel} ${text.value(limit, text.units.seconds)}`).join(text.separator);
    }
    case "codes":
      return (form as readonly string[]).length === 0 ? text.all : list(form as readonly string[], names.codes);
    case "skillSteps":
      return steps((form as Forms["skillSteps"]).map(({ after, skills }) => text.step(after, skills)), text);
    case "overflow":
      return steps((form as Forms["overflow"]).map(({ after, queues }) => text.step(after, list(queues, names.queues))), text);
    case "divert": {
      const { waitSeconds, ratio } = form as Forms["divert"];
      return steps([...(waitSeconds === "" ? [] : [text.divert.waitWords(waitSeconds)]), ...(ratio === "" ? [] : [text.divert.ratioWords(ratio)])], text);
    }
    case "targets": {
      const { connectRate, serviceLevel } = form as Forms["targets"];
      return [text.named(text.targets.connectRate, targetWords(connectRate, text)), text.named(text.targets.serviceLevel, targetWords(serviceLevel, text))].join(text.between);
    }
    case "announce": {
      const { welcome, firstSeconds, everySeconds, position, next, messages, messagesEverySeconds, messagesFirstSeconds } = form as Forms["announce"];
      const figure = (name: "firstSeconds" | "everySeconds" | "messagesEverySeconds" | "messagesFirstSeconds", each: string): readonly string[] => (each === "" ? [] : [text.named(text.announce[name], text.value(each, text.units.seconds))]);
      const prompt = (name: "position" | "next", each: PromptForm): readonly string[] => (each.mode === "default" ? [] : [text.named(text.announce[name], promptWords(each, text))]);
      return [
        text.named(text.announce.welcome, promptWords(welcome, text)),
        ...figure("firstSeconds", firstSeconds),
        ...figure("everySeconds", everySeconds),
        ...prompt("position", position),
        ...prompt("next", next),
        text.named(text.announce.messages, messages.length === 0 ? text.none : messages.map((each) => promptWords(each, text)).join(text.separator)),
        ...figure("messagesEverySeconds", messagesEverySeconds),
        ...figure("messagesFirstSeconds", messagesFirstSeconds),
      ].join(text.between);
    }
    case "prompt":
      return promptWords(form as PromptForm, text);
  }
}

/** A strategy that goes by the name of another switch is told by that. */
export function choiceWords(rule: Rule, choice: string, text: Texts): string {
  return (rule === "strategy" ? text.strategies : text.staff)[choice] ?? (choice === "" ? "–" : choice);
}

export function problemWords(problem: Problem, text: Texts): string {
  const words = text.problems;
  if (problem.is !== "number") return words[problem.is];
  const { min, max, unit, whole } = problem.spec;
  if (max === undefined) return min === -Infinity ? words.anyNumber : words.least(String(min));
  return (whole === true ? words.whole : words.number)(text.bounds(figureWords(min), figureWords(max), text.units[unit]));
}

/** What may be filled in, where both ends are known. */
export function boundsWords({ min, max, unit }: NumberSpec, text: Texts): string | undefined {
  return max === undefined ? undefined : text.bounds(figureWords(min), figureWords(max), text.units[unit]);
}

function figureWords(figure: number): string {
  return figure.toLocaleString("en");
}

function steps(told: readonly string[], text: Texts): string {
  return told.length === 0 ? text.none : told.join(text.separator);
}

function targetWords({ mode, percent }: TargetForm, text: Texts): string {
  return mode === "own" ? `≥ ${percent}%` : text.targets[mode];
}

function promptWords({ mode, words }: PromptForm, text: Texts): string {
  return mode === "text" ? `«${words}»` : mode === "id" ? `${text.prompt.id} ${words}` : text.prompt[mode];
}

