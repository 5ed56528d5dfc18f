import { useEffect, useRef, useState, type ReactElement } from "react";
import { Alert, Button } from "antd";
import { announce, api, EmptyState, ErrorState, formatDuration, formatSerial, linkStore, Link, LoadingState, PageFrame, StatusTag, useServerSeconds, useStore, useTexts, type ApiError } from "@hotlinejs/plugin-console/sdk";
import type { QueuedMessage } from "../src/contract.js";
import { messageTexts } from "./message-texts.js";
import { useQueuedMessages } from "./queued-messages.js";
import { texts } from "./texts.js";

/** E-mails, faxes and other letters that the queues gave me, or ask me to take. */
export function MessagesPage(): ReactElement {
  const text = useTexts(messageTexts);
  const { sources } = useTexts(texts);
  const offline = useStore(linkStore).state === "offline";
  const list = useQueuedMessages("tickets.queued-messages");
  const [busy, setBusy] = useState<string>();
  const [problem, setProblem] = useState<ApiError>();
  const items = list.data?.items;

  const offers = useRef(new Set<string>());
  useEffect(() => {
    for (const { id, offered, channel } of items ?? []) {
      if (!offered) offers.current.delete(id);
      else if (!offers.current.has(id)) {
        offers.current.add(id);
        announce(text.newOffer(sources[channel] ?? channel));
      }
    }
  }, [items, text, sources]);

  const command = async (id: string, what: "accept" | "decline" | "finish"): Promise<void> => {
    setBusy(id);
    setProblem(undefined);
    try {
      await api.post(`/api/queued-messages/${encodeURIComponent(id)}/${what}`);
    } catch (error) {
      setProblem(error as ApiError);
    } finally {
      setBusy(undefined);
      list.reload();
    }
  };

  return (
    <PageFrame title={text.title}>
      {list.error === undefined ? null : <ErrorState error={list.error} what={text.what} onRetry={list.reload} />}
      {problem === undefined ? null : <Alert type="warning" showIcon closable={{ onClose: () => setProblem(undefined) }} title={problem.code === "HTL_TICKETS_NOT_OFFERED" ? text.gone : text.notDone(problem.code)} />}
      {items === undefined ? (
        list.error === undefined ? <LoadingState rows={4} /> : null
      ) : items.length === 0 ? (
        <EmptyState>{text.none}</EmptyState>
      ) : (
        <ul className="tic-letters" aria-label={text.list}>
          {items.map((message) => (
            <Letter key={message.id} message={message} off={offline || busy === message.id} why={offline ? text.offline : undefined} onCommand={(what) => void command(message.id, what)} />
          ))}
        </ul>
      )}
    </PageFrame>
  );
}

interface LetterProps {
  readonly message: QueuedMessage;
  readonly off: boolean;
  /** Why nothing can be done now. */
  readonly why: string | undefined;
  onCommand(what: "accept" | "decline" | "finish"): void;
}

function Letter({ message, off, why, onCommand }: LetterProps): ReactElement {
  const text = useTexts(messageTexts);
  const { sources } = useTexts(texts);
  const now = useServerSeconds();
  const { ticket, channel, offered, queuedAt, acceptedAt } = message;
  return (
    <li className={offered ? "tic-letter tic-letter-offered" : "tic-letter"}>
      <div className="tic-letter-head">
        <strong>{sources[channel] ?? channel}</strong>
        {offered ? <StatusTag status="ringing">{text.waited(formatDuration(now - queuedAt))}</StatusTag> : <StatusTag status="live">{text.since(formatDuration(now - (acceptedAt ?? now)))}</StatusTag>}
        <span className="hl-meta">{formatSerial(ticket.serial)}</span>
      </div>
      <p className="tic-letter-words">{ticket.confidentiality !== "normal" && ticket.summary === null ? text.hidden : (ticket.summary ?? ticket.kindName)}</p>
      <div className="tic-letter-foot">
        {offered ? (
          <>
            <Button size="small" disabled={off} title={why} onClick={() => onCommand("decline")}>
              {text.decline}
            </Button>
            <Button size="small" type="primary" disabled={off} title={why} onClick={() => onCommand("accept")}>
              {text.accept}
            </Button>
          </>
        ) : (
          <>
            <span className="hl-meta">{text.finishHint}</span>
            <Link to={`/tickets/${ticket.id}`}>{text.open}</Link>
            <Button size="small" disabled={off} title={why} onClick={() => onCommand("finish")}>
              {text.finish}
            </Button>
          </>
        )}
      </div>
    </li>
  );
}
