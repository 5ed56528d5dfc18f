import type { Status } from "./status.js";
import { defineTexts, type Language } from "./texts.js";

/** What there is to know of an agent to say what they are at. */
export interface AgentStanding {
  /** State as call distribution names it. */
  readonly state: string;
  /** Channels of what the agent has. */
  readonly channels: readonly string[];
  /** Why the agent is not ready, in both languages. */
  readonly reasonName: string | null;
  readonly reasonNameEn: string | null;
}

const words = defineTexts({
  zh: { offline: "未签入", unreachable: "话机未注册", "not-ready": "示忙", available: "示闲", "on-demand": "待命", held: "示闲", occupied: "通话中", reserved: "振铃", busy: "通话中", "wrap-up": "话后整理", chatting: "会话中", writing: "办理来件" },
  en: { offline: "Signed out", unreachable: "Phone offline", "not-ready": "Not ready", available: "Ready", "on-demand": "On demand", held: "Ready", occupied: "On a call", reserved: "Ringing", busy: "On a call", "wrap-up": "Wrap-up", chatting: "In a chat", writing: "On a letter" },
});

type Word = keyof (typeof words)["zh"];

const TONES: Readonly<Record<Word, Status>> = { offline: "after", unreachable: "fault", "not-ready": "after", available: "ready", "on-demand": "ready", held: "ready", occupied: "live", reserved: "ringing", busy: "live", "wrap-up": "after", chatting: "chat", writing: "open" };

/** What an agent is at, for others to see: who writes is not on the telephone, who is on a break has a reason. */
export function agentStatus({ state, channels, reasonName, reasonNameEn }: AgentStanding, language: Language): readonly [Status, string] {
  const reason = state === "not-ready" ? (language === "en" ? reasonNameEn : reasonName) : null;
  const written = state === "busy" && channels.length > 0 && !channels.includes("voice");
  const word = written ? (channels.includes("chat") ? "chatting" : "writing") : (state as Word);
  return [TONES[word] ?? "after", reason ?? words[language][word] ?? state];
}
