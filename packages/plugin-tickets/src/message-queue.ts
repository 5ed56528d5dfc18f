import { errorText, isHotlineError, SCREENS } from "@hotlinejs/core";
import type { Clock, Interactions, Logger, OpenInteraction, Services, Timer } from "@hotlinejs/core";
import { ACD } from "@hotlinejs/plugin-acd/contract";
import type { Acd, OfferAnswer } from "@hotlinejs/plugin-acd/contract";
import type { MessageRecipient, QueuedMessage, QueuedMessages } from "./contract.js";
import type { QueuedMessageRow } from "./entities/queued-message.entity.js";
import { errors } from "./errors.js";
import { MessageTransfers, type MessageTransfer } from "./message-transfers.js";
import type { QueuedMessageStore } from "./queued-message-store.js";
import type { TicketReader } from "./ticket-reader.js";

/** A message that the queue did not keep goes back to its place after so long. */
const AGAIN_MS = 5_000;

/** A message that waits, or is with an agent, in this process. */
interface Stay {
  readonly interaction: OpenInteraction;
  /** Takes it out of the line. */
  readonly takeBack: () => void;
  /** The agent is free of it. */
  readonly over: () => void;
  offer: { readonly agent: string; readonly answer: (answer: OfferAnswer) => void } | undefined;
}

/**
 * See QueuedMessages. The rows say whose a message is; the queue says who is asked next. What was with an agent when the process ended
 * is with that agent again as soon as there is room, without being asked anew; what waited has its place.
 */
export class MessageQueue implements QueuedMessages {
  readonly #stays = new Map<string, Stay>();
  readonly #again = new Map<string, Timer>();
  #stopping = false;
  readonly #transfers: MessageTransfers;

