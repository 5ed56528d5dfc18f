/** What a figure counts. */
export type Unit = "seconds" | "hours" | "days" | "people" | "times" | "points";

/** A figure in a field, with its bounds as the server has them. */
export interface NumberSpec {
  readonly unit: Unit;
  readonly min: number;
  /** Absent: none. */
  readonly max?: number;
  readonly whole?: true;
  /** What an empty field stands for: the value `null`, or no value at all. Absent: it must be filled in. */
  readonly empty?: "null" | "none";
}

export type RuleSpec =
  | ({ readonly kind: "number" } & NumberSpec)
  | { readonly kind: "choice"; readonly options: readonly string[] }
  | { readonly kind: "yes" }
  /** Yes, no, or while every agent is in one of some states. */
  | { readonly kind: "presence" }
  /** Skill and figure, `law 2, tax 1`. */
  | { readonly kind: "levels" }
  /** `30, 60`, ascending. */
  | { readonly kind: "waits" }
  | { readonly kind: "channels" }
  | { readonly kind: "codes" }
  | { readonly kind: "skillSteps" }
  | { readonly kind: "overflow" }
  | { readonly kind: "divert" }
  | { readonly kind: "targets" }
  | { readonly kind: "announce" }
  /** `silent`: nothing may be said; `beep`: or a beep. */
  | { readonly kind: "prompt"; readonly silent: true; readonly beep?: true };

/** The own names of the server's; others that it understands stay in the list where they are set. */
export const STRATEGIES = ["longest-idle", "least-recent", "fewest-calls", "least-talk-time", "round-robin", "top-down", "random", "weighted-random", "most-skilled", "ring-all", "ring-progressively"] as const;
export const STATES = ["offline", "unreachable", "not-ready", "available", "on-demand", "held", "occupied", "reserved", "busy", "wrap-up"] as const;
/** Of the hotline's own plugins, and all others. */
export const CHANNELS = ["voice", "chat", "email", "fax", "*"] as const;

export const DAY_SECONDS = 86_400;
export const LONG_SECONDS = 604_800;
const seconds = (min: number, max: number, empty?: "null" | "none"): RuleSpec => ({ kind: "number", unit: "seconds", min, max, ...(empty === undefined ? {} : { empty }) });

/** Every rule that can be changed while the hotline runs, by its part of the form, in the order of the fields. */
export const SECTIONS = {
  share: {
    strategy: { kind: "choice", options: STRATEGIES },
    weight: { kind: "number", unit: "points", min: -Infinity },
    progressSeconds: seconds(1, 300),
    ringTimeoutSeconds: seconds(1, 300),
    wrapUpSeconds: seconds(0, 3600, "none"),
    onDemandAfterSeconds: seconds(0, DAY_SECONDS, "null"),
    stickyDays: { kind: "number", unit: "days", min: 0, max: 365, whole: true },
    preferredSeconds: seconds(0, 3600),
    pauseAfterMisses: { kind: "number", unit: "times", min: 0, max: 100, whole: true },
    rejectDelaySeconds: seconds(0, 3600),
    noAnswerDelaySeconds: seconds(0, 3600),
    busyDelaySeconds: seconds(0, 3600),
  },
  wait: {
    maxWaitSeconds: seconds(0, DAY_SECONDS),
    maxLength: { kind: "number", unit: "people", min: 0, max: 100_000, whole: true, empty: "null" },
    regainSeconds: seconds(0, DAY_SECONDS),
    keptPlaceHours: { kind: "number", unit: "hours", min: 0, max: 240 },
    emptyGraceSeconds: seconds(0, 3600),
    staff: { kind: "choice", options: ["reachable", "ready"] },
    joinEmpty: { kind: "presence" },
    leaveEmpty: { kind: "presence" },
    divert: { kind: "divert" },
  },
  skills: {
    overflow: { kind: "overflow" },
    tiersAfterSeconds: { kind: "waits" },
    skills: { kind: "levels" },
    relaxSkillsAfterSeconds: seconds(0, DAY_SECONDS, "none"),
    skillWeights: { kind: "levels" },
    skillSteps: { kind: "skillSteps" },
  },
  sounds: {
    announce: { kind: "announce" },
    connectPrompt: { kind: "prompt", silent: true },
    whisper: { kind: "prompt", silent: true, beep: true },
  },
  after: {
    wrapUpCodes: { kind: "codes" },
    wrapUpCodeRequired: { kind: "yes" },
    serviceLevelSeconds: { kind: "channels" },
    targets: { kind: "targets" },
    shortAbandonSeconds: seconds(0, 600),
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, RuleSpec>>>>;

export type Section = keyof typeof SECTIONS;
export type Rule = { [S in Section]: keyof (typeof SECTIONS)[S] }[Section];

export const SECTION_NAMES = Object.keys(SECTIONS) as Section[];
export const RULES: Readonly<Record<Rule, RuleSpec>> = Object.assign({}, ...Object.values(SECTIONS)) as Record<Rule, RuleSpec>;
export const RULE_NAMES = Object.keys(RULES) as Rule[];

export function isRule(name: string): name is Rule {
  return Object.hasOwn(RULES, name);
}

export function sectionOf(rule: Rule): Section {
  return SECTION_NAMES.find((section) => Object.hasOwn(SECTIONS[section], rule)) as Section;
}

/** Figures within the rules that have several. */
export const PARTS = {
  after: { unit: "seconds", min: 0, max: DAY_SECONDS },
  waitSeconds: { unit: "seconds", min: 0, max: DAY_SECONDS, empty: "none" },
  ratio: { unit: "people", min: 0, empty: "none" },
  firstSeconds: { unit: "seconds", min: 1, max: 3600 },
  messagesEverySeconds: { unit: "seconds", min: 5, max: 3600, empty: "none" },
  messagesFirstSeconds: { unit: "seconds", min: 1, max: 3600, empty: "none" },
  channel: { unit: "seconds", min: 1, max: LONG_SECONDS, empty: "none" },
} as const satisfies Readonly<Record<string, NumberSpec>>;
