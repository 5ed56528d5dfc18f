import type { ReactElement } from "react";
import { Button } from "antd";
import { formatDuration, StatusTag, useServerSeconds, useTexts } from "@hotlinejs/plugin-console/sdk";
import type { ChatMessage, ChatView } from "../src/contract.js";
import { texts } from "./texts.js";
import type { Conversations } from "./use-conversations.js";

/** From here on an unanswered citizen is told in amber. */
const LATE_MS = 60_000;

export interface ChatListProps extends Pick<Conversations, "details" | "offeredAt"> {
  readonly chats: readonly ChatView[];
  readonly selected: string | undefined;
  readonly busy: string | undefined;
  readonly offline: boolean;
  onSelect(id: string): void;
  onAnswer(id: string, accept: boolean): void;
}

export function ChatList(props: ChatListProps): ReactElement {
  const now = useServerSeconds();
  return <ul className="wc-rows">{props.chats.map((chat) => (chat.offered ? <OfferRow key={chat.id} chat={chat} now={now} {...props} /> : <Row key={chat.id} chat={chat} now={now} {...props} />))}</ul>;
}

type RowProps = Omit<ChatListProps, "chats"> & { readonly chat: ChatView; readonly now: number };

function OfferRow({ chat, now, details, offeredAt, busy, offline, onAnswer }: RowProps): ReactElement {
  const text = useTexts(texts);
  const off = offline || busy === chat.id;
  return (
    <li className="wc-row wc-offer">
      <div className="wc-row-head">
        <strong>{maskName(chat.name) ?? text.unnamed}</strong>
        <StatusTag status="ringing">{text.offered(formatDuration(now - (offeredAt.get(chat.id) ?? now)))}</StatusTag>
      </div>
      <p className="wc-words">{chat.topic ?? lastWords(details.get(chat.id)?.messages)}</p>
      <div className="wc-row-foot">
        {chat.transfer === null ? null : <span className="hl-meta">{text.from(chat.transfer.from)}</span>}
        <span className="hl-meta">{text.waited(formatDuration(now - chat.startedAt))}</span>
        <Button size="small" disabled={off} title={offline ? text.offline : undefined} onClick={() => onAnswer(chat.id, false)}>
          {text.decline}
        </Button>
        <Button size="small" type="primary" disabled={off} title={offline ? text.offline : undefined} onClick={() => onAnswer(chat.id, true)}>
          {text.accept}
        </Button>
      </div>
    </li>
  );
}

function Row({ chat, now, details, selected, onSelect }: RowProps): ReactElement {
  const text = useTexts(texts);
  const messages = details.get(chat.id)?.messages;
  const since = unansweredSince(messages ?? []);
  return (
    <li>
      <button type="button" className="wc-row wc-choose" aria-current={selected === chat.id ? "true" : undefined} onClick={() => onSelect(chat.id)}>
        <span className="wc-row-head">
          <strong>{maskName(chat.name) ?? text.unnamed}</strong>
          {chat.state === "ended" ? (
            <StatusTag status="after">{text.ended}</StatusTag>
          ) : chat.state === "interrupted" ? (
            <StatusTag status="fault">{text.interrupted}</StatusTag>
          ) : since === undefined ? (
            <span className="hl-meta">{text.answered}</span>
          ) : now - since >= LATE_MS ? (
            <StatusTag status="due">{text.unanswered(formatDuration(now - since))}</StatusTag>
          ) : (
            <span className="hl-meta">{text.unanswered(formatDuration(now - since))}</span>
          )}
        </span>
        <span className="wc-words">{lastWords(messages)}</span>
      </button>
    </li>
  );
}

/** When the citizen began to wait for my answer. */
export function unansweredSince(messages: readonly ChatMessage[]): number | undefined {
  let since: number | undefined;
  for (const { from, at } of messages) {
    if (from === "agent") since = undefined;
    else if (from === "citizen") since ??= at;
  }
  return since;
}

function lastWords(messages: readonly ChatMessage[] | undefined): string {
  return messages?.findLast(({ from }) => from !== "system")?.text ?? "";
}

/** In lists the name is not shown in full. */
function maskName(name: string | null): string | undefined {
  return name === null || name === "" ? undefined : `${[...name][0] ?? ""}**`;
}
