import { defineErrors } from "@hotlinejs/core";

export const errors = defineErrors("WEBCHAT", {
  TOO_MANY: { message: "Too many chats or messages from here. Try again in %s minutes", status: 429 },
  NOT_FOUND: { message: "There is no chat %s", status: 404 },
  NO_CHAT: { message: "There is no chat for this browser. Open one first", status: 404 },
  ENDED: { message: "The chat is over. Open a new one", status: 409 },
  NOT_OFFERED: { message: "The chat is no longer offered to %s: somebody else has it, or the citizen has gone", status: 409 },
  NOT_YOURS: { message: "The chat is served by another agent", status: 403 },
  NO_AGENT: { message: "This account has no agent number and cannot serve chats", status: 403 },
  NO_TICKETS: { message: "There are no tickets here. Add plugin-tickets", status: 501 },
});
