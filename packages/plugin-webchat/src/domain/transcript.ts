import type { ChatMessage } from "../contract.js";

const senders: Readonly<Record<ChatMessage["from"], string>> = { citizen: "来访者", agent: "坐席", system: "系统" };

/** The conversation as it is put into a ticket: every word of it, with time and speaker. */
export function transcript(messages: readonly ChatMessage[], timezone: string): string {
  const time = new Intl.DateTimeFormat("sv-SE", { timeZone: timezone, dateStyle: "short", timeStyle: "medium" });
  return messages.map((message) => `[${time.format(message.at)}] ${senders[message.from]}：${message.text}`).join("\n");
}

/** What a chat is about, for a ticket nobody has written a summary for. */
export function summaryOf(topic: string | null, messages: readonly ChatMessage[], most: number): string {
  const first = topic ?? messages.find((message) => message.from === "citizen")?.text ?? "";
  const line = first.replace(/\s+/g, " ").trim();
  return [...line].length > most ? `${[...line].slice(0, most - 1).join("")}…` : line;
}
