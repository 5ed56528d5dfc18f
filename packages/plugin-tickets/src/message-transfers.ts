import { errorText } from "@hotlinejs/core";
import type { Clock, Logger } from "@hotlinejs/core";
import type { Acd, AgentSnapshot, Colleague, OfferAnswer } from "@hotlinejs/plugin-acd/contract";
import { errors } from "./errors.js";

/** A written message that its agent gives to a colleague, who has not taken it yet. */
export interface MessageTransfer {
  readonly messageId: string;
  readonly from: string;
  readonly to: string;
  /** Through which the colleague is asked. */
  readonly queue: string;
  /** Epoch ms. */
  readonly since: number;
  /** Nobody is asked any more. */
  readonly giveUp: () => void;
  /** The colleague is free of it. */
  readonly over: () => void;
  taken: boolean;
}

export interface MessageTransfersDeps {
  readonly clock: Pick<Clock, "now">;
  readonly log: Logger;
  readonly acd: () => Acd | undefined;
  readonly ask: (messageId: string, agent: string, signal: AbortSignal) => Promise<OfferAnswer>;
  /** Makes the message the colleague's. A throw leaves it with the giver. */
  readonly take: (transfer: MessageTransfer) => Promise<void>;
  /** It stays with the giver. */
  readonly failed: (transfer: MessageTransfer, cause: string) => void;
  /** The colleague's work is over without having been finished. */
  readonly left: (transfer: MessageTransfer, outcome: string) => void;
}

/**
 * Written messages on their way to a named colleague: a second stay in the queues, while the giver still has the message. Letters are
 * patient: who is busy or on a break is asked as soon as there is room; only a no, signing out or the giver ends the search.
 */
export class MessageTransfers {
  readonly #open = new Map<string, MessageTransfer>();

  constructor(private readonly deps: MessageTransfersDeps) {}

  of(messageId: string): MessageTransfer | undefined {
    return this.#open.get(messageId);
  }

  targets(agent: string, queue: string | undefined, channel: string): { agents: readonly Colleague[]; queues: readonly { key: string; name: string }[] } {
    const acd = this.deps.acd();
    const agents = (acd?.colleagues(agent, channel) ?? []).filter(({ number }) => takesLetters(acd?.agent(number)));
    return { agents, queues: this.#queues(agent, queue) };
  }

  /** @throws HTL_TICKETS_NO_RECIPIENT */
  queueFor(agent: string, before: string, key: string): string {
    if (!this.#queues(agent, before).some((queue) => queue.key === key)) throw errors.NO_RECIPIENT(key);
    return key;
  }

  /** Queues other than this one that others serve. */
  #queues(agent: string, before: string | undefined): readonly { key: string; name: string }[] {
    const acd = this.deps.acd();
    const others = (acd?.agents() ?? []).filter((each) => each.number !== agent);
    return (acd?.queues() ?? []).filter(({ key }) => key !== before && others.some((each) => each.queues.includes(key))).map(({ key, name }) => ({ key, name }));
  }

  /** @throws HTL_TICKETS_MESSAGE_TRANSFERRING, HTL_TICKETS_NO_RECIPIENT, HTL_TICKETS_RECIPIENT_AWAY */
  begin(message: { readonly id: string; readonly interactionId: string; readonly channel: string; readonly queue: string; readonly queuedAt: number; readonly agent: string }, to: string): MessageTransfer {
    const { clock, log } = this.deps;
    const acd = this.deps.acd();
    if (this.#open.has(message.id)) throw errors.MESSAGE_TRANSFERRING();
    const colleague = acd?.agent(to);
    if (acd === undefined || colleague === undefined || to === message.agent || colleague.queues.length === 0) throw errors.NO_RECIPIENT(to);
    if (!takesLetters(colleague)) throw errors.RECIPIENT_AWAY(to);
    const queue = colleague.queues.includes(message.queue) ? message.queue : (colleague.queues[0] as string);
    const gone = new AbortController();
    let over: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => (over = resolve));
    const transfer: MessageTransfer = { messageId: message.id, from: message.agent, to, queue, since: clock.now(), giveUp: () => gone.abort(new Error("the message is not given on")), over, taken: false };
    this.#open.set(message.id, transfer);
    acd
      .serveWork(
        { interactionId: message.interactionId, channel: message.channel, ended, offer: (agent, { signal }) => this.#ask(transfer, agent, signal), connected: () => this.#connected(transfer) },
        { queue, placeAt: message.queuedAt, patient: true, yields: true, onlyAgent: to, signal: gone.signal },
      )
      .then(({ outcome }) => (this.#drop(transfer) ? this.deps.failed(transfer, outcome) : this.deps.left(transfer, outcome)))
      .catch((error: unknown) => {
        log.error({ messageId: message.id, error: errorText(error) }, "a message could not be given on; it stays with its agent");
        if (this.#drop(transfer)) this.deps.failed(transfer, "failed");
      });
    return transfer;
  }

  /** Nobody is asked any more, and the giver is told so. No effect once it is taken. */
  cancel(messageId: string, cause: string): void {
    const transfer = this.#open.get(messageId);
    if (transfer === undefined || !this.#drop(transfer)) return;
    transfer.giveUp();
    this.deps.failed(transfer, cause);
  }

  /** The colleague has signed out. */
  signedOut(agent: string): void {
    for (const { messageId, to } of [...this.#open.values()]) if (to === agent) this.cancel(messageId, "signed-out");
  }

  /** The message is dealt with, or back in its queue: nothing is left to give. */
  forget(messageId: string): void {
    const transfer = this.#open.get(messageId);
    if (transfer !== undefined && this.#drop(transfer)) transfer.giveUp();
  }

  async #ask(transfer: MessageTransfer, agent: string, signal: AbortSignal): Promise<OfferAnswer> {
    // Taken, and only then the connection was late: it is that agent's.
    if (transfer.taken) return "accepted";
    if (this.#open.get(transfer.messageId) !== transfer) return "failed";
    const answer = await this.deps.ask(transfer.messageId, agent, signal);
    if (answer === "declined") this.cancel(transfer.messageId, "declined");
    return answer;
  }

  async #connected(transfer: MessageTransfer): Promise<void> {
    if (transfer.taken) return;
    if (this.#open.get(transfer.messageId) !== transfer) throw errors.NOT_OFFERED(transfer.to);
    await this.deps.take(transfer);
    transfer.taken = true;
    if (this.#open.get(transfer.messageId) === transfer) this.#open.delete(transfer.messageId);
  }

  /** `false`: it is over already. */
  #drop(transfer: MessageTransfer): boolean {
    if (this.#open.get(transfer.messageId) !== transfer) return false;
    this.#open.delete(transfer.messageId);
    transfer.over();
    return true;
  }
}

function takesLetters(agent: AgentSnapshot | undefined): boolean {
  return agent !== undefined && agent.choice !== "offline" && agent.queues.length > 0;
}
