import { randomBytes } from "node:crypto";
import { errorText, SCREENS, sourceOf } from "@hotlinejs/core";
import type { Clock, Interactions, Logger, OpenInteraction, PluginEvents, Secrets, Services, Timer } from "@hotlinejs/core";
import { ACD } from "@hotlinejs/plugin-acd/contract";
import type { OfferAnswer, QueueResult } from "@hotlinejs/plugin-acd/contract";
import { TICKETS } from "@hotlinejs/plugin-tickets/contract";
import type { WebchatConfig } from "../config.js";
import type { ChatMessage, ChatScreen, ChatTarget, ChatView, GivenChatScreen, NewChat, Webchat } from "../contract.js";
import { summaryOf, transcript } from "../domain/transcript.js";
import type { ChatRow } from "../entities/chat.entity.js";
import { errors } from "../errors.js";
import type { ChatStore } from "./chat-store.js";
import { ChatTransfers, type Transfer } from "./chat-transfers.js";
import { RateWindow } from "./rate-window.js";

const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const MOST_SUMMARY = 80;

const words = {
  zh: { served: (agent: string) => `坐席 ${agent} 为您服务。`, passed: (agent: string) => `已为您转接，坐席 ${agent} 为您服务。`, ended: "会话已结束，感谢您的咨询。", idle: "您长时间没有发言，会话已结束。", back: "服务已恢复，正在为您重新安排坐席。", busy: (serial: string | undefined) => `坐席暂时都在忙。${serial === undefined ? "请稍后再试，或拨打热线电话。" : `您的留言已登记，流水号 ${serial}，我们会尽快答复。`}` },
  en: { served: (agent: string) => `Agent ${agent} is with you.`, passed: (agent: string) => `You were passed on; agent ${agent} is with you.`, ended: "The chat has ended. Thank you.", idle: "The chat was ended after a long silence.", back: "We are back and look for an agent for you.", busy: (serial: string | undefined) => `All agents are busy. ${serial === undefined ? "Please try again later, or call us." : `Your message was registered under ${serial}; we will answer soon.`}` },
};

export interface WebchatDeps {
  readonly config: WebchatConfig;
  readonly clock: Clock;
  readonly log: Logger;
  readonly secrets: Secrets;
  readonly interactions: Interactions;
  readonly store: ChatStore;
  readonly services: Services;
  readonly timezone: () => string;
  readonly publish: PluginEvents["publish"];
}

/** A chat that waits or is served in this process. */
interface Stay {
  readonly interaction: OpenInteraction;
  /** The agent who has it is free of it. */
  over: () => void;
  offer: { readonly agent: string; readonly answer: (answer: OfferAnswer) => void } | undefined;
  idle: Timer | undefined;
}

/** See Webchat. The queue decides who serves; this class keeps the words and tells both sides. */
export class DefaultWebchat implements Webchat {
  readonly #deps: WebchatDeps;
  readonly #stays = new Map<string, Stay>();
  readonly #listeners = new Map<string, Set<Parameters<Webchat["watch"]>[1]>>();
  readonly #opened: RateWindow;
  readonly #said: RateWindow;
  readonly #transfers: ChatTransfers;
  readonly #resuming = new Map<string, Promise<ChatRow | undefined>>();
  #stopping = false;

