import { DAY_SECONDS, PARTS, RULES, RULE_NAMES, type NumberSpec, type Rule, type RuleSpec } from "./rule-specs.js";

/** A prompt as it stands in the form. */
export interface PromptForm {
  readonly mode: "default" | "none" | "beep" | "text" | "id";
  readonly words: string;
  /** What the configuration gives besides (voice, language, values), kept as it is. */
  readonly rest: Readonly<Record<string, unknown>>;
}

export interface AnnounceForm {
  readonly welcome: PromptForm;
  readonly firstSeconds: string;
  readonly everySeconds: string;
  readonly position: PromptForm;
  readonly next: PromptForm;
  readonly messages: readonly PromptForm[];
  readonly messagesEverySeconds: string;
  readonly messagesFirstSeconds: string;
}

/** `own`: the figure in `percent`; `default`: as the plugin has it. */
export interface TargetForm {
  readonly mode: "default" | "none" | "own";
  readonly percent: string;
}

/** What the fields of a rule hold, by its kind. */
export interface Forms {
  readonly number: string;
  readonly choice: string;
  readonly yes: boolean;
  readonly presence: { readonly mode: "yes" | "no" | "states"; readonly states: readonly string[] };
  readonly levels: string;
  readonly waits: string;
  readonly channels: Readonly<Record<string, string>>;
  readonly codes: readonly string[];
  readonly skillSteps: readonly { readonly after: string; readonly skills: string }[];
  readonly overflow: readonly { readonly after: string; readonly queues: readonly string[] }[];
  readonly divert: { readonly waitSeconds: string; readonly ratio: string; readonly whileWaiting: boolean };
  readonly targets: { readonly connectRate: TargetForm; readonly serviceLevel: TargetForm };
  readonly announce: AnnounceForm;
  readonly prompt: PromptForm;
}

export type RuleForm = Forms[keyof Forms];

/** Why a field cannot be so. */
export type Problem =
  | { readonly is: "number"; readonly spec: NumberSpec }
  | { readonly is: "every" | "levels" | "ascending" | "needed" | "words" | "states" | "percent" | "queue" | "twice" | "noFigure" | "noMessages" | "noEvery" | "configured" | "mostSkilled" | "progressive" };

/** By place within the rule; empty: the rule as a whole. */
export type Problems = Readonly<Record<string, Problem>>;

export interface Outcome {
  /** `undefined`: no value is given. Means nothing where there are problems. */
  readonly value: unknown;
  readonly problems: Problems;
}

const AS_IS: PromptForm = { mode: "default", words: "", rest: {} };

type Fields = Readonly<Record<string, unknown>>;
const asObject = (value: unknown): Fields => (typeof value === "object" && value !== null ? (value as Fields) : {});
const asList = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);
const figure = (value: unknown): string => (typeof value === "number" ? String(value) : "");

/** The value of a rule, as the server has it, in its fields. */
export function formOf(rule: Rule, value: unknown): RuleForm {
  const { kind } = RULES[rule];
  switch (kind) {
    case "number":
      return figure(value);
    case "choice":
      return typeof value === "string" ? value : "";
    case "yes":
      return value === true;
    case "presence":
      return { mode: Array.isArray(value) ? "states" : value === true ? "yes" : "no", states: asList(value).map(String) };
    case "levels":
      return levelsText(value);
    case "waits":
      return asList(value).join(", ");
    case "channels":
      return typeof value === "number" ? { "*": String(value) } : Object.fromEntries(Object.entries(asObject(value)).map(([channel, limit]) => [channel, figure(limit)]));
    case "codes":
      return asList(value).map(String);
    case "skillSteps":
      return asList(value).map((step) => ({ after: figure(asObject(step)["afterSeconds"]), skills: levelsText(asObject(step)["skills"]) }));
    case "overflow":
      return asList(value).map((step) => ({ after: figure(asObject(step)["afterSeconds"]), queues: asList(asObject(step)["queues"]).map(String) }));
    case "divert": {
      const { waitSeconds, ratio, whileWaiting } = asObject(value);
      return { waitSeconds: figure(waitSeconds), ratio: figure(ratio), whileWaiting: whileWaiting === true };
    }
    case "targets":
      return { connectRate: targetForm(asObject(value)["connectRate"]), serviceLevel: targetForm(asObject(value)["serviceLevel"]) };
    case "announce": {
      const { welcome, firstSeconds, everySeconds, position, next, messages, messagesEverySeconds, messagesFirstSeconds } = asObject(value);
      return { welcome: promptForm(welcome), firstSeconds: figure(firstSeconds), everySeconds: figure(everySeconds), position: promptForm(position), next: promptForm(next), messages: asList(messages).map(promptForm), messagesEverySeconds: figure(messagesEverySeconds), messagesFirstSeconds: figure(messagesFirstSeconds) };
    }
    case "prompt":
      return promptForm(value);
  }
}

