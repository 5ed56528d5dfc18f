import { useCallback, useEffect, useRef, useState } from "react";
import { api, onResync, serverNow, useLoad, useTopic, type ApiError } from "@hotlinejs/plugin-console/sdk";
import type { ChatMessage, ChatView } from "../src/contract.js";

export interface Conversation {
  readonly chat: ChatView;
  readonly messages: readonly ChatMessage[];
}

/** Said here, not yet acknowledged. */
export interface Outgoing {
  readonly clientId: string;
  readonly text: string;
  readonly failed: ApiError | undefined;
}

export interface Conversations {
  /** Mine and what I am asked to take, oldest first, then what ended on this page. `undefined` while loading. */
  readonly chats: readonly ChatView[] | undefined;
  readonly error: ApiError | undefined;
  readonly details: ReadonlyMap<string, Conversation>;
  readonly outgoing: ReadonlyMap<string, readonly Outgoing[]>;
  /** When an offer was first seen here. */
  readonly offeredAt: ReadonlyMap<string, number>;
  /** When the list was last answered, on the server's clock. */
  readonly asOf: number;
  reload(): void;
  say(id: string, text: string, again?: Outgoing): void;
  /** Puts what a command answered in place of what was known. */
  put(chat: ChatView): void;
}

const KEPT_ENDED = 10;

/** All my conversations, kept up to date by pushed events. */
export function useConversations(): Conversations {
  const list = useLoad("webchat.chats", (signal) => api.get<{ items: readonly ChatView[] }>("/api/webchat/chats", {}, { signal }));
  const [details, setDetails] = useState<ReadonlyMap<string, Conversation>>(new Map());
  const [outgoing, setOutgoing] = useState<ReadonlyMap<string, readonly Outgoing[]>>(new Map());
  const known = useRef(details);
  known.current = details;
  const offeredAt = useRef(new Map<string, number>());
  const asOf = useRef(serverNow());
  if (list.data !== undefined && !list.loading) asOf.current = serverNow();

  const load = useCallback((id: string) => {
    api.get<Conversation>(`/api/webchat/chats/${encodeURIComponent(id)}`).then(
      (found) =>
        setDetails((before) => {
          // An older answer that comes late does not take messages away.
          const had = before.get(id);
          return had !== undefined && had.messages.length > found.messages.length ? before : new Map([...before, [id, found]]);
        }),
      (error: unknown) => console.warn("chat not loaded", error), // the row stays without its words; the next event loads again
    );
  }, []);

  const { reload } = list;
  useTopic<{ readonly chatId: string }>("webchat.changed", ({ chatId }) => {
    reload();
    load(chatId);
  });
  useEffect(() => onResync(() => [...known.current.keys()].forEach(load)), [load]);

  const items = list.data?.items;
  useEffect(() => {
    for (const { id, offered } of items ?? []) {
      if (!known.current.has(id)) load(id);
      if (!offered) offeredAt.current.delete(id);
      else if (!offeredAt.current.has(id)) offeredAt.current.set(id, serverNow());
    }
  }, [items, load]);

  const put = useCallback((chat: ChatView) => {
    setDetails((before) => {
      const had = before.get(chat.id);
      return had === undefined ? before : new Map([...before, [chat.id, { ...had, chat }]]);
    });
  }, []);

  const change = (id: string, update: (before: readonly Outgoing[]) => readonly Outgoing[]): void => setOutgoing((before) => new Map([...before, [id, update(before.get(id) ?? [])]]));
  const say = useCallback((id: string, text: string, again?: Outgoing) => {
    const one: Outgoing = { clientId: again?.clientId ?? newName(), text, failed: undefined };
    change(id, (before) => (again === undefined ? [...before, one] : before.map((each) => (each.clientId === one.clientId ? one : each))));
    api.post<ChatMessage>(`/api/webchat/chats/${encodeURIComponent(id)}/messages`, { text, clientId: one.clientId }).then(
      (message) => {
        change(id, (before) => before.filter(({ clientId }) => clientId !== one.clientId));
        setDetails((before) => {
          const had = before.get(id);
          if (had === undefined || had.messages.some(({ seq }) => seq === message.seq)) return before;
          return new Map([...before, [id, { ...had, messages: [...had.messages, message].sort((a, b) => a.seq - b.seq) }]]);
        });
      },
      (failed: ApiError) => change(id, (before) => before.map((each) => (each.clientId === one.clientId ? { ...each, failed } : each))),
    );
  }, []);

  // Ended on this page: they stay, so that a ticket can still be filed. Offers that went to others do not.
  const present = new Set(items?.map(({ id }) => id));
  const ended = [...details.values()].filter(({ chat }) => !present.has(chat.id) && chat.state === "ended" && chat.answeredAt !== null).map(({ chat }) => chat);
  const chats = items === undefined ? undefined : [...[...items].sort((a, b) => a.startedAt - b.startedAt), ...ended.slice(-KEPT_ENDED)];
  return { chats, error: list.error, details, outgoing, offeredAt: offeredAt.current, asOf: asOf.current, reload, say, put };
}

/** `crypto.randomUUID` is there on secure pages only; consoles are opened by plain HTTP in closed networks too. */
function newName(): string {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (byte) => byte.toString(16).padStart(2, "0")).join("");
}
