import { useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent, type ReactElement } from "react";
import { Button, Input } from "antd";
import { announce, formatTime, StatusTag, useDraft, useStore, useTexts } from "@hotlinejs/plugin-console/sdk";
import type { ChatView } from "../src/contract.js";
import { receivedStore } from "./handover.js";
import { texts } from "./texts.js";
import { TicketForm } from "./ticket-form.js";
import { TransferBox } from "./transfer-box.js";
import type { Conversation, Outgoing } from "./use-conversations.js";

export interface ConversationPaneProps {
  readonly conversation: Conversation;
  readonly outgoing: readonly Outgoing[];
  readonly offline: boolean;
  /** The page is the one on the screen. */
  readonly shown: boolean;
  readonly busy: boolean;
  onSay(id: string, text: string, again?: Outgoing): void;
  onEnd(): void;
  onTicket(chat: ChatView): void;
  onTransfer(chat: ChatView): void;
}

export function ConversationPane({ conversation, outgoing, offline, shown, busy, onSay, onEnd, onTicket, onTransfer }: ConversationPaneProps): ReactElement {
  const { chat, messages } = conversation;
  const text = useTexts(texts);
  const draft = useDraft(`webchat.say.${chat.id}`, { text: "" });
  const over = chat.state === "ended";
  const [giving, setGiving] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const received = useStore(receivedStore)[chat.id];
  const name = chat.name ?? text.unnamed;
  const whose = { citizen: chat.name ?? text.citizen, agent: text.me, system: text.system } as const;

  // Words of the open chat are told to screen readers as they come; what was there is not.
  const told = useRef(messages.at(-1)?.seq ?? 0);
  useEffect(() => {
    for (const message of messages) if (message.seq > told.current && message.from === "citizen" && shown) announce(`${name}: ${message.text}`);
    told.current = Math.max(told.current, messages.at(-1)?.seq ?? 0);
  }, [messages, name, shown]);

  // Follows the conversation only while its end is in view: reading back is not disturbed.
  const log = useRef<HTMLOListElement>(null);
  const atEnd = useRef(true);
  const count = messages.length + outgoing.length;
  useLayoutEffect(() => {
    if (log.current !== null && atEnd.current) log.current.scrollTop = log.current.scrollHeight;
  }, [count, shown]);

  const send = (): void => {
    const words = draft.values.text.trim();
    if (words === "" || over || offline) return;
    atEnd.current = true;
    onSay(chat.id, words);
    draft.clear();
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    // 229: Safari tells the Enter that chooses a candidate after the composition has ended.
    if (event.key !== "Enter" || event.shiftKey || event.nativeEvent.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    send();
  };

  return (
    <>
      <section className="wc-pane" aria-label={name}>
        <header className="wc-pane-head">
          <h2>{name}</h2>
          {over ? <StatusTag status="after">{text.ended}</StatusTag> : chat.state === "interrupted" ? <StatusTag status="fault">{text.interrupted}</StatusTag> : <StatusTag status="ready">{text.active}</StatusTag>}
          {chat.topic === null ? null : <span className="hl-meta">{chat.topic}</span>}
          <Button ref={opener} className="wc-give" disabled={chat.state !== "active" || chat.transfer !== null || offline} title={offline ? text.offline : undefined} aria-expanded={giving || chat.transfer !== null} onClick={() => setGiving(!giving)}>
            {text.transfer}
          </Button>
          <Button danger disabled={over || offline || busy} title={offline ? text.offline : undefined} onClick={onEnd}>
            {text.end}
          </Button>
        </header>
        {chat.state === "active" && (giving || chat.transfer !== null) ? (
          <TransferBox
            chat={chat}
            offline={offline}
            onChange={(changed) => {
              setGiving(false);
              onTransfer(changed);
            }}
            onClose={() => {
              setGiving(false);
              opener.current?.focus();
            }}
          />
        ) : null}
        {received === undefined || over ? null : <p className="wc-received">{text.received(received.from, received.filled)}</p>}
        <ol
          className="wc-log"
          ref={log}
          aria-label={text.messages}
          tabIndex={0}
          onScroll={({ currentTarget: { scrollHeight, scrollTop, clientHeight } }) => {
            atEnd.current = scrollHeight - scrollTop - clientHeight < 60;
          }}
        >
          {messages.map((message) => (
            <li key={message.seq} className={`wc-message wc-${message.from}`}>
              <span className="hl-meta">
                {whose[message.from]} {formatTime(message.at)}
              </span>
              <p>{message.text}</p>
            </li>
          ))}
          {outgoing.map((one) => (
            <li key={one.clientId} className="wc-message wc-agent">
              <span className="hl-meta">
                {text.me} {one.failed === undefined ? text.sending : null}
              </span>
              <p>{one.text}</p>
              {one.failed === undefined ? null : (
                <p className="wc-failed" role="alert">
                  {text.notSent} <code className="hl-code">{one.failed.code}</code>
                  <Button size="small" type="link" onClick={() => onSay(chat.id, one.text, one)}>
                    {text.again}
                  </Button>
                </p>
              )}
            </li>
          ))}
        </ol>
        {over ? (
          <p className="wc-over">{chat.ticketSerial === null ? text.endedNote : text.endedFiled}</p>
        ) : (
          <div className="wc-say">
            {/* Opened by the agent's own click: the caret belongs here. */}
            <Input.TextArea autoFocus aria-label={text.say} placeholder={text.keys} maxLength={2000} autoSize={{ minRows: 2, maxRows: 5 }} value={draft.values.text} onChange={({ target }) => draft.set({ text: target.value })} onKeyDown={onKeyDown} />
            <Button type="primary" disabled={offline || draft.values.text.trim() === ""} title={offline ? text.offline : undefined} onClick={send}>
              {text.send}
            </Button>
          </div>
        )}
      </section>
      <TicketForm chat={chat} messages={messages} offline={offline} onFiled={onTicket} onInsert={over ? undefined : (words) => draft.set({ text: draft.values.text === "" ? words : `${draft.values.text}\n${words}` })} />
    </>
  );
}