  constructor(
    private readonly parts: {
      readonly store: QueuedMessageStore;
      readonly reader: TicketReader;
      readonly interactions: Interactions;
      readonly services: Services;
      readonly clock: Clock;
      readonly log: Logger;
      /** Queue by channel. */
      readonly queues: ReadonlyMap<string, string>;
    },
  ) {
    this.#transfers = new MessageTransfers({
      clock: parts.clock,
      log: parts.log,
      acd: () => this.#acd,
      ask: (id, agent, signal) => {
        const stay = this.#stays.get(id);
        return stay === undefined ? Promise.resolve("failed") : this.#offer(id, stay, agent, signal);
      },
      take: (transfer) => this.#handed(transfer),
      failed: ({ messageId, from, to }, cause) => {
        this.#stays.get(messageId)?.interaction.event("message.transfer-failed", { from, to, cause });
        this.#screen(from, messageId, "transfer-failed", { cause, to });
      },
      left: ({ messageId, over }, outcome) => {
        const stay = this.#stays.get(messageId);
        if (stay?.over === over) this.#left(messageId, stay, outcome);
      },
    });
  }

  /** Queue of a channel; `undefined`: its messages wait in the list of tickets. */
  queueOf(channel: string): string | undefined {
    return this.#acd === undefined ? undefined : this.parts.queues.get(channel);
  }

  get #acd(): Acd | undefined {
    return this.parts.services.optional(ACD);
  }

  /** Puts what is open back into its place. @throws HTL_TICKETS_UNKNOWN_QUEUE */
  async start(): Promise<void> {
    const { log, queues, store } = this.parts;
    const acd = this.#acd;
    if (acd === undefined) {
      if (queues.size > 0) log.info({ channels: [...queues.keys()] }, "messages are to be queued, but there is no plugin-acd: they wait in the list of tickets");
      return;
    }
    for (const [channel, queue] of queues) if (acd.queue(queue) === undefined) throw errors.UNKNOWN_QUEUE(queue, channel, acd.queues().map(({ key }) => key).join(", "));
    for (const row of await store.open()) {
      const away = row.agent !== null && row.agent !== undefined && (acd.agent(row.agent)?.choice ?? "offline") === "offline";
      if (row.state === "active" && away) await this.#giveBack(row.id, row.agent as string);
      else await this.enter(row.id);
    }
  }

  /** Nothing more is let in; what is in the line may still be taken and finished. */
  drain(): void {
    this.#stopping = true;
    for (const timer of this.#again.values()) timer.cancel();
    this.#again.clear();
  }

  /** The rows stay as they are: the next process goes on with them. */
  stop(): void {
    this.drain();
    const open = [...this.#stays.values()];
    this.#stays.clear();
    for (const { interaction } of open) interaction.close("interrupted");
  }

  /** Into the line. No effect on what is in it already, or done. */
  async enter(id: string): Promise<void> {
    const { interactions, log, reader, store } = this.parts;
    const row = await store.find(id);
    const acd = this.#acd;
    if (row === undefined || row.state === "done" || acd === undefined || this.#stopping || this.#stays.has(id)) return;
    const { channel, queue, ticketId, queuedAt } = row;
    const ticket = await reader.row({ id: ticketId });
    if (this.#isHere(id)) return;
    const from = ticket?.confidentiality === "normal" ? (ticket.contactEmail ?? ticket.contactNumber ?? "") : "";
    const interaction = interactions.open({ channel, direction: "inbound", from, to: queue });
    const gone = new AbortController();
    let over: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => (over = resolve));
    const stay: Stay = { interaction, takeBack: () => gone.abort(new Error("the message is dealt with")), over, offer: undefined };
    this.#stays.set(id, stay);
    interaction.note({ ticketId, messageId: id, ...(row.carriedBy === null || row.carriedBy === undefined ? {} : { carriedBy: row.carriedBy }) });
    interaction.update({ queue });
    await store.enter(id, interaction.id);
    // Dealt with meanwhile.
    if (this.#stays.get(id) !== stay) return;
    const holder = row.state === "active" ? (row.agent ?? undefined) : undefined;
    const preferred = row.preferredAgent ?? undefined;
    const giver = row.state === "waiting" ? (row.givenBy ?? undefined) : undefined;
    acd
      .serveWork(
        {
          interactionId: interaction.id,
          channel,
          ended,
          offer: (agent, { signal }) => (agent === holder ? Promise.resolve("accepted") : this.#offer(id, stay, agent, signal)),
          connected: (agent) => this.#connected(id, stay, agent, agent === holder),
        },
        { queue, placeAt: queuedAt, patient: true, yields: true, signal: gone.signal, ...(holder === undefined ? {} : { onlyAgent: holder }), ...(preferred === undefined ? {} : { preferredAgent: preferred }), ...(giver === undefined ? {} : { exceptAgent: giver }) },
      )
      .then(({ outcome }) => this.#left(id, stay, outcome))
      .catch(async (error: unknown) => {
        // Assigned otherwise since it was taken: another agent of its queue is found for it.
        if (holder === undefined || this.#stays.get(id) !== stay || !(isHotlineError(error, "HTL_ACD_AGENT_NOT_IN_QUEUE") || isHotlineError(error, "HTL_ACD_UNKNOWN_AGENT"))) throw error;
        log.warn({ ticketId, messageId: id, agent: holder, queue }, "the agent who had a message no longer serves its queue; it is in the line again");
        await this.#giveBack(id, holder, "reassigned");
      })
      .catch((error: unknown) => {
        log.error({ ticketId, messageId: id, error: errorText(error) }, "a message could not be put into the queue; it stands in the list of tickets");
        if (this.#stays.get(id) === stay) this.#release(id, "failed");
      });
  }

  async ofAgent(agent: string): Promise<readonly QueuedMessage[]> {
    const { store } = this.parts;
    const asked = await Promise.all([...this.#stays].filter(([, stay]) => stay.offer?.agent === agent).map(([id]) => store.find(id)));
    const rows = [...asked.filter((row) => row !== undefined), ...(await store.open(agent))];
    const views = await Promise.all(rows.map((row) => this.#view(row, agent)));
    return views.filter((view) => view !== undefined);
  }

  async get(id: string): Promise<QueuedMessage | undefined> {
    const row = await this.parts.store.find(id);
    return row === undefined ? undefined : this.#view(row);
  }

  async answer(id: string, agent: string, accept: boolean): Promise<QueuedMessage> {
    const stay = this.#stays.get(id);
    if (stay?.offer?.agent !== agent) throw errors.NOT_OFFERED(agent);
    const { answer } = stay.offer;
    stay.offer = undefined;
    answer(accept ? "accepted" : "declined");
    return this.#known(id);
  }

  async finish(id: string, agent: string): Promise<QueuedMessage> {
    const before = await this.#known(id);
    if (before.agent !== agent || before.offered) throw errors.NOT_YOURS();
    if (before.state === "done") return before;
    if ((await this.parts.store.finish(id, agent)) !== undefined) {
      this.#release(id, "finished");
      this.#screen(agent, id, "done");
    }
    return this.#known(id);
  }

  targets(agent: string, queue?: string, channel = "email"): ReturnType<QueuedMessages["targets"]> {
    return this.#transfers.targets(agent, queue, channel);
  }

  async transfer(id: string, agent: string, to: MessageRecipient): Promise<QueuedMessage> {
    const { row, stay } = await this.#held(id, agent);
    if ("queue" in to) {
      const queue = this.#transfers.queueFor(agent, row.queue, to.queue);
      if (this.#transfers.of(id) !== undefined) throw errors.MESSAGE_TRANSFERRING();
      if ((await this.parts.store.giveToQueue(id, agent, queue)) === undefined) throw errors.NOT_YOURS();
      this.#stays.get(id)?.interaction.event("message.given", { from: agent, queue });
      this.#release(id, "given");
      this.#screen(agent, id, "given");
      await this.enter(id);
      return this.#known(id, agent);
    }
    this.#transfers.begin({ id, interactionId: stay.interaction.id, channel: row.channel, queue: row.queue, queuedAt: row.queuedAt, agent }, to.agent);
    stay.interaction.event("message.transfer-begun", { from: agent, to: to.agent });
    return this.#known(id, agent);
  }

  async cancelTransfer(id: string, agent: string): Promise<QueuedMessage> {
    await this.#held(id, agent);
    this.#transfers.cancel(id, "cancelled");
    return this.#known(id, agent);
  }

  /** The agent has signed out: what was being worked on goes back to its place. */
  async signedOut(agent: string): Promise<void> {
    this.#transfers.signedOut(agent);
    for (const row of await this.parts.store.open(agent)) await this.#giveBack(row.id, agent);
  }

  /** A step of its ticket has settled it. */
  settled(id: string, agent: string | null): void {
    this.#release(id, "finished");
    if (agent !== null) this.#screen(agent, id, "done");
  }

  async #giveBack(id: string, agent: string, cause?: "reassigned"): Promise<void> {
    if ((await this.parts.store.giveBack(id, agent, cause)) === undefined) return;
    this.#release(id, "returned");
    this.#screen(agent, id, "returned");
    await this.enter(id);
  }

  /** Asks the agent; resolves with the answer, or when the question is taken back. */
  #offer(id: string, stay: Stay, agent: string, signal: AbortSignal): Promise<OfferAnswer> {
    if (this.#stays.get(id) !== stay) return Promise.resolve("failed");
    return new Promise((resolve) => {
      stay.offer = { agent, answer: resolve };
      const withdraw = (): void => {
        if (stay.offer?.answer === resolve) stay.offer = undefined;
        resolve("no-answer");
        this.#screen(agent, id, "withdrawn");
      };
      if (signal.aborted) return withdraw();
      signal.addEventListener("abort", withdraw, { once: true });
      stay.interaction.event("queue.offered", { agent });
      this.#screen(agent, id, "offered");
    });
  }

  async #connected(id: string, stay: Stay, agent: string, again: boolean): Promise<void> {
    const { store } = this.parts;
    const row = again ? await store.find(id) : await store.accept(id, agent);
    if (row?.state !== "active" || row.agent !== agent || this.#stays.get(id) !== stay) throw errors.NOT_OFFERED(agent);
    stay.interaction.answered();
    stay.interaction.update({ agentId: agent });
    stay.interaction.event("queue.answered", { agent });
    this.#screen(agent, id, "active");
  }

  /** The message that this agent works on, and its stay. @throws HTL_TICKETS_NO_MESSAGE, HTL_TICKETS_NOT_YOURS */
  async #held(id: string, agent: string): Promise<{ readonly row: QueuedMessageRow; readonly stay: Stay }> {
    const row = await this.parts.store.find(id);
    if (row === undefined) throw errors.NO_MESSAGE(id);
    const stay = this.#stays.get(id);
    if (row.state !== "active" || row.agent !== agent || stay === undefined) throw errors.NOT_YOURS();
    return { row, stay };
  }

  /** The colleague has taken it: another stay goes on with the same interaction, and the giver is free. */
  async #handed(transfer: MessageTransfer): Promise<void> {
    const { messageId: id, from, to, queue } = transfer;
    const stay = this.#stays.get(id);
    if (stay === undefined || (await this.parts.store.giveToAgent(id, from, to, queue)) === undefined) throw errors.NOT_OFFERED(to);
    // A step of its ticket settled it in that moment: the end of the first stay was told, this one's is told here.
    if (this.#stays.get(id) !== stay) return transfer.over();
    this.#stays.set(id, { interaction: stay.interaction, takeBack: transfer.giveUp, over: transfer.over, offer: undefined });
    stay.interaction.update({ agentId: to, queue });
    stay.interaction.event("message.given", { from, to });
    this.#screen(from, id, "given");
    this.#screen(to, id, "active");
    stay.over();
  }

  /** Out of the line by the queue's own doing (closing time, taken away): back to its place a moment later. */
  #left(id: string, stay: Stay, outcome: string): void {
    if (this.#stopping || this.#stays.get(id) !== stay) return;
    this.#release(id, outcome);
    this.#again.get(id)?.cancel();
    this.#again.set(
      id,
      this.parts.clock.setTimeout(() => {
        this.#again.delete(id);
        this.enter(id).catch((error: unknown) => this.parts.log.error({ messageId: id, error: errorText(error) }, "a message could not be put back into its queue"));
      }, AGAIN_MS),
    );
  }

  #release(id: string, reason: string): void {
    const stay = this.#stays.get(id);
    if (stay === undefined) return;
    this.#stays.delete(id);
    this.#transfers.forget(id);
    // While it waits it is taken back and counts as no one's giving up; once it is with an agent only the end counts.
    stay.takeBack();
    stay.over();
    stay.offer?.answer("failed");
    stay.interaction.close(reason);
  }

  // Asked anew after an await.
  #isHere(id: string): boolean {
    return this.#stopping || this.#stays.has(id);
  }

  #screen(agent: string, messageId: string, state: string, more: object = {}): void {
    this.parts.services.optional(SCREENS)?.tell({ agents: [agent] }, { topic: "tickets.message-queue", data: { messageId, state, ...more } });
  }

  async #known(id: string, viewer?: string): Promise<QueuedMessage> {
    const row = await this.parts.store.find(id);
    const message = row === undefined ? undefined : await this.#view(row, viewer);
    if (message === undefined) throw errors.NO_MESSAGE(id);
    return message;
  }

  /** What is offered of a message that somebody has is seen by who is asked alone. */
  async #view(row: QueuedMessageRow, viewer?: string): Promise<QueuedMessage | undefined> {
    const ticket = await this.parts.reader.view({ id: row.ticketId });
    if (ticket === undefined) return undefined;
    const { id, channel, queue, state, interactionId = null, queuedAt, acceptedAt = null, doneAt = null } = row;
    const asked = this.#stays.get(id)?.offer;
    const offer = state === "waiting" || asked?.agent === viewer ? asked : undefined;
    const given = this.#transfers.of(id);
    const giver = offer !== undefined && state === "active" ? given?.from : row.givenBy;
    const nameOf = (number: string): string => this.#acd?.agent(number)?.name ?? number;
    const givenBy = giver === undefined || giver === null ? null : { number: giver, name: nameOf(giver) };
    const transfer = given === undefined || given.from !== viewer ? null : { to: given.to, name: nameOf(given.to), since: given.since };
    return { id, channel, queue, state, agent: offer?.agent ?? row.agent ?? null, offered: offer !== undefined, givenBy, transfer, interactionId, queuedAt, acceptedAt, doneAt, ticket };
  }
}