  constructor(deps: WebchatDeps) {
    this.#deps = deps;
    this.#opened = new RateWindow(deps.clock, deps.config.chatsPerHour, HOUR_MS);
    this.#said = new RateWindow(deps.clock, deps.config.messagesPerMinute, MINUTE_MS);
    this.#transfers = new ChatTransfers({
      clock: deps.clock,
      log: deps.log,
      acd: () => deps.services.optional(ACD),
      patienceMs: deps.config.transferSeconds * 1000,
      ask: (id, agent, signal) => this.#offer(id, agent, signal),
      take: (transfer, agent) => this.#pass(transfer, agent),
      failed: (transfer, cause) => this.#kept(transfer, cause),
    });
  }

  get live(): number {
    return this.#stays.size;
  }

  async open(chat: NewChat): Promise<{ readonly token: string; readonly chat: ChatView }> {
    const { config, secrets, store } = this.#deps;
    const wait = this.#opened.take(sourceOf(chat.from));
    if (wait !== undefined) throw errors.TOO_MANY(Math.ceil(wait / MINUTE_MS));
    const token = randomBytes(24).toString("base64url");
    const row = await store.open({ tokenIndex: this.#indexOf(secrets, token), queue: config.queue, name: chat.name ?? null, topic: chat.topic ?? null, language: chat.language ?? "zh-CN", text: chat.text });
    return { token, chat: this.#view((await this.#enter(row)) ?? row) };
  }

  async byToken(token: string): Promise<ChatView | undefined> {
    const row = await this.#deps.store.find({ tokenIndex: this.#indexOf(this.#deps.secrets, token) });
    if (row === undefined) return undefined;
    return this.#view(row.state === "interrupted" ? ((await this.#resume(row)) ?? row) : row);
  }

  async get(id: string, viewer?: string): Promise<ChatView | undefined> {
    const row = await this.#deps.store.find({ id });
    return row === undefined ? undefined : this.#view(row, viewer);
  }

  messages(id: string, options: { readonly after?: number } = {}): Promise<readonly ChatMessage[]> {
    return this.#deps.store.messages(id, options.after);
  }

  async say(id: string, from: "citizen" | { readonly agent: string }, text: string, options: { readonly clientId?: string } = {}): Promise<ChatMessage> {
    const row = await this.#known(id);
    if (row.state === "ended") throw errors.ENDED();
    if (from !== "citizen") this.#own(row, from.agent);
    const wait = this.#said.take(`${id}:${from === "citizen" ? "citizen" : "agent"}`);
    if (wait !== undefined) throw errors.TOO_MANY(Math.max(1, Math.ceil(wait / MINUTE_MS)));
    const { message, fresh, chat } = await this.#deps.store.add(id, from === "citizen" ? "citizen" : "agent", text, options.clientId);
    if (fresh) {
      this.#tell(chat, message);
      if (from === "citizen") this.#wakes(id);
      if (from === "citizen" && (row.state === "interrupted" || row.state === "unserved")) await this.#resume(row);
    }
    return message;
  }

  async answer(id: string, agent: string, accept: boolean): Promise<ChatView> {
    const stay = this.#stays.get(id);
    if (stay?.offer?.agent !== agent) throw errors.NOT_OFFERED(agent);
    const { answer } = stay.offer;
    stay.offer = undefined;
    answer(accept ? "accepted" : "declined");
    return this.#view(await this.#known(id), agent);
  }

  async end(id: string, by: "citizen" | { readonly agent: string }): Promise<ChatView> {
    const row = await this.#known(id);
    if (row.state === "ended") return this.#view(row);
    if (by !== "citizen") this.#own(row, by.agent);
    return this.#view((await this.#finish(id, by === "citizen" ? "citizen" : "agent")) ?? row);
  }

  async ofAgent(agent: string): Promise<readonly ChatView[]> {
    const asked = [...this.#stays].filter(([, stay]) => stay.offer?.agent === agent).map(([id]) => id);
    const offered = await Promise.all(asked.map((id) => this.#deps.store.find({ id })));
    return [...offered.filter((row) => row !== undefined), ...(await this.#deps.store.ofAgent(agent))].map((row) => this.#view(row, agent));
  }

  async transfer(id: string, agent: string, to: ChatTarget, screen: ChatScreen = { drafts: [] }): Promise<ChatView> {
    const row = await this.#known(id);
    if (row.state === "ended") throw errors.ENDED();
    this.#own(row, agent);
    const stay = this.#stays.get(id);
    if (row.state !== "active" || stay === undefined) throw errors.NOT_ACTIVE(row.state);
    const { queue } = this.#transfers.begin({ id, interactionId: stay.interaction.id, queue: row.queue, agent }, to, screen);
    const toAgent = "agent" in to ? to.agent : null;
    stay.interaction.event("chat.transfer-begun", { from: agent, to: toAgent, queue });
    this.#deps.publish("webchat.transfer-begun", { chatId: id, interactionId: stay.interaction.id, from: agent, toAgent, queue });
    return this.#view(row, agent);
  }

  async cancelTransfer(id: string, agent: string): Promise<ChatView> {
    const row = await this.#known(id);
    this.#own(row, agent);
    this.#transfers.cancel(id);
    return this.#view(row, agent);
  }

  async giveScreen(id: string, agent: string, screen: ChatScreen): Promise<void> {
    const row = await this.#known(id);
    const transfer = this.#transfers.of(id);
    if (transfer?.from === agent) {
      transfer.screen = screen;
      return;
    }
    const given = row.screen ?? undefined;
    if (given?.from !== agent || row.state !== "active") throw errors.NOT_YOURS();
    const moved = await this.#deps.store.move(id, ["active"], { screen: { ...given, drafts: screen.drafts, at: this.#deps.clock.now() } }, undefined, row.agent ?? "");
    if (moved === undefined) throw errors.NOT_YOURS();
    this.#tell(moved);
  }

  async screen(id: string, agent: string): Promise<GivenChatScreen | undefined> {
    const row = await this.#known(id);
    this.#own(row, agent);
    return row.screen ?? undefined;
  }

  targets(agent: string): ReturnType<Webchat["targets"]> {
    return this.#transfers.targets(agent);
  }

  /** A colleague has accepted: from here on the chat is theirs, in one step with what was typed; the giver is free. */
  async #pass(transfer: Transfer, agent: string): Promise<void> {
    const { chatId: id, interactionId, from, fromName, queue } = transfer;
    const { clock, store } = this.#deps;
    const stay = this.#stays.get(id);
    if (stay === undefined) throw errors.ENDED();
    const screen: GivenChatScreen = { drafts: transfer.screen.drafts, from, fromName, at: clock.now() };
    const row = await store.move(id, ["active"], { agent, queue, screen }, (uow) => uow.publish("webchat.transferred", { chatId: id, interactionId, from, to: agent, queue }, { aggregate: id }), from);
    if (row === undefined) throw errors.ENDED();
    const giver = stay.over;
    stay.over = transfer.over;
    giver();
    stay.interaction.update({ agentId: agent, queue });
    stay.interaction.event("chat.transferred", { from, to: agent, queue });
    this.#tell(row);
    this.#screen(from, { chatId: id, state: "transferred", agent });
    await this.#system(id, this.#words(row).passed(agent));
  }

  /** Nobody has taken it. */
  #kept(transfer: Transfer, cause: string): void {
    const { chatId, interactionId, from, queue, to } = transfer;
    const toAgent = "agent" in to ? to.agent : null;
    this.#stays.get(chatId)?.interaction.event("chat.transfer-failed", { from, to: toAgent, queue, cause });
    this.#deps.publish("webchat.transfer-failed", { chatId, interactionId, from, toAgent, queue, cause });
    this.#screen(from, { chatId, state: "transfer-failed", cause });
  }

  async ticket(id: string, input: Parameters<Webchat["ticket"]>[1]): Promise<{ readonly id: string; readonly serial: string; readonly queryCode: string }> {
    const { services, store, timezone } = this.#deps;
    const tickets = services.optional(TICKETS);
    if (tickets === undefined) throw errors.NO_TICKETS();
    const row = await this.#known(id);
    const created = await tickets.create({
      kind: input.kind,
      category: input.category ?? null,
      source: "chat",
      summary: input.summary,
      content: transcript(await store.messages(id), timezone()),
      contactName: input.contactName ?? row.name ?? null,
      contactNumber: input.contactNumber ?? null,
      interactionId: row.interactionId ?? null,
      status: input.actor === "system" ? "received" : "accepted",
      actor: input.actor,
      // One for each stay in the queue: what is said after an interruption is a matter of its own.
      idempotencyKey: `chat:${id}:${row.interactionId ?? ""}`,
    });
    const changed = await store.move(id, [row.state as ChatView["state"]], { ticketId: created.id, ticketSerial: created.serial });
    this.#stays.get(id)?.interaction.note({ ticketId: created.id });
    this.#tell(changed ?? { ...row, ticketId: created.id, ticketSerial: created.serial });
    return { id: created.id, serial: created.serial, queryCode: created.queryCode };
  }

  watch(id: string, listener: Parameters<Webchat["watch"]>[1]): () => void {
    const listeners = this.#listeners.get(id) ?? new Set();
    listeners.add(listener);
    this.#listeners.set(id, listeners);
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(id) === listeners) this.#listeners.delete(id);
    };
  }

  /** Before anything is served: what the last process left is interrupted. */
  async recover(): Promise<void> {
    const left = await this.#deps.store.interruptAll();
    if (left > 0) this.#deps.log.warn({ chats: left }, "chats of the last process are interrupted; they go on when their citizens come back");
  }

  /** The hotline goes down: citizens keep their chats and are served again afterwards. */
  async interrupt(): Promise<void> {
    this.#stopping = true;
    await this.#deps.store.interruptAll();
    for (const [id, stay] of this.#stays) {
      this.#leave(id, "interrupted");
      stay.over();
    }
  }

  /** Into the queue. Resolves when the interaction stands; what becomes of the wait is told later. */
  async #enter(row: ChatRow): Promise<ChatRow | undefined> {
    const { config, interactions, log, publish, services, store } = this.#deps;
    const interaction = interactions.open({ channel: "chat", direction: "inbound", from: "web", to: row.queue, language: row.language });
    let over: () => void = () => undefined;
    const ended = new Promise<void>((resolve) => (over = resolve));
    const stay: Stay = { interaction, over, offer: undefined, idle: undefined };
    this.#stays.set(row.id, stay);
    interaction.note({ chatId: row.id, ...(row.topic === null ? {} : { topic: row.topic }) });
    interaction.update({ queue: row.queue });
    const entered = await store.move(row.id, ["waiting", "interrupted", "unserved"], { state: "waiting", interactionId: interaction.id });
    publish("webchat.opened", { chatId: row.id, interactionId: interaction.id, queue: row.queue });
    this.#wakes(row.id);
    const preferredAgent = row.agent ?? undefined;
    // A chat that was given to another queue goes on there.
    const queue = services.optional(ACD)?.queue(row.queue) === undefined ? config.queue : row.queue;
    const nobody: QueueResult = { outcome: "no-agents", waitMs: 0, talkMs: 0, callerGone: false };
    const acd = services.optional(ACD);
    const served =
      acd?.serveWork(
        {
          interactionId: interaction.id,
          channel: "chat",
          callerKey: `chat:${row.id}`,
          ended,
          offer: (agent, { signal }) => this.#offer(row.id, agent, signal),
          connected: (agent) => this.#connected(row.id, agent),
        },
        { queue, ...(preferredAgent === undefined ? {} : { preferredAgent }) },
      ) ?? Promise.resolve(nobody);
    served
      .then((result) => this.#left(row.id, result))
      .catch((error: unknown) => {
        log.error({ err: error, chatId: row.id }, "a chat could not be put into the queue");
        return this.#left(row.id, nobody);
      })
      .catch((error: unknown) => log.error({ err: error, chatId: row.id }, "a chat could not be closed in order"));
    return entered;
  }

  #resume(row: ChatRow): Promise<ChatRow | undefined> {
    if (this.#stopping || this.#stays.has(row.id)) return Promise.resolve(undefined);
    const resuming = this.#resuming.get(row.id) ?? this.#resumeOnce(row).finally(() => this.#resuming.delete(row.id));
    this.#resuming.set(row.id, resuming);
    return resuming;
  }

  async #resumeOnce(row: ChatRow): Promise<ChatRow | undefined> {
    const entered = await this.#enter(row);
    await this.#system(row.id, this.#words(row).back);
    return entered;
  }

  #offer(id: string, agent: string, signal: AbortSignal): Promise<OfferAnswer> {
    const stay = this.#stays.get(id);
    if (stay === undefined) return Promise.resolve("failed");
    return new Promise((resolve) => {
      stay.offer = { agent, answer: resolve };
      const withdraw = (): void => {
        if (stay.offer?.answer === resolve) stay.offer = undefined;
        resolve("no-answer");
        this.#screen(agent, { chatId: id, state: "withdrawn" });
      };
      if (signal.aborted) withdraw();
      else signal.addEventListener("abort", withdraw, { once: true });
      stay.interaction.event("queue.offered", { agent });
      this.#screen(agent, { chatId: id, state: "offered" });
    });
  }

  async #connected(id: string, agent: string): Promise<void> {
    const { clock, store } = this.#deps;
    const stay = this.#stays.get(id);
    if (stay === undefined) throw errors.ENDED();
    const row = await store.move(id, ["waiting"], { state: "active", agent, answeredAt: clock.now() });
    if (row === undefined) throw errors.ENDED();
    stay.interaction.answered();
    stay.interaction.update({ agentId: agent });
    stay.interaction.event("queue.answered", { agent });
    this.#tell(row);
    await this.#system(id, this.#words(row).served(agent));
  }

  /** Out of the queue: served to the end, given up, or nobody could. */
  async #left(id: string, { outcome }: QueueResult): Promise<void> {
    const { config, log, services, store } = this.#deps;
    if (outcome === "answered" || outcome === "abandoned" || this.#stopping || !this.#stays.has(id)) return;
    const row = await store.move(id, ["waiting"], { state: "unserved" });
    if (row === undefined) return;
    let serial: string | undefined;
    if (services.optional(TICKETS) !== undefined) {
      try {
        serial = (await this.ticket(id, { kind: config.unservedKind, summary: summaryOf(row.topic ?? null, await store.messages(id), MOST_SUMMARY), actor: "system" })).serial;
      } catch (error) {
        log.error({ err: error, chatId: id }, "no ticket could be made of a chat that nobody served");
      }
    }
    await this.#system(id, this.#words(row).busy(serial));
    this.#leave(id, outcome);
  }

  async #finish(id: string, by: "citizen" | "agent" | "idle"): Promise<ChatRow | undefined> {
    const { clock, config, log, services, store } = this.#deps;
    const before = await this.#known(id);
    const interactionId = before.interactionId ?? null;
    // Nobody has read what a citizen wrote who left the queue: it is kept as a ticket.
    if (before.state === "waiting" && services.optional(TICKETS) !== undefined) {
      try {
        await this.ticket(id, { kind: config.unservedKind, summary: summaryOf(before.topic ?? null, await store.messages(id), MOST_SUMMARY), actor: "system" });
      } catch (error) {
        log.error({ err: error, chatId: id }, "no ticket could be made of a chat that was left");
      }
    }
    const row = await store.move(id, ["waiting", "active", "unserved", "interrupted"], { state: "ended", endedAt: clock.now(), screen: null }, (uow) => uow.publish("webchat.ended", { chatId: id, interactionId, by, ticketId: before.ticketId ?? null }, { aggregate: id }));
    if (row === undefined) return undefined;
    await this.#system(id, by === "idle" ? this.#words(row).idle : this.#words(row).ended);
    this.#stays.get(id)?.over();
    this.#leave(id, before.state === "waiting" ? "abandoned" : "finished");
    return row;
  }

  #leave(id: string, reason: string): void {
    const stay = this.#stays.get(id);
    if (stay === undefined) return;
    this.#stays.delete(id);
    stay.idle?.cancel();
    this.#transfers.drop(id);
    stay.offer?.answer("failed");
    stay.interaction.close(reason);
  }

  /** The citizen is there: the limit of silence begins anew. */
  #wakes(id: string): void {
    const stay = this.#stays.get(id);
    if (stay === undefined) return;
    stay.idle?.cancel();
    stay.idle = this.#deps.clock.setTimeout(() => {
      this.#finish(id, "idle").catch((error: unknown) => this.#deps.log.error({ chatId: id, error: errorText(error) }, "a silent chat could not be ended"));
    }, this.#deps.config.idleMinutes * MINUTE_MS);
  }

  async #system(id: string, text: string): Promise<void> {
    const { message, chat } = await this.#deps.store.add(id, "system", text);
    this.#tell(chat, message);
  }

  #tell(row: ChatRow, message?: ChatMessage): void {
    const chat = this.#view(row);
    for (const listener of this.#listeners.get(row.id) ?? []) {
      try {
        listener({ chat, ...(message === undefined ? {} : { message }) });
      } catch (error) {
        this.#deps.log.warn({ chatId: row.id, error: errorText(error) }, "a listener of a chat failed");
      }
    }
    const asked = this.#stays.get(row.id)?.offer?.agent;
    // While a chat is given away it has an agent besides the one who is asked.
    const agents = new Set(asked === undefined || row.state === "active" ? [asked, row.agent] : [asked]);
    for (const agent of agents) if (typeof agent === "string") this.#screen(agent, { chatId: row.id, state: row.state, lastSeq: row.lastSeq });
  }

  #screen(agent: string, data: { readonly chatId: string; readonly state: string; readonly lastSeq?: number; readonly agent?: string; readonly cause?: string }): void {
    this.#deps.services.optional(SCREENS)?.tell({ agents: [agent] }, { topic: "webchat.changed", data });
  }

  async #known(id: string): Promise<ChatRow> {
    const row = await this.#deps.store.find({ id });
    if (row === undefined) throw errors.NOT_FOUND(id);
    return row;
  }

  #own(row: ChatRow, agent: string): void {
    if (row.agent !== agent) throw errors.NOT_YOURS();
  }

  #words(row: Pick<ChatRow, "language">): (typeof words)["zh"] {
    return row.language.startsWith("en") ? words.en : words.zh;
  }

  #view(row: ChatRow, viewer?: string): ChatView {
    const transfer = this.#transfers.of(row.id);
    const asked = this.#stays.get(row.id)?.offer;
    // A chat that is given away is its agent's until then, and offered to who is asked alone.
    const offer = transfer === undefined || asked?.agent === viewer ? asked : undefined;
    const given = row.screen ?? undefined;
    return {
      id: row.id,
      state: row.state as ChatView["state"],
      queue: row.queue,
      interactionId: row.interactionId ?? null,
      name: row.name ?? null,
      topic: row.topic ?? null,
      agent: offer?.agent ?? row.agent ?? null,
      offered: offer !== undefined,
      transfer: transfer === undefined || viewer === undefined ? null : { from: transfer.from, to: transfer.to, asked: asked?.agent ?? null, since: transfer.since },
      givenBy: given === undefined || viewer === undefined ? null : { agent: given.from, name: given.fromName, at: given.at },
      ticketId: row.ticketId ?? null,
      ticketSerial: row.ticketSerial ?? null,
      startedAt: row.startedAt,
      answeredAt: row.answeredAt ?? null,
      endedAt: row.endedAt ?? null,
      lastSeq: row.lastSeq,
    };
  }

  #indexOf(secrets: Secrets, token: string): string {
    return secrets.blindIndex(`webchat:${token}`);
  }
}
