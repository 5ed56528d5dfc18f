import { useEffect, useRef, useState, type ReactElement } from "react";
import { Alert, Button } from "antd";
import { announce, api, EmptyState, ErrorState, formatDuration, formatSerial, linkStore, Link, LoadingState, maskPhone, PageFrame, StatusTag, useServerSeconds, useStore, useTexts, useTopic, type ApiError } from "@hotlinejs/plugin-console/sdk";
import type { QueuedMessage } from "../src/contract.js";
import { GiveLetter } from "./give-letter.js";
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

  // Whom I give what: how that ends is told by the server.
  const giving = useRef(new Map<string, string>());
  useEffect(() => {
    for (const { id, transfer } of items ?? []) if (transfer !== null) giving.current.set(id, transfer.name);
  }, [items]);
  useTopic<{ readonly messageId: string; readonly state: string; readonly cause?: string }>("tickets.message-queue", ({ messageId, state, cause }) => {
    const name = giving.current.get(messageId);
    if (name === undefined || (state !== "given" && state !== "transfer-failed")) return;
    giving.current.delete(messageId);
    // Kept by my own click: that says enough.
    if (cause !== "cancelled") announce(state === "given" ? text.given(name) : text.refused(name));
  });

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
            <Letter key={message.id} message={message} off={offline || busy === message.id} why={offline ? text.offline : undefined} offline={offline} onChange={list.reload} onCommand={(what) => void command(message.id, what)} />
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
  readonly offline: boolean;
  onChange(): void;
  onCommand(what: "accept" | "decline" | "finish"): void;
}

function Letter({ message, off, why, offline, onChange, onCommand }: LetterProps): ReactElement {
  const text = useTexts(messageTexts);
  const { sources } = useTexts(texts);
  const now = useServerSeconds();
  const [giving, setGiving] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const { ticket, channel, offered, queuedAt, acceptedAt, givenBy, transfer } = message;
  // Of a fax the pages are all there is to read.
  const document = channel === "fax" ? ticket.files[0] : undefined;
  const close = (): void => {
    setGiving(false);
    opener.current?.focus();
  };
  return (
    <li className={offered ? "tic-letter tic-letter-offered" : "tic-letter"}>
      <div className="tic-letter-head">
        <strong>{sources[channel] ?? channel}</strong>
        {offered ? <StatusTag status="ringing">{text.waited(formatDuration(now - queuedAt))}</StatusTag> : <StatusTag status="open">{text.since(formatDuration(now - (acceptedAt ?? now)))}</StatusTag>}
        {ticket.contactNumber === null ? null : <span className="hl-meta">{text.from(maskPhone(ticket.contactNumber))}</span>}
        {givenBy === null ? null : <span className="tic-letter-given">{text.givenBy(givenBy.name)}</span>}
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
            {document === undefined ? null : (
              <a href={`/api/tickets/${ticket.id}/attachments/${document.id}`} target="_blank" rel="noreferrer">
                {document.fileName}
              </a>
            )}
            <Link to={`/tickets/${ticket.id}`}>{text.open}</Link>
            <Button ref={opener} size="small" disabled={off || transfer !== null} title={why} aria-expanded={giving || transfer !== null} onClick={() => setGiving(!giving)}>
              {text.give}
            </Button>
            <Button size="small" disabled={off} title={why} onClick={() => onCommand("finish")}>
              {text.finish}
            </Button>
          </>
        )}
      </div>
      {!offered && (giving || transfer !== null) ? (
        <GiveLetter
          message={message}
          offline={offline}
          onChange={() => {
            setGiving(false);
            onChange();
          }}
          onClose={close}
        />
      ) : null}
    </li>
  );
}
