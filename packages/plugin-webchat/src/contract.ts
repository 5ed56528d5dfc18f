import { token } from "@hotlinejs/core";

/**
 * ```
 * waiting --an agent accepts--> active --either ends it--> ended
 *   |  \--queue full, nobody there, too long--> unserved --(the citizen writes again)--> waiting
 *   |--the citizen leaves--> ended
 *   \--(and active)--the process died--> interrupted --(the citizen comes back)--> waiting
 * ```
 */
export type ChatState = "waiting" | "active" | "unserved" | "interrupted" | "ended";

export interface ChatMessage {
  readonly id: string;
  /** From 1, without a gap within a chat. */
  readonly seq: number;
  readonly from: "citizen" | "agent" | "system";
  /** Plain text. */
  readonly text: string;
  readonly at: number;
}

export interface ChatView {
  readonly id: string;
  readonly state: ChatState;
  readonly queue: string;
  /** The interaction of the present stay; an interrupted chat goes on in another. */
  readonly interactionId: string | null;
  /** As the citizen gave it. */
  readonly name: string | null;
  readonly topic: string | null;
  /** 工号 of who serves it, or is asked to. */
  readonly agent: string | null;
  /** An agent is being asked now. */
  readonly offered: boolean;
  readonly ticketId: string | null;
  readonly ticketSerial: string | null;
  readonly startedAt: number;
  readonly answeredAt: number | null;
  readonly endedAt: number | null;
  readonly lastSeq: number;
}

export interface NewChat {
  readonly name?: string;
  readonly topic?: string;
  /** The first thing the citizen says. */
  readonly text: string;
  /** BCP 47, default `zh-CN`. */
  readonly language?: string;
  /** Address of the browser, for limits and the interaction; never shown. */
  readonly from: string;
}

/** Text chats between citizens in the browser and agents, through the queue of all channels. */
export interface Webchat {
  /** Opens a chat and puts it into the queue. `token` is the citizen's key to it, told once. Rejects with `HTL_WEBCHAT_TOO_MANY`, `HTL_WEBCHAT_CLOSED`. */
  open(chat: NewChat): Promise<{ readonly token: string; readonly chat: ChatView }>;
  /** The chat of a token. Coming back to an interrupted one puts it into the queue again. */
  byToken(token: string): Promise<ChatView | undefined>;
  get(id: string): Promise<ChatView | undefined>;
  messages(id: string, options?: { readonly after?: number }): Promise<readonly ChatMessage[]>;
  /** `clientId`: the same twice is one message. Rejects with `HTL_WEBCHAT_ENDED`. */
  say(id: string, from: "citizen" | { readonly agent: string }, text: string, options?: { readonly clientId?: string }): Promise<ChatMessage>;
  /** The answer to an offer. Too late, or asked of another: `HTL_WEBCHAT_NOT_OFFERED`. */
  answer(id: string, agent: string, accept: boolean): Promise<ChatView>;
  end(id: string, by: "citizen" | { readonly agent: string }): Promise<ChatView>;
  /** Chats an agent has, or is asked to take. */
  ofAgent(agent: string): Promise<readonly ChatView[]>;
  /** A ticket with the transcript, of the chat's interaction. Once: a second time gives the same. */
  ticket(id: string, input: { readonly kind: string; readonly category?: string | null; readonly summary: string; readonly contactName?: string | null; readonly contactNumber?: string | null; readonly actor: string }): Promise<{ readonly id: string; readonly serial: string; readonly queryCode: string }>;
  /** Tells what changes in a chat: a state, a message. Returns an unsubscribe. */
  watch(id: string, listener: (change: { readonly chat: ChatView; readonly message?: ChatMessage }) => void): () => void;
}

export const WEBCHAT = token<Webchat>("webchat.webchat");

declare module "@hotlinejs/core" {
  interface EventMap {
    /** A citizen opened a chat and waits. */
    "webchat.opened": { chatId: string; interactionId: string; queue: string };
    /** Durable. A chat is over. */
    "webchat.ended": { chatId: string; interactionId: string | null; /** Who ended it: `citizen`, `agent` or `idle` (nobody said anything for long). */ by: string; ticketId: string | null };
  }
}