/** What the fields say, and what in them cannot be so. */
export function outcomeOf(rule: Rule, form: RuleForm): Outcome {
  const problems: Record<string, Problem> = {};
  const value = new Reader(problems).read(RULES[rule], form);
  return { value, problems };
}

/** The same value is written the same, whatever its short forms. */
export function written(rule: Rule, value: unknown): string {
  return canonical(outcomeOf(rule, formOf(rule, value)).value);
}

export function isSame(rule: Rule, form: RuleForm, value: unknown): boolean {
  const { problems, value: typed } = outcomeOf(rule, form);
  return Object.keys(problems).length === 0 && canonical(typed) === written(rule, value);
}

function canonical(value: unknown): string {
  return JSON.stringify(value, (_name, each: unknown) => (typeof each === "object" && each !== null && !Array.isArray(each) ? Object.fromEntries(Object.entries(each).sort(([a], [b]) => (a < b ? -1 : 1))) : each)) ?? "";
}

/** Reads fields, noting what is wrong by its place. */
class Reader {
  constructor(private readonly problems: Record<string, Problem>) {}

  read({ kind, ...spec }: RuleSpec, form: RuleForm): unknown {
    switch (kind) {
      case "number":
        return this.number("", form as Forms["number"], spec as NumberSpec);
      case "choice":
      case "yes":
        return form;
      case "presence": {
        const { mode, states } = form as Forms["presence"];
        if (mode === "states" && states.length === 0) this.tell("", { is: "states" });
        return mode === "states" ? states : mode === "yes";
      }
      case "levels":
        return this.levels("", form as Forms["levels"]);
      case "waits":
        return this.waits(form as Forms["waits"]);
      case "channels":
        return Object.fromEntries(Object.entries(form as Forms["channels"]).flatMap(([channel, text]) => (text.trim() === "" ? [] : [[channel, this.number(channel, text, PARTS.channel)]])));
      case "codes":
        return (form as Forms["codes"]).length === 0 ? undefined : form;
      case "skillSteps":
        return (form as Forms["skillSteps"]).map(({ after, skills }, at) => {
          if (skills.trim() === "") this.tell(`${at}.skills`, { is: "needed" });
          return { afterSeconds: this.number(`${at}.afterSeconds`, after, PARTS.after), skills: this.levels(`${at}.skills`, skills) };
        });
      case "overflow":
        return this.overflow(form as Forms["overflow"]);
      case "divert": {
        const { waitSeconds, ratio, whileWaiting } = form as Forms["divert"];
        if (waitSeconds.trim() === "" && ratio.trim() === "") {
          if (whileWaiting) this.tell("", { is: "noFigure" });
          return undefined;
        }
        return { ...given("waitSeconds", this.number("waitSeconds", waitSeconds, PARTS.waitSeconds)), ...given("ratio", this.number("ratio", ratio, PARTS.ratio)), whileWaiting };
      }
      case "targets": {
        const { connectRate, serviceLevel } = form as Forms["targets"];
        const targets = { ...given("connectRate", this.target("connectRate", connectRate)), ...given("serviceLevel", this.target("serviceLevel", serviceLevel)) };
        return Object.keys(targets).length === 0 ? undefined : targets;
      }
      case "announce":
        return this.announce(form as AnnounceForm);
      case "prompt":
        return this.prompt("", form as PromptForm);
    }
  }

  private tell(place: string, problem: Problem): void {
    this.problems[place] ??= problem;
  }

  private number(place: string, text: string, spec: NumberSpec): number | null | undefined {
    const plain = halfWidth(text).replaceAll(/[\s,，]/g, "");
    if (plain === "" && spec.empty !== undefined) return spec.empty === "null" ? null : undefined;
    const value = /^-?\d+(\.\d+)?$/.test(plain) ? Number(plain) : Number.NaN;
    if (!(value >= spec.min && value <= (spec.max ?? Infinity)) || (spec.whole === true && !Number.isInteger(value))) this.tell(place, { is: "number", spec });
    return value;
  }

