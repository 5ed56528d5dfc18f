import type { FlowDefinition } from "@hotlinejs/plugin-ivr/contract";
import { language } from "./prompts.js";

const keys = [
  "1", // with acd
  "2", // with recording
  "34", // with tickets
];

/** Where a caller without a choice of their own is led. */
const otherwise = [
  "agent", // with acd
  "message", // with recording
  "bye",
][0];

/** The conversation of a call. `npx hotline check` finds what is wrong with it. */
export const flow: FlowDefinition = {
  id: "main",
  language,
  start: "welcome",
  nodes: [
    {
      id: "welcome",
      type: "menu",
      prompt: "welcome",
      keys: keys.join(""),
      on: {
        "1": "agent", // with acd
        "2": "message", // with recording
        "3": "complaint", // with tickets
        "4": "status", // with tickets
        timeout: otherwise,
        invalid: otherwise,
      },
    },
    { id: "agent", type: "queue", queue: "general", on: { answered: "bye", timeout: "message", full: "message", "no-agents": "message" } }, // with acd recording
    { id: "agent", type: "queue", queue: "general", next: "bye" }, // with acd without recording
    { id: "message", type: "voicemail", next: "bye" }, // with recording
    { id: "complaint", type: "complaint", next: "bye" }, // with tickets
    { id: "status", type: "ticketStatus", next: "bye" }, // with tickets
    { id: "bye", type: "hangup", prompt: "bye" },
  ],
} as FlowDefinition;
