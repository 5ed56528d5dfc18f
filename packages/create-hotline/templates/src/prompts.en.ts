export const language = "en-US";

export const names = { hotline: "My hotline", queue: "General", agent: "Agent 1001" };

const choices = [
  "For an agent press 1", // with acd
  "To leave a message press 2", // with recording
  "To report a problem press 3, to hear what became of it press 4", // with tickets
];

/** What callers hear. Texts are spoken; `file` names a recorded WAV instead. */
export const prompts = [
  { id: "welcome", text: `Hello and welcome. ${choices.join(". ")}.` },
  { id: "bye", text: "Thank you for calling. Goodbye." },
];