  private levels(place: string, text: string): Readonly<Record<string, number>> {
    const pairs = partsOf(text).map((part): readonly [string, number] => {
      const [, name, level] = /^(.*?)(?:[\s=:：]+(\d+(?:\.\d+)?))?$/s.exec(part) ?? [];
      return [(name ?? "").trim(), level === undefined ? 1 : Number(level)];
    });
    if (pairs.some(([name]) => name === "" || /^\d/.test(name)) || new Set(pairs.map(([name]) => name)).size < pairs.length) this.tell(place, { is: "levels" });
    return Object.fromEntries(pairs);
  }

  private waits(text: string): readonly number[] {
    const waits = halfWidth(text).split(/[,，、;；\s]+/).filter((part) => part !== "").map(Number);
    if (waits.some((wait) => !(wait >= 0 && wait <= DAY_SECONDS))) this.tell("", { is: "number", spec: PARTS.after });
    else if (waits.some((wait, at) => wait < (waits[at - 1] ?? 0))) this.tell("", { is: "ascending" });
    return waits;
  }

  private overflow(steps: Forms["overflow"]): unknown {
    const before = new Set<string>();
    return steps.map(({ after, queues }, at) => {
      if (queues.length === 0) this.tell(`${at}.queues`, { is: "queue" });
      if (queues.some((queue) => before.has(queue))) this.tell(`${at}.queues`, { is: "twice" });
      queues.forEach((queue) => before.add(queue));
      return { afterSeconds: this.number(`${at}.afterSeconds`, after, PARTS.after), queues };
    });
  }

  private target(place: string, { mode, percent }: TargetForm): number | null | undefined {
    if (mode !== "own") return mode === "none" ? null : undefined;
    const value = Number(halfWidth(percent).replace(/[%％]/, "").trim());
    if (percent.trim() === "" || !(value >= 0 && value <= 100)) this.tell(place, { is: "percent" });
    // 0.95, not 0.9500000000000001.
    return Math.round(value * 1e6) / 1e8;
  }

  private announce(form: AnnounceForm): unknown {
    const every = Number(halfWidth(form.everySeconds));
    if (form.everySeconds.trim() === "" || !(every === 0 || (every >= 5 && every <= 3600))) this.tell("everySeconds", { is: "every" });
    const between = this.number("messagesEverySeconds", form.messagesEverySeconds, PARTS.messagesEverySeconds);
    const first = this.number("messagesFirstSeconds", form.messagesFirstSeconds, PARTS.messagesFirstSeconds);
    if (form.messages.length === 0) {
      if (between !== undefined) this.tell("messagesEverySeconds", { is: "noMessages" });
      if (first !== undefined) this.tell("messagesFirstSeconds", { is: "noMessages" });
    } else if (first !== undefined && between === undefined) this.tell("messagesFirstSeconds", { is: "noEvery" });
    return {
      ...given("welcome", this.prompt("welcome", form.welcome)),
      firstSeconds: this.number("firstSeconds", form.firstSeconds, PARTS.firstSeconds),
      everySeconds: every,
      ...given("position", this.prompt("position", form.position)),
      ...given("next", this.prompt("next", form.next)),
      messages: form.messages.map((message, at) => this.prompt(`messages.${at}`, message)),
      ...given("messagesEverySeconds", between),
      ...given("messagesFirstSeconds", first),
    };
  }

  private prompt(place: string, { mode, words, rest }: PromptForm): unknown {
    if (mode === "default") return undefined;
    if (mode === "none") return false;
    if (mode === "beep") return "beep";
    if (words.trim() === "") this.tell(place, { is: "words" });
    return { [mode]: words.trim(), ...rest };
  }
}

/** The rules as the form has them together: what one of them says of another. */
export function together(forms: Readonly<Record<Rule, RuleForm>>, touched: readonly Rule[]): Partial<Record<Rule, Problems>> {
  const strategy = forms.strategy as string;
  const near: Partial<Record<Rule, Problems>> = {};
  const concerned = (...rules: readonly Rule[]): boolean => rules.some((rule) => touched.includes(rule));
  if (concerned("skillWeights", "strategy") && (forms.skillWeights as string).trim() !== "" && strategy !== "most-skilled") near.skillWeights = { "": { is: "mostSkilled" } };
  if (concerned("progressSeconds", "strategy") && strategy !== "ring-progressively" && !isSame("progressSeconds", forms.progressSeconds, 10)) near.progressSeconds = { "": { is: "progressive" } };
  return near;
}

