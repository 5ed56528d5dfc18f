import { announce, api, countFilled, createStore, draftsAbout, dropDraftsAbout, takeDrafts } from "@hotlinejs/plugin-console/sdk";
import type { ChatScreen, ChatTarget, ChatView, GivenChatScreen } from "../src/contract.js";

/** What came with a chat from a colleague. */
export interface Received {
  readonly from: string;
  /** Fields filled in. */
  readonly filled: number;
  /** When it was given, epoch ms. */
  readonly at: number;
}

const KEY = "hotline.webchat.received";
const MOST = 40;

/** Chat -> what came with it, once it was taken over here. */
export const receivedStore = createStore<Readonly<Record<string, Received>>>(read());
/** Chat -> drafts as they were last sent. */
const sent = new Map<string, string>();

function read(): Readonly<Record<string, Received>> {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? "{}") as Record<string, Received>;
  } catch (error) {
    console.warn("which chats came from colleagues was not kept", error);
    return {};
  }
}

function path(id: string): string {
  return `/api/webchat/chats/${encodeURIComponent(id)}`;
}

/** What I have typed about the chat. */
function screenOf({ id }: Pick<ChatView, "id">): ChatScreen {
  return { drafts: draftsAbout(id) };
}

/** Gives the chat away, with what I have typed. */
export async function giveChat(chat: ChatView, to: ChatTarget): Promise<ChatView> {
  const screen = screenOf(chat);
  const view = await api.post<ChatView>(`${path(chat.id)}/transfer`, { to, screen });
  sent.set(chat.id, JSON.stringify(screen));
  return view;
}

export function keepChat(id: string): Promise<ChatView> {
  return api.delete<ChatView>(`${path(id)}/transfer`);
}

/** The chat is a colleague's now. What I typed since follows; only when the server has it does my copy go. */
export async function passChat(id: string, kept: string): Promise<void> {
  const screen = screenOf({ id });
  const text = JSON.stringify(screen);
  try {
    if (sent.get(id) !== text) await api.put(`${path(id)}/screen`, screen);
  } catch (error) {
    console.warn("what was typed could not follow the chat", error);
    announce(kept, "assertive");
    return;
  } finally {
    sent.delete(id);
  }
  dropDraftsAbout(id);
}

/** Takes over what the colleague had begun; once, however often it is told. */
export async function takeChat(chat: ChatView): Promise<void> {
  const given = chat.givenBy;
  if (given === null || chat.state !== "active" || chat.offered || receivedStore.get()[chat.id]?.at === given.at) return;
  let screen: GivenChatScreen | null;
  try {
    ({ screen } = await api.get<{ screen: GivenChatScreen | null }>(`${path(chat.id)}/screen`));
  } catch (error) {
    console.warn("what was begun for the citizen could not be taken over", error);
    return;
  }
  if (screen === null || receivedStore.get()[chat.id]?.at === screen.at) return;
  takeDrafts(screen.drafts);
  const all = Object.fromEntries([...Object.entries(receivedStore.get()).slice(1 - MOST), [chat.id, { from: screen.fromName, filled: countFilled(screen.drafts), at: screen.at }]]);
  receivedStore.set(all);
  try {
    sessionStorage.setItem(KEY, JSON.stringify(all));
  } catch (error) {
    console.warn("which chats came from colleagues is not kept", error);
  }
}
