/** A capability one can choose. */
export interface Choice {
  readonly name: string;
  readonly package: string;
  readonly title: string;
  /** Others that come along. */
  readonly needs: readonly string[];
}

/** In every project. */
export const ALWAYS = ["@hotlinejs/core", "@hotlinejs/media", "@hotlinejs/plugin-directory", "@hotlinejs/plugin-ivr", "@hotlinejs/plugin-sip", "@hotlinejs/plugin-tts", "@hotlinejs/tts-espeak"] as const;
export const ALWAYS_TOOLS = ["@hotlinejs/cli", "@hotlinejs/testing"] as const;

export const choices: readonly Choice[] = [
  { name: "acd", package: "@hotlinejs/plugin-acd", title: "queues and agents", needs: [] },
  { name: "recording", package: "@hotlinejs/plugin-recording", title: "recording, voice mailbox", needs: [] },
  { name: "http", package: "@hotlinejs/plugin-http", title: "HTTP API, sign-in, health", needs: [] },
  { name: "console", package: "@hotlinejs/plugin-console", title: "the staff's pages", needs: ["http"] },
  { name: "tickets", package: "@hotlinejs/plugin-tickets", title: "tickets with serial numbers", needs: ["recording", "http"] },
  { name: "callbacks", package: "@hotlinejs/plugin-callbacks", title: "missed calls are called back", needs: ["acd", "http"] },
  { name: "reports", package: "@hotlinejs/plugin-reports", title: "statistics", needs: ["http"] },
  { name: "webchat", package: "@hotlinejs/plugin-webchat", title: "text chat", needs: ["acd", "http"] },
  { name: "portal", package: "@hotlinejs/plugin-portal", title: "the citizens' web site", needs: ["http", "tickets"] },
];

export const presets: Readonly<Record<string, { readonly title: string; readonly plugins: readonly string[] }>> = {
  minimal: { title: "an agent or a message", plugins: ["acd", "recording"] },
  phone: { title: "telephone hotline: queue, recording, callbacks, console, reports", plugins: ["acd", "recording", "http", "console", "callbacks", "reports"] },
  tickets: { title: "the same with tickets", plugins: ["acd", "recording", "http", "console", "callbacks", "reports", "tickets"] },
  full: { title: "all of it, with chat and the citizens' web site", plugins: choices.map(({ name }) => name) },
};

/** The chosen with what they need, in the order above. */
export function withNeeds(names: readonly string[]): readonly string[] {
  const wanted = new Set<string>();
  const add = (name: string): void => {
    if (wanted.has(name)) return;
    wanted.add(name);
    choices.find((choice) => choice.name === name)?.needs.forEach(add);
  };
  names.forEach(add);
  return choices.map(({ name }) => name).filter((name) => wanted.has(name));
}
