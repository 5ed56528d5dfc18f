import type { ReactElement, ReactNode } from "react";
import { formatDateTime, Slot, useTexts } from "@hotlinejs/plugin-console/sdk";
import type { TicketView, Urging } from "../src/contract.js";
import { departmentName, type Catalogue } from "./catalogue.js";
import { texts, type Texts } from "./texts.js";

export interface HistoryLine {
  readonly at: number;
  readonly action: string;
  readonly actionName: string | null;
  readonly from: string | null;
  readonly to: string;
  readonly actor: string;
  readonly actorName: string | null;
  readonly note: string | null;
  readonly data: Readonly<Record<string, unknown>> | null;
}

interface TimelineProps {
  readonly ticket: TicketView & { readonly history: readonly HistoryLine[]; readonly urgings: readonly Urging[] };
  readonly catalogue: Catalogue | undefined;
}

/** Steps, urgings and recordings in one list, newest first. */
export function Timeline({ ticket, catalogue }: TimelineProps): ReactElement {
  const text = useTexts(texts);
  const stateName = (id: string): string => catalogue?.states.find((state) => state.id === id)?.name ?? id;
  const lines: { readonly at: number; readonly key: string; readonly line: ReactNode }[] = [
    ...ticket.history.map((line, index) => ({ at: line.at, key: `h${index}`, line: <Step line={line} text={text} catalogue={catalogue} stateName={stateName} /> })),
    ...ticket.urgings.filter(({ state }) => state === "fired").map((urging) => ({
      at: urging.firedAt ?? urging.plannedAt,
      key: urging.id,
      line: (
        <>
          <strong>{text.detail.urged(urging.name)}</strong>
          {urging.text === null ? null : <p>{urging.text}</p>}
        </>
      ),
    })),
  ].sort((a, b) => b.at - a.at);
  return (
    <>
      {ticket.recordings.map((id) => (
        <Slot key={id} name="recording.player" props={{ recordingId: id }} />
      ))}
      <ol className="tic-timeline">
        {lines.map(({ at, key, line }) => (
          <li key={key}>
            <time dateTime={new Date(at).toISOString()}>{formatDateTime(at)}</time>
            <div>{line}</div>
          </li>
        ))}
      </ol>
    </>
  );
}

function Step({ line, text, catalogue, stateName }: { readonly line: HistoryLine; readonly text: Texts; readonly catalogue: Catalogue | undefined; readonly stateName: (id: string) => string }): ReactElement {
  const department = line.data?.department;
  const words = ["answer", "reason", "opinion"].flatMap((name) => (typeof line.data?.[name] === "string" ? [String(line.data[name])] : []));
  return (
    <>
      <strong>{line.action === "create" ? text.create : (line.actionName ?? stateName(line.to))}</strong> <span className="hl-meta">{line.actorName ?? (line.actor === "system" || line.actor.startsWith("plugin:") ? text.detail.system : "")}</span>
      {typeof department === "string" ? <span> › {departmentName(catalogue, department)}</span> : null}
      {[...words, ...(line.note === null ? [] : [line.note])].map((word) => (
        <p key={word}>{word}</p>
      ))}
    </>
  );
}
