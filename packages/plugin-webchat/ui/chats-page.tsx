import { useEffect, useRef, useState, type ReactElement } from "react";
import { Alert } from "antd";
import { announce, api, EmptyState, ErrorState, formatTime, LoadingState, linkStore, PageFrame, usePageShown, useStore, useTexts, useTopic, type ApiError } from "@hotlinejs/plugin-console/sdk";
import type { ChatView } from "../src/contract.js";
import { ChatList } from "./chat-list.js";
import { ConversationPane } from "./conversation-pane.js";
import { passChat, takeChat } from "./handover.js";
import { markSeen } from "./seen.js";
import { texts } from "./texts.js";
import { useConversations } from "./use-conversations.js";

/** My chats: who waits for me, the conversation, and the ticket that comes of it. */
export function ChatsPage(): ReactElement {
  const text = useTexts(texts);
  const shown = usePageShown();
  const offline = useStore(linkStore).state === "offline";
  const conversations = useConversations();
  const { chats, details, reload, put } = conversations;
  const [selected, select] = useState<string>();
  const [busy, setBusy] = useState<string>();
  const [problem, setProblem] = useState<ApiError>();

  const offers = useRef(new Set<string>());
  useEffect(() => {
    for (const chat of chats ?? []) {
      if (!chat.offered) offers.current.delete(chat.id);
      else if (!offers.current.has(chat.id)) {
        offers.current.add(chat.id);
        announce(text.newOffer(chat.name ?? text.unnamed));
      }
    }
  }, [chats, text]);

  // What a colleague had typed comes with the chat; what I typed goes with it.
  const [passed, setPassed] = useState<string>();
  useEffect(() => {
    for (const chat of chats ?? []) void takeChat(chat);
  }, [chats]);
  useTopic<{ readonly chatId: string; readonly state: string; readonly agent?: string }>("webchat.changed", ({ chatId, state, agent = "" }) => {
    if (state === "transferred") {
      void passChat(chatId, text.draftsKept);
      setPassed(text.passed(agent));
      announce(text.passed(agent));
    } else if (state === "transfer-failed") {
      setPassed(text.notPassed);
      announce(text.notPassed, "assertive");
    }
  });

  // What was known of a chat that is a colleague's now stays known, and is no longer mine to work on.
  const open = selected === undefined || chats?.some(({ id }) => id === selected) !== true ? undefined : details.get(selected);
  const heading = useRef<HTMLHeadingElement>(null);
  const shows = open !== undefined;
  useEffect(() => {
    if (!shows && selected !== undefined && (document.activeElement === document.body || document.activeElement === null)) heading.current?.focus();
  }, [shows, selected]);
  const lastSeq = open?.messages.at(-1)?.seq ?? 0;
  useEffect(() => {
    if (shown && selected !== undefined) markSeen(selected, lastSeq);
  }, [shown, selected, lastSeq]);

  const command = async (id: string, what: "accept" | "decline" | "end"): Promise<void> => {
    setBusy(id);
    setProblem(undefined);
    try {
      const chat = await api.post<ChatView>(`/api/webchat/chats/${encodeURIComponent(id)}/${what}`);
      put(chat);
      if (what === "accept") select(id);
    } catch (error) {
      setProblem(error as ApiError);
    } finally {
      setBusy(undefined);
      reload();
    }
  };

  if (chats === undefined) return <PageFrame title={text.title}>{conversations.error === undefined ? <LoadingState rows={8} /> : <ErrorState error={conversations.error} what={text.what} onRetry={reload} />}</PageFrame>;
  return (
    <div className="wc-page">
      <section className="wc-list" aria-label={text.list}>
        <h1 className="wc-title" ref={heading} tabIndex={-1}>{text.title}</h1>
        {offline ? <p className="hl-meta">{text.stale(formatTime(conversations.asOf))}</p> : null}
        {conversations.error === undefined ? null : <ErrorState error={conversations.error} what={text.what} onRetry={reload} />}
        {passed === undefined ? null : <Alert type="info" showIcon closable={{ onClose: () => setPassed(undefined) }} title={passed} />}
        {problem === undefined ? null : <Alert type="warning" showIcon closable={{ onClose: () => setProblem(undefined) }} title={problem.code === "HTL_WEBCHAT_NOT_OFFERED" ? text.gone : text.notDone(problem.code)} />}
        {chats.length === 0 ? <EmptyState>{text.none}</EmptyState> : <ChatList {...conversations} chats={chats} selected={selected} busy={busy} offline={offline} onSelect={select} onAnswer={(id, accept) => void command(id, accept ? "accept" : "decline")} />}
      </section>
      {open === undefined || open.chat.offered ? (
        <section className="wc-pane">{chats.some((chat) => !chat.offered) ? <EmptyState>{text.choose}</EmptyState> : null}</section>
      ) : (
        <ConversationPane key={open.chat.id} conversation={open} outgoing={conversations.outgoing.get(open.chat.id) ?? []} offline={offline} shown={shown} busy={busy === open.chat.id} onSay={conversations.say} onEnd={() => void command(open.chat.id, "end")} onTicket={put} onTransfer={put} />
      )}
    </div>
  );
}
