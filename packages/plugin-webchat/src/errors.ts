import { defineErrors } from "@hotlinejs/core";

export const errors = defineErrors("WEBCHAT", {
  TOO_MANY: { message: "Too many chats or messages from here. Try again in %s minutes", status: 429 },
  NOT_FOUND: { message: "There is no chat %s", status: 404 },
  NO_CHAT: { message: "There is no chat for this browser. Open one first", status: 404 },
  ENDED: { message: "The chat is over. Open a new one", status: 409 },
  NOT_OFFERED: { message: "The chat is no longer offered to %s: somebody else has it, or the citizen has gone", status: 409 },
  NOT_YOURS: { message: "The chat is served by another agent", status: 403 },
  NOT_ACTIVE: { message: "The chat is %s: only one that an agent serves can be given away", status: 409 },
  TRANSFERRING: { message: "The chat is being given away already. Cancel that first", status: 409 },
  NO_TARGET: { message: "A chat cannot be given to %s: there is no such agent or queue that serves chats, or it is its own", status: 404 },
  AGENT_AWAY: { message: "Agent %s takes no chats now", status: 409 },
  SCREEN_UNUSABLE: { message: "What the screen shows of the chat is not kept: %s", status: 400 },
  NO_AGENT: { message: "This account has no agent number and cannot serve chats", status: 403 },
  NO_TICKETS: { message: "There are no tickets here. Add plugin-tickets", status: 501 },
});
