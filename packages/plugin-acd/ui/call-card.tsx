import { useEffect, useState, type ReactElement } from "react";
import { Button } from "antd";
import { api, formatDuration, formatPhone, StatusTag, useLoad, useServerSeconds, useStore, useTexts } from "@hotlinejs/plugin-console/sdk";
import type { AgentCall } from "../src/contract.js";
import { callWord } from "./call-info.js";
import { screenStore } from "./screen-store.js";
import { texts } from "./texts.js";

interface Detail {
  readonly events: readonly { readonly type: string; readonly data: { readonly label?: string; readonly outcome?: string; readonly type?: string } | null }[];
}

/** A number shown in full is masked again after a minute. */
const SHOWN_MS = 60_000;
const JOURNAL_MS = 500;

/** The call, always in the same place: who, since when, from which queue after what wait, by which way through the menu. */
export function CallCard({ call }: { readonly call: AgentCall | null }): ReactElement {
  const text = useTexts(texts);
  const now = useServerSeconds(call !== null);
  const received = useStore(screenStore)[call?.interactionId ?? ""]?.received;
  const [shown, setShown] = useState<{ readonly of: string; readonly number: string }>();
  const detail = useLoad(call === null ? undefined : `call-card ${call.interactionId}`, (signal) => api.get<Detail>(`/api/interactions/${call?.interactionId ?? ""}`, {}, { signal }));
  // The last step of the menu is written while the phone begins to ring.
  const { reload } = detail;
  const interactionId = call?.interactionId;
  useEffect(() => {
    if (interactionId === undefined) return undefined;
    const timer = setTimeout(reload, JOURNAL_MS);
    return () => clearTimeout(timer);
  }, [interactionId, reload]);
  if (call === null) {
    return (
      <div className="acd-card acd-card-empty">
        <span className="hl-meta">{text.noCall}</span>
      </div>
    );
  }
  const [status, word] = callWord(call, text);
  const reveal = async (): Promise<void> => {
    const { citizenNumber } = await api.post<{ citizenNumber: string }>(`/api/agents/${call.agent}/call/reveal`);
    setShown({ of: call.interactionId, number: citizenNumber });
    setTimeout(() => setShown(undefined), SHOWN_MS);
  };
  const number = shown?.of === call.interactionId ? shown.number : call.citizenNumber;
  const path = pathOf(detail.data);
  return (
    <div className="acd-card" data-state={call.state} data-joining={call.joining || undefined}>
      <div className="acd-card-head">
        <StatusTag status={status} solid>
          {word}
        </StatusTag>
        <span className="acd-timer">{formatDuration(now - (call.answeredAt ?? call.since))}</span>
      </div>
      <div className="acd-card-who">
        <strong>{number === "" ? text.unknownNumber : formatPhone(number)}</strong>
        {number.includes("*") ? (
          <Button type="link" size="small" onClick={() => void reveal()}>
            {text.show}
          </Button>
        ) : null}
      </div>
      <dl>
        {call.given === null ? received === undefined ? null : <div className="acd-card-given">{text.screen.received(received.from, received.filled)}</div> : <div className="acd-card-given">{call.given.asked ? text.screen.askedBy(call.given.name) : received === undefined ? text.screen.givenBy(call.given.name) : text.screen.received(received.from, received.filled)}</div>}
        <div>{[call.queueName, call.waitMs === null ? null : text.waited(formatDuration(call.waitMs))].filter((part) => part !== null).join(" · ")}</div>
        <div className="acd-card-path">{path === "" ? null : `${text.ivr}：${path}`}</div>
      </dl>
    </div>
  );
}

/** The way through the menus: what has a name for people, with the key that was pressed. */
function pathOf(detail: Detail | undefined): string {
  return (detail?.events ?? [])
    .filter(({ type, data }) => type === "ivr.node" && data?.label !== undefined)
    .map(({ data }) => (data?.type === "menu" && /^[0-9*#]$/.test(data.outcome ?? "") ? `${data.label ?? ""} ${data.outcome ?? ""}` : (data?.label ?? "")))
    .join(" › ");
}
