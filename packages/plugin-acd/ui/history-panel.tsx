import { useState, type ReactElement } from "react";
import { Button } from "antd";
import { MailOutlined, MessageOutlined, PhoneOutlined, PrinterOutlined } from "@ant-design/icons";
import { api, EmptyState, ErrorState, formatDateTime, formatDuration, LoadingState, Slot, StatusTag, useLoad, useMay, useTexts, type InteractionContext } from "@hotlinejs/plugin-console/sdk";
import { useWrapUpCodes } from "./agent-reasons.js";
import { useDesk } from "./desk-store.js";
import { texts, type Texts } from "./texts.js";

interface Interaction {
  readonly id: string;
  readonly channel: string;
  readonly direction: string;
  readonly startedAt: number;
  readonly answeredAt: number | null;
  readonly endedAt: number | null;
  readonly agentId: string | null;
  readonly queue: string | null;
  readonly wrapUpCode: string | null;
}

const ICONS = { voice: PhoneOutlined, chat: MessageOutlined, email: MailOutlined, fax: PrinterOutlined } as const;
const PAGE = 20;

/** Other interactions of the same number, newest first, with their recordings. */
export function HistoryPanel({ interactionId, callerNumber }: InteractionContext): ReactElement {
  const text = useTexts(texts);
  const [limit, setLimit] = useState(PAGE);
  const mayListen = useMay("recording.read");
  const codes = useWrapUpCodes();
  const history = useLoad(`history ${interactionId} ${limit}`, (signal) => api.get<{ items: Interaction[]; next: string | null }>("/api/interactions", { relatedTo: interactionId, limit }, { signal }));
  if (callerNumber === "") return <EmptyState>{text.historyHidden}</EmptyState>;
  if (history.error !== undefined) return <ErrorState error={history.error} what={text.what.history} onRetry={history.reload} />;
  if (history.data === undefined) return <LoadingState />;
  if (history.data.items.length === 0) return <EmptyState>{text.historyEmpty}</EmptyState>;
  return (
    <div>
      <ol className="acd-history">
        {history.data.items.map((item) => (
          <HistoryRow key={item.id} item={item} text={text} codes={codes} mayListen={mayListen} />
        ))}
      </ol>
      {history.data.next === null ? null : (
        <Button type="link" size="small" onClick={() => setLimit((before) => Math.min(200, before + PAGE))}>
          {text.more2}
        </Button>
      )}
    </div>
  );
}

function HistoryRow({ item, text, codes, mayListen }: { readonly item: Interaction; readonly text: Texts; readonly codes: ReadonlyMap<string, string>; readonly mayListen: boolean }): ReactElement {
  const [open, setOpen] = useState(false);
  const desk = useDesk();
  const Icon = ICONS[item.channel as keyof typeof ICONS] ?? PhoneOutlined;
  const verb = item.channel === "chat" ? text.chat : item.channel === "email" ? text.email : item.channel === "fax" ? text.fax : item.direction === "outbound" ? text.outbound : text.inbound;
  const agent = item.agentId === null ? "" : (desk.agents.get(item.agentId)?.name ?? item.agentId);
  const code = item.wrapUpCode === null ? "" : (codes.get(item.wrapUpCode) ?? item.wrapUpCode);
  const queue = item.queue === null ? "" : (desk.queues.get(item.queue)?.name ?? item.queue);
  // What became of it first: the row may have no room for the rest.
  const facts = [code, queue, agent].filter((word) => word !== "");
  const recordings = useLoad(open && mayListen ? `recordings of ${item.id}` : undefined, (signal) => api.get<{ items: { id: string }[] }>("/api/recordings", { interactionId: item.id }, { signal }));
  return (
    <li className="acd-history-row">
      <button type="button" aria-expanded={open} disabled={!mayListen || item.channel !== "voice"} onClick={() => setOpen(!open)}>
        <time dateTime={new Date(item.startedAt).toISOString()}>{formatDateTime(item.startedAt)}</time>
        <Icon aria-hidden />
        <span>{verb}</span>
        <span className="acd-history-what" title={facts.join(" · ")}>
          {item.endedAt === null ? <StatusTag status="live">{text.live}</StatusTag> : item.answeredAt === null ? text.notAnswered : formatDuration(item.endedAt - item.answeredAt)}
          {facts.map((word) => ` · ${word}`)}
        </span>
      </button>
      {open ? recordings.data?.items.map(({ id }) => <Slot key={id} name="recording.player" props={{ recordingId: id }} />) : null}
    </li>
  );
}
