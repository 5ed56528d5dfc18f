import { token } from "@hotlinejs/core";

/**
 * ```
 * waiting --an agent accepts--> active --either ends it--> ended
 *   |  \--queue full, nobody there, too long--> unserved --(the citizen writes again)--> waiting
 *   |--the citizen leaves--> ended     active --a colleague takes it--> active
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
  /** Its agent gives it away; `null`: not now. Shown to agents alone, as is `givenBy`. */
  readonly transfer: ChatTransfer | null;
  /** Who gave it to its agent, the last one. */
  readonly givenBy: { /** 工号. */ readonly agent: string; readonly name: string; /** Epoch ms. */ readonly at: number } | null;
  readonly ticketId: string | null;
  readonly ticketSerial: string | null;
  readonly startedAt: number;
  readonly answeredAt: number | null;
  readonly endedAt: number | null;
  readonly lastSeq: number;
}

/** To whom a chat can be given: an agent (工号), or whoever a queue finds. */
export type ChatTarget = { readonly agent: string } | { readonly queue: string };

/** A chat that is being given away. Until somebody has taken it, it stays with its agent, who can go on writing. */
export interface ChatTransfer {
  /** 工号 of who gives it. */
  readonly from: string;
  readonly to: ChatTarget;
  /** 工号 of who is being asked now. */
  readonly asked: string | null;
  /** Epoch ms. */
  readonly since: number;
}

/** What an agent had begun to type about a chat: it goes with the chat to the next agent. */
export interface ChatScreen {
  /** The key names object and form; `at` is the time of the last change, epoch ms. */
  readonly drafts: readonly { readonly key: string; readonly at: number; readonly values: Readonly<Record<string, unknown>> }[];
}

/** A screen that was given. */
export interface GivenChatScreen extends ChatScreen {
  /** 工号 of the giver. */
  readonly from: string;
  readonly fromName: string;
  /** Epoch ms. */
  readonly at: number;
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

/** A colleague to whom a chat could be given, as people choose one. */
export interface ChatColleague {
  /** 工号. */
  readonly number: string;
  readonly name: string;
  /** What they are at, as call distribution names it. */
  readonly state: string;
  /** Channels of what they have. */
  readonly channels: readonly string[];
  /** Why they are not ready. */
  readonly reasonName: string | null;
  readonly reasonNameEn: string | null;
  /** They would be asked at once: there, ready, and with room for it. */
  readonly free: boolean;
}

/** Text chats between citizens in the browser and agents, through the queue of all channels. */
export interface Webchat {
  /** Opens a chat and puts it into the queue. `token` is the citizen's key to it, told once. Rejects with `HTL_WEBCHAT_TOO_MANY`, `HTL_WEBCHAT_CLOSED`. */
  open(chat: NewChat): Promise<{ readonly token: string; readonly chat: ChatView }>;
  /** The chat of a token. Coming back to an interrupted one puts it into the queue again. */
  byToken(token: string): Promise<ChatView | undefined>;
  /** @param viewer 工号 of who looks: to who is asked to take a chat that a colleague gives away, it is offered. Left out for citizens */
  get(id: string, viewer?: string): Promise<ChatView | undefined>;
  messages(id: string, options?: { readonly after?: number }): Promise<readonly ChatMessage[]>;
  /** `clientId`: the same twice is one message. Rejects with `HTL_WEBCHAT_ENDED`. */
  say(id: string, from: "citizen" | { readonly agent: string }, text: string, options?: { readonly clientId?: string }): Promise<ChatMessage>;
  /** The answer to an offer. Too late, or asked of another: `HTL_WEBCHAT_NOT_OFFERED`. */
  answer(id: string, agent: string, accept: boolean): Promise<ChatView>;
  end(id: string, by: "citizen" | { readonly agent: string }): Promise<ChatView>;
  /** Chats an agent has, or is asked to take. */
  ofAgent(agent: string): Promise<readonly ChatView[]>;
  /**
   * Gives a chat to another agent, or to a queue. It stays with its agent until somebody accepts (`answer`), then all of it is theirs:
   * the conversation, the interaction, and what the giver had typed. Nobody does (declined, no answer, longest wait, queue full, nobody
   * there): it stays, and nothing of it has gone. Resolves when the colleague is being looked for. `HTL_WEBCHAT_NOT_YOURS`,
   * `HTL_WEBCHAT_NOT_ACTIVE`, `HTL_WEBCHAT_TRANSFERRING`, `HTL_WEBCHAT_NO_TARGET`, `HTL_WEBCHAT_AGENT_AWAY`.
   */
  transfer(id: string, agent: string, to: ChatTarget, screen?: ChatScreen): Promise<ChatView>;
  /** The giver thinks better of it. No effect once somebody has taken it, or when nothing is being given away. */
  cancelTransfer(id: string, agent: string): Promise<ChatView>;
  /** What the giver typed after the transfer was asked for; replaces what went before. `HTL_WEBCHAT_NOT_YOURS` once the chat is with a third agent. */
  giveScreen(id: string, agent: string, screen: ChatScreen): Promise<void>;
  /** What came with the chat, for the agent who has it now; `undefined`: nothing. `HTL_WEBCHAT_NOT_YOURS`. */
  screen(id: string, agent: string): Promise<GivenChatScreen | undefined>;
  /** Whom `agent` could give a chat to now, those first who would be asked at once. */
  targets(agent: string): { readonly agents: readonly ChatColleague[]; readonly queues: readonly { readonly key: string; readonly name: string }[] };
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
    /** An agent gives a chat away: a colleague is looked for. */
    "webchat.transfer-begun": { chatId: string; interactionId: string; /** Agent number of who gives it. */ from: string; /** Agent number it is meant for; null: whoever the queue finds. */ toAgent: string | null; queue: string };
    /** Durable. A chat is with another agent, with all that belongs to it. */
    "webchat.transferred": { chatId: string; interactionId: string; /** Agent number of who gave it. */ from: string; /** Agent number of who has it. */ to: string; queue: string };
    /** A chat stayed with its agent. */
    "webchat.transfer-failed": { chatId: string; interactionId: string; /** Agent number of who gave it, and has it still. */ from: string; /** Agent number it was meant for; null: whoever the queue would find. */ toAgent: string | null; queue: string; /** `declined`, `no-answer`, `cancelled`, or how it left the queue: `timeout`, `full`, `no-agents`. */ cause: string };
    /** Durable. A chat is over. */
    "webchat.ended": { chatId: string; interactionId: string | null; /** Who ended it: `citizen`, `agent` or `idle` (nobody said anything for long). */ by: string; ticketId: string | null };
  }
}
