import type { BusinessCalendar, Clock, Ids, ReadPool, UnitOfWork, Uow } from "@hotlinejs/core";
import type { ChatMessage, ChatState } from "../contract.js";
import { ChatEntity, type ChatRow } from "../entities/chat.entity.js";
import { MessageEntity, type MessageRow } from "../entities/message.entity.js";

export interface StoreDeps {
  readonly clock: Clock;
  readonly ids: Ids;
  readonly unitOfWork: UnitOfWork;
  readonly readPool: ReadPool;
  readonly calendar: () => BusinessCalendar;
}

type Patch = Partial<Omit<ChatRow, "id" | "tokenIndex" | "lastSeq">>;

/** Rows of chats and messages. Changes of one chat are made one after the other. */
export class ChatStore {
  readonly #deps: StoreDeps;
  readonly #tails = new Map<string, Promise<unknown>>();

  constructor(deps: StoreDeps) {
    this.#deps = deps;
  }

  async open(input: { tokenIndex: string; queue: string; name: string | null; topic: string | null; language: string; text: string }): Promise<ChatRow> {
    const { clock, ids, unitOfWork, calendar } = this.#deps;
    const at = clock.now();
    const { text, ...facts } = input;
    const row: ChatRow = { id: ids.next(), state: "waiting", interactionId: null, agent: null, screen: null, ticketId: null, ticketSerial: null, startedAt: at, answeredAt: null, endedAt: null, lastSeq: 1, businessDate: calendar().dateOf(at), businessHour: calendar().hourOf(at), ...facts } as ChatRow;
    await unitOfWork.run(async ({ em }) => {
      await em.insert(ChatEntity, row);
      await em.insert(MessageEntity, { id: ids.next(), chatId: row.id, seq: 1, sender: "citizen", text, clientId: null, at });
    });
    return row;
  }

  find(where: { id: string } | { tokenIndex: string }): Promise<ChatRow | undefined> {
    return this.#deps.readPool.read(async (em) => ((await em.findOne(ChatEntity, where)) as ChatRow | null) ?? undefined);
  }

  ofAgent(agent: string): Promise<readonly ChatRow[]> {
    return this.#deps.readPool.read(async (em) => (await em.find(ChatEntity, { agent, state: "active" }, { orderBy: { startedAt: "asc" } })) as ChatRow[]);
  }

  messages(chatId: string, after = 0): Promise<readonly ChatMessage[]> {
    return this.#deps.readPool.read(async (em) => ((await em.find(MessageEntity, { chatId, seq: { $gt: after } }, { orderBy: { seq: "asc" } })) as MessageRow[]).map(messageOf));
  }

  /** Changes the chat when it is in one of these states (and with this agent); `undefined` when it is not. */
  move(id: string, from: readonly ChatState[], patch: Patch, within?: (uow: Uow) => void, agent?: string): Promise<ChatRow | undefined> {
    return this.#alone(id, () =>
      this.#deps.unitOfWork.run(async (uow) => {
        if ((await uow.em.nativeUpdate(ChatEntity, { id, state: { $in: [...from] }, ...(agent === undefined ? {} : { agent }) }, patch)) === 0) return undefined;
        within?.(uow);
        return (await uow.em.findOneOrFail(ChatEntity, { id }, { refresh: true })) as ChatRow;
      }),
    );
  }

  /** Adds a message; one with a client's id that is known already is that one. */
  add(chatId: string, sender: ChatMessage["from"], text: string, clientId?: string): Promise<{ readonly message: ChatMessage; readonly fresh: boolean; readonly chat: ChatRow }> {
    const { clock, ids, unitOfWork } = this.#deps;
    return this.#alone(chatId, () =>
      unitOfWork.run(async ({ em }) => {
        const chat = (await em.findOneOrFail(ChatEntity, { id: chatId }, { refresh: true })) as ChatRow;
        const earlier = clientId === undefined ? null : await em.findOne(MessageEntity, { chatId, clientId });
        if (earlier !== null) return { message: messageOf(earlier as MessageRow), fresh: false, chat };
        const row = { id: ids.next(), chatId, seq: chat.lastSeq + 1, sender, text, clientId: clientId ?? null, at: clock.now() };
        await em.insert(MessageEntity, row);
        await em.nativeUpdate(ChatEntity, { id: chatId }, { lastSeq: row.seq });
        return { message: messageOf(row as MessageRow), fresh: true, chat: { ...chat, lastSeq: row.seq } };
      }),
    );
  }

  /** After a stop or a crash: nobody waits and nobody talks. */
  async interruptAll(): Promise<number> {
    return this.#deps.unitOfWork.run(({ em }) => em.nativeUpdate(ChatEntity, { state: { $in: ["waiting", "active"] } }, { state: "interrupted" }));
  }

  #alone<T>(id: string, fn: () => Promise<T>): Promise<T> {
    const before = this.#tails.get(id) ?? Promise.resolve();
    const run = before.then(fn, fn);
    const tail = run.catch(() => undefined).finally(() => {
      if (this.#tails.get(id) === tail) this.#tails.delete(id);
    });
    this.#tails.set(id, tail);
    return run;
  }
}

function messageOf(row: MessageRow): ChatMessage {
  return { id: row.id, seq: row.seq, from: row.sender as ChatMessage["from"], text: row.text, at: row.at };
}
