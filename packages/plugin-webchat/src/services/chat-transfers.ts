import { errorText } from "@hotlinejs/core";
import type { Clock, Logger, Timer } from "@hotlinejs/core";
import type { Acd, AgentSnapshot, Colleague, OfferAnswer } from "@hotlinejs/plugin-acd/contract";
import type { ChatScreen, ChatTarget } from "../contract.js";
import { errors } from "../errors.js";

export interface ChatTransfersDeps {
  readonly clock: Clock;
  readonly log: Logger;
  readonly acd: () => Acd | undefined;
  /** Longest search for a colleague who was named, ms. */
  readonly patienceMs: number;
  /** Asks an agent to take the chat; the signal takes the question back. */
  readonly ask: (chatId: string, agent: string, signal: AbortSignal) => Promise<OfferAnswer>;
  /** Makes the chat the agent's. A throw gives it to the next one. */
  readonly take: (transfer: Transfer, agent: string) => Promise<void>;
  /** Nobody took it: it stays. */
  readonly failed: (transfer: Transfer, cause: string) => void;
}

/** A chat that its agent gives away. */
export interface Transfer {
  readonly chatId: string;
  readonly interactionId: string;
  readonly from: string;
  readonly fromName: string;
  readonly to: ChatTarget;
  /** Through which the colleague is found. */
  readonly queue: string;
  readonly since: number;
  screen: ChatScreen;
  /** Who has it; then only its end counts. */
  takenBy: string | undefined;
  /** Why nobody is looked for any more. */
  cause: string | undefined;
  readonly giveUp: AbortController;
  /** The colleague is free of it. */
  readonly over: () => void;
}

/** Chats on their way from one agent to another: a second stay in the queues, while the first agent still has the chat. */
export class ChatTransfers {
  readonly #deps: ChatTransfersDeps;
  readonly #open = new Map<string, Transfer>();

  constructor(deps: ChatTransfersDeps) {
    this.#deps = deps;
  }

  of(chatId: string): Transfer | undefined {
    return this.#open.get(chatId);
  }

  targets(agent: string): { agents: readonly Colleague[]; queues: readonly { key: string; name: string }[] } {
    const acd = this.#deps.acd();
    const agents = (acd?.colleagues(agent, "chat") ?? []).filter(({ number }) => takesChats(acd?.agent(number)));
    return { agents, queues: (acd?.queues() ?? []).map(({ key, name }) => ({ key, name })) };
  }

  /** @throws HTL_WEBCHAT_TRANSFERRING, HTL_WEBCHAT_NO_TARGET, HTL_WEBCHAT_AGENT_AWAY */
  begin(chat: { readonly id: string; readonly interactionId: string; readonly queue: string; readonly agent: string }, to: ChatTarget, screen: ChatScreen): Transfer {
    const { clock, log, patienceMs } = this.#deps;
    const acd = this.#deps.acd();
    if (this.#open.has(chat.id)) throw errors.TRANSFERRING();
    const name = "agent" in to ? to.agent : to.queue;
    const queue = acd === undefined ? undefined : queueFor(acd, chat, to);
    if (acd === undefined || queue === undefined) throw errors.NO_TARGET(name);
    let over: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => (over = resolve));
    const fromName = acd.agent(chat.agent)?.name ?? chat.agent;
    const transfer: Transfer = { chatId: chat.id, interactionId: chat.interactionId, from: chat.agent, fromName, to, queue, since: clock.now(), screen, takenBy: undefined, cause: undefined, giveUp: new AbortController(), over };
    this.#open.set(chat.id, transfer);
    const named = "agent" in to ? to.agent : undefined;
    const timer = named === undefined ? undefined : clock.setTimeout(() => this.#give(transfer, "no-answer"), patienceMs);
    acd
      .serveWork(
        { interactionId: chat.interactionId, channel: "chat", ended, offer: (agent, { signal }) => this.#ask(transfer, agent, signal), connected: (agent) => this.#connected(transfer, agent, timer) },
        { queue, signal: transfer.giveUp.signal, exceptAgent: chat.agent, ...(named === undefined ? {} : { onlyAgent: named, patient: true }) },
      )
      .then(({ outcome }) => this.#left(transfer, timer, outcome))
      .catch((error: unknown) => {
        log.error({ chatId: chat.id, error: errorText(error) }, "no colleague could be looked for; the chat stays with its agent");
        this.#left(transfer, timer, "failed");
      });
    return transfer;
  }

  /** Nobody is looked for any more; the chat stays. */
  cancel(chatId: string): void {
    const transfer = this.#open.get(chatId);
    if (transfer !== undefined) this.#give(transfer, "cancelled");
  }

  /** The chat is over, or interrupted: nothing is left to give away. */
  drop(chatId: string): void {
    const transfer = this.#open.get(chatId);
    if (transfer === undefined) return;
    this.#open.delete(chatId);
    transfer.giveUp.abort(new Error("the chat is over"));
    transfer.over();
  }

  async #ask(transfer: Transfer, agent: string, signal: AbortSignal): Promise<OfferAnswer> {
    // Taken, and only then the connection was late: it is that agent's.
    if (transfer.takenBy !== undefined) return transfer.takenBy === agent ? "accepted" : "failed";
    if (this.#open.get(transfer.chatId) !== transfer) return "failed";
    const answer = await this.#deps.ask(transfer.chatId, agent, signal);
    if (answer !== "accepted" && "agent" in transfer.to) this.#give(transfer, answer);
    return answer;
  }

  async #connected(transfer: Transfer, agent: string, timer: Timer | undefined): Promise<void> {
    if (transfer.takenBy === agent) return;
    timer?.cancel();
    if (this.#open.get(transfer.chatId) !== transfer || transfer.takenBy !== undefined) throw errors.ENDED();
    await this.#deps.take(transfer, agent);
    transfer.takenBy = agent;
    if (this.#open.get(transfer.chatId) === transfer) this.#open.delete(transfer.chatId);
  }

  #give(transfer: Transfer, cause: string): void {
    transfer.cause ??= cause;
    transfer.giveUp.abort(new Error(`the chat is not given away: ${cause}`));
  }

  #left(transfer: Transfer, timer: Timer | undefined, outcome: string): void {
    timer?.cancel();
    if (transfer.takenBy !== undefined || this.#open.get(transfer.chatId) !== transfer) return;
    this.#open.delete(transfer.chatId);
    transfer.over();
    this.#deps.failed(transfer, transfer.cause ?? outcome);
  }
}

function takesChats(agent: AgentSnapshot | undefined): boolean {
  if (agent === undefined) return false;
  const { choice, reachable, queues } = agent;
  return reachable && queues.length > 0 && (choice === "available" || choice === "on-demand");
}

/** The queue through which the target is asked; a named agent by the chat's own one where possible. */
function queueFor(acd: Acd, chat: { readonly queue: string; readonly agent: string }, to: ChatTarget): string | undefined {
  if ("queue" in to) return acd.queue(to.queue)?.key;
  const agent = acd.agent(to.agent);
  if (agent === undefined || agent.number === chat.agent || agent.queues.length === 0) return undefined;
  if (!takesChats(agent)) throw errors.AGENT_AWAY(agent.number);
  return agent.queues.includes(chat.queue) ? chat.queue : agent.queues[0];
}