/** A rule that somebody edits. */
export interface Edit {
  readonly form: RuleForm;
  /** The value it had when the edit began, as `written`: whether somebody else has changed it since. */
  readonly seen: string;
}

export type Edits = Readonly<Partial<Record<Rule, Edit | undefined>>>;

/** What is sent: a value, or back to what is configured. `version` is that of the rules the edits were looked at with. */
export interface Patch {
  readonly rules: Readonly<Record<string, unknown>>;
  readonly reset: readonly Rule[];
  /** Left empty, though the configuration has a value for it: there is no way to say so. */
  readonly impossible: readonly Rule[];
}

interface Base {
  readonly configured: Fields;
  /** Names of the rules that were changed. */
  readonly made: readonly string[];
}

/** Which rules the edits would change. */
export function dirtyOf(edits: Edits, rules: Fields): readonly Rule[] {
  return RULE_NAMES.filter((rule) => {
    const edit = edits[rule];
    return edit !== undefined && !isTakenBack(rule, edit) && !isSame(rule, edit.form, rules[rule]);
  });
}

/** What the fields of a rule show: the edit, unless it was taken back and the value is another now. */
export function shownForm(rule: Rule, edit: Edit | undefined, value: unknown): RuleForm {
  return edit === undefined || (isTakenBack(rule, edit) && edit.seen !== written(rule, value)) ? formOf(rule, value) : edit.form;
}

/** Somebody typed, and then what was there before. */
function isTakenBack(rule: Rule, { form, seen }: Edit): boolean {
  const { problems, value } = outcomeOf(rule, form);
  return Object.keys(problems).length === 0 && canonical(value) === seen;
}

/** Edits of rules that somebody else has given another value since. */
export function conflictsOf(edits: Edits, rules: Fields): readonly Rule[] {
  return dirtyOf(edits, rules).filter((rule) => edits[rule]?.seen !== written(rule, rules[rule]));
}

export function patchOf(edits: Edits, dirty: readonly Rule[], { configured, made }: Base): Patch {
  const rules: Record<string, unknown> = {};
  const reset: Rule[] = [];
  const impossible: Rule[] = [];
  for (const rule of dirty) {
    const edit = edits[rule] as Edit;
    const { value } = outcomeOf(rule, edit.form);
    if (isSame(rule, edit.form, configured[rule]) && made.includes(rule)) reset.push(rule);
    else if (value === undefined) {
      // Of its parts each may be left out, so that none need be there.
      if (rule === "targets") rules[rule] = {};
      else impossible.push(rule);
    } else rules[rule] = value;
  }
  return { rules, reset, impossible };
}

/** Names and figures separated by commas of either script. */
function partsOf(text: string): readonly string[] {
  return halfWidth(text).split(/[,，、;；\n]+/).map((part) => part.trim()).filter((part) => part !== "");
}

function levelsText(value: unknown): string {
  return (Array.isArray(value) ? value.map((name) => `${String(name)} 1`) : Object.entries(asObject(value)).map(([name, level]) => `${name} ${String(level)}`)).join(", ");
}

function targetForm(value: unknown): TargetForm {
  return value === undefined ? { mode: "default", percent: "" } : value === null ? { mode: "none", percent: "" } : { mode: "own", percent: String(Math.round((value as number) * 1e6) / 1e4) };
}

/** The prompt `beep` is the beep only where one can be chosen; elsewhere nobody calls a prompt so. */
export function promptForm(value: unknown): PromptForm {
  if (value === undefined) return AS_IS;
  if (value === false) return { ...AS_IS, mode: "none" };
  if (value === "beep") return { ...AS_IS, mode: "beep" };
  if (typeof value === "string") return { ...AS_IS, mode: "id", words: value };
  const { text, id, ...rest } = asObject(value);
  return typeof text === "string" ? { mode: "text", words: text, rest } : { mode: "id", words: String(id), rest };
}

function given(name: string, value: unknown): Fields {
  return value === undefined ? {} : { [name]: value };
}

function halfWidth(text: string): string {
  return text.replaceAll(/[０-９．]/g, (sign) => String.fromCharCode(sign.charCodeAt(0) - 0xfee0));
}

