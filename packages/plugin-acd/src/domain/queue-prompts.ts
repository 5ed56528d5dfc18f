import type { PromptRef, PromptValues } from "@hotlinejs/core";

interface Texts {
  readonly welcome: string;
  readonly position: string;
  /** First in line, and not for long. */
  readonly next: string;
  /** First in line, all the same for minutes. */
  readonly nextWait: string;
  readonly connect: string;
  readonly lost: string;
  readonly noAgents: string;
  readonly full: string;
  readonly timeout: string;
  readonly closed: string;
}

const chinese: Texts = {
  welcome: "正在为您转接人工坐席，请稍候。",
  position: "您前面还有{{position|number}}位，预计等待{{waitMinutes|minutes}}，请稍候。",
  next: "您是下一位，马上为您接通，请稍候。",
  nextWait: "您是下一位，预计等待{{waitMinutes|minutes}}，请稍候。",
  connect: "工号{{agentNo|digits}}为您服务。",
  lost: "抱歉，与坐席的通话中断了，正在为您接通下一位坐席，请稍候。",
  noAgents: "抱歉，当前没有坐席在岗，请稍后再拨。",
  full: "抱歉，当前来电较多，请稍后再拨。",
  timeout: "抱歉，坐席全忙，请稍后再拨。",
  closed: "抱歉，现在是非服务时间，请在服务时间再拨。",
};

const english: Texts = {
  welcome: "Please hold while we connect you to an agent.",
  position: "There are {{position|number}} callers before you. The expected wait is {{waitMinutes|minutes}}. Please hold.",
  next: "You are next. Please hold.",
  nextWait: "You are next. The expected wait is {{waitMinutes|minutes}}. Please hold.",
  connect: "Agent {{agentNo|digits}} is at your service.",
  lost: "Sorry, you have lost the agent. Please hold, you are next for another one.",
  noAgents: "Sorry, no agent is on duty at the moment. Please call again later.",
  full: "Sorry, all lines are busy. Please call again later.",
  timeout: "Sorry, all agents are busy. Please call again later.",
  closed: "Sorry, we are closed now. Please call again during office hours.",
};

/** The plugin's own words, where a queue does not bring prompts. */
export function defaultPrompt(name: keyof Texts, language: string): PromptRef {
  return { text: (language.toLowerCase().startsWith("en") ? english : chinese)[name] };
}

/** Minutes as they are told: whole ones up to ten, then in steps of five; never less than one. */
export function toldMinutes(waitMs: number): number {
  const minutes = Math.max(1, Math.ceil(waitMs / 60_000));
  return minutes <= 10 ? minutes : Math.ceil(minutes / 5) * 5;
}

/** The prompt with values; its own win. */
export function withValues(ref: PromptRef, values: PromptValues): PromptRef {
  if (typeof ref === "string") return { id: ref, values };
  return { ...ref, values: { ...values, ...ref.values } };
}

/** What a key leads to, guessed from the name of its outcome. */
const PURPOSES: readonly (readonly [purpose: "kept" | "callback" | "voicemail" | "menu", name: RegExp])[] = [
  ["kept", /^kept$/],
  ["callback", /call-?back|ring-?back/i],
  ["voicemail", /voice-?mail|message|record/i],
  ["menu", /menu|ivr|self|main|start/i],
];

const EXITS = {
  zh: { kept: (key: string) => `如需保留排队位置由我们给您回电，请按${key}。`, callback: (key: string) => `如需我们给您回电，请按${key}。`, voicemail: (key: string) => `留言请按${key}。`, menu: (key: string) => `返回自助服务请按${key}。`, other: (key: string) => `不再等候请按${key}。`, star: "星号键", hash: "井号键" },
  en: { kept: (key: string) => `To keep your place and be called back, press ${key}. `, callback: (key: string) => `To be called back, press ${key}. `, voicemail: (key: string) => `To leave a message, press ${key}. `, menu: (key: string) => `For the menu, press ${key}. `, other: (key: string) => `To stop waiting, press ${key}. `, star: "star", hash: "hash" },
};

/**
 * The keys that leave a queue, in words.
 *
 * @param exits key -> name of the outcome it leads to
 */
export function exitKeysPrompt(exits: ReadonlyMap<string, string>, language: string): PromptRef {
  const words = EXITS[language.toLowerCase().startsWith("en") ? "en" : "zh"];
  const spoken = (key: string): string => (key === "*" ? words.star : key === "#" ? words.hash : key);
  const told = new Map<string, string>();
  // Keys with the same outcome are told once.
  for (const [key, outcome] of exits) if (!told.has(outcome)) told.set(outcome, words[PURPOSES.find(([, name]) => name.test(outcome))?.[0] ?? "other"](spoken(key)));
  return { text: [...told.values()].join("").trim() };
}
