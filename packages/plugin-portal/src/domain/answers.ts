import type { TextKey } from "./texts.js";

/** What a citizen has answered so far. Text as typed, so that nothing has to be typed again. */
export interface Answers {
  readonly kind?: string;
  readonly summary?: string;
  readonly content?: string;
  readonly district?: string;
  readonly place?: string;
  readonly anonymous?: boolean;
  readonly confidential?: boolean;
  readonly name?: string;
  readonly phone?: string;
  readonly email?: string;
}

export const steps = ["kind", "what", "where", "contact", "check"] as const;
export type Step = (typeof steps)[number];

export interface Problem {
  /** Name of the field. */
  readonly field: keyof Answers;
  readonly text: TextKey;
  readonly values?: Readonly<Record<string, number | string>>;
}

export interface AnswerRules {
  readonly kinds: readonly { readonly key: string; readonly anonymousAllowed: boolean }[];
  readonly districts: readonly string[];
}

export const MOST = { summary: 80, content: 5_000, place: 200, name: 50, email: 254 } as const;

type Form = Readonly<Record<string, string | readonly string[] | undefined>>;

/** The answers of a step's form, put over the earlier ones. */
export function withForm(step: Step, answers: Answers, form: Form): Answers {
  const text = (name: string): string => {
    const value = form[name];
    return (typeof value === "string" ? value : (value?.[0] ?? "")).replaceAll("\r\n", "\n").trim();
  };
  switch (step) {
    case "kind":
      return { ...answers, kind: text("kind") };
    case "what":
      return { ...answers, summary: text("summary"), content: text("content") };
    case "where":
      return { ...answers, district: text("district"), place: text("place") };
    case "contact":
      return { ...answers, anonymous: text("anonymous") === "yes", confidential: text("confidential") === "yes", name: text("name"), phone: halfWidth(text("phone")), email: text("email") };
    case "check":
      return answers;
  }
}

/** What is wrong with the answers of a step; `check` looks at all of them. */
export function problemsOf(step: Step, answers: Answers, rules: AnswerRules): readonly Problem[] {
  if (step === "check") return steps.slice(0, -1).flatMap((each) => problemsOf(each, answers, rules));
  const problems: Problem[] = [];
  const add = (field: Problem["field"], text: TextKey, values?: Problem["values"]): void => void problems.push(values === undefined ? { field, text } : { field, text, values });
  const tooLong = (field: keyof typeof MOST): void => {
    const length = [...(answers[field] ?? "")].length;
    if (length > MOST[field]) add(field, "tooLong", { most: MOST[field], length });
  };
  const kind = rules.kinds.find((each) => each.key === answers.kind);
  if (step === "kind" && kind === undefined) add("kind", "kindMissing");
  if (step === "what") {
    if ((answers.summary ?? "") === "") add("summary", "summaryMissing");
    tooLong("summary");
    if ((answers.content ?? "") === "") add("content", "contentMissing");
    tooLong("content");
  }
  if (step === "where") {
    if ((answers.district ?? "") !== "" && !rules.districts.includes(answers.district ?? "")) add("district", "districtUnknown");
    tooLong("place");
  }
  if (step === "contact" && answers.anonymous === true && kind?.anonymousAllowed !== true) add("anonymous", "anonymousNotAllowed");
  if (step === "contact" && answers.anonymous !== true) {
    if ((answers.name ?? "") === "") add("name", "nameMissing");
    tooLong("name");
    const [phone, email] = [answers.phone ?? "", answers.email ?? ""];
    if (phone === "" && email === "") add("phone", "contactMissing");
    const digits = phone.replace(/[\s-]/g, "");
    if (phone !== "" && !/^\+?\d+$/.test(digits)) add("phone", "phoneCharacters");
    else if (phone !== "" && digits.startsWith("1") && digits.length !== 11) add("phone", "mobileLength", { length: digits.length });
    else if (phone !== "" && (digits.length < 7 || digits.length > 15)) add("phone", "phoneLength", { length: digits.length });
    if (email !== "" && (!/^[^\s@<>,;]+@[^\s@<>,;]+\.[^\s@<>,;]+$/.test(email) || email.length > MOST.email)) add("email", "emailShape");
  }
  return problems;
}

/** The first step whose answers are not complete: nobody skips ahead by address. */
export function firstOpen(answers: Answers, rules: AnswerRules): Step {
  return steps.find((step) => step === "check" || problemsOf(step, answers, rules).length > 0) ?? "check";
}

/** Digits as they are dialled. */
export function dialled(phone: string): string {
  return phone.replace(/[\s-]/g, "");
}

function halfWidth(text: string): string {
  return text.replace(/[０-９＋－]/g, (char) => String.fromCharCode(char.charCodeAt(0) - 0xfee0));
}
