import type { SupervisionTexts } from "./texts.js";

/** Within what time something is answered in time, by channel. */
export function levelWords(levels: Readonly<Record<string, number>>, text: Pick<SupervisionTexts, "calls" | "channels" | "others" | "units">): string {
  const named = Object.keys(levels).filter((channel) => channel !== "*");
  const rest = levels["*"];
  const parts = named.map((channel) => `${channel === "voice" ? text.calls : (text.channels[channel] ?? channel)} ${time(levels[channel] as number, text)}`);
  if (rest !== undefined) parts.push(named.length === 0 ? time(rest, text) : `${text.others} ${time(rest, text)}`);
  return parts.join(" · ");
}

function time(seconds: number, { units }: Pick<SupervisionTexts, "units">): string {
  if (seconds >= 7_200 && seconds % 3_600 === 0) return units.hours(seconds / 3_600);
  return seconds >= 120 && seconds % 60 === 0 ? units.minutes(seconds / 60) : units.seconds(seconds);
}
