import { useEffect, useRef, useState, type ReactElement } from "react";
import { Button, Select } from "antd";
import { api, colleagueOption, drawColleagueOption, ErrorState, StatusTag, useLanguage, useLoad, useSteadyOrder, useTexts, type ApiError } from "@hotlinejs/plugin-console/sdk";
import type { MessageColleague, QueuedMessage } from "../src/contract.js";
import { messageTexts } from "./message-texts.js";

interface Targets {
  readonly agents: readonly MessageColleague[];
  readonly queues: readonly { readonly key: string; readonly name: string }[];
}

export interface GiveLetterProps {
  readonly message: QueuedMessage;
  readonly offline: boolean;
  /** Something has changed: the list is asked for anew. */
  onChange(): void;
  onClose(): void;
}

/** Gives a letter to a colleague or another queue, and shows how that stands. */
export function GiveLetter({ message, offline, onChange, onClose }: GiveLetterProps): ReactElement {
  const text = useTexts(messageTexts);
  const language = useLanguage();
  const { id, channel, queue, transfer } = message;
  const path = `/api/queued-messages/${encodeURIComponent(id)}/transfer`;
  const targets = useLoad(transfer === null ? `tickets.message-targets ${queue} ${channel}` : undefined, (signal) => api.get<Targets>("/api/queued-messages/targets", { queue, channel }, { signal }));
  const colleagues = useSteadyOrder(targets.data?.agents ?? [], ({ number }) => number);
  const [chosen, choose] = useState<string>();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError>();
  const group = useRef<HTMLDivElement>(null);
  const asked = transfer !== null;
  // Opened by the agent's own click: the choice has the focus; given, the way back has it.
  useEffect(() => group.current?.querySelector<HTMLElement>(asked ? "button" : "input")?.focus(), [asked]);

  const run = async (command: () => Promise<unknown>): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      await command();
      onChange();
    } catch (failed) {
      setError(failed as ApiError);
    } finally {
      setBusy(false);
    }
  };
  const problem =
    error === undefined ? null : (
      <span className="hl-error" role="alert">
        {error.code === "HTL_TICKETS_RECIPIENT_AWAY" || error.code === "HTL_TICKETS_NO_RECIPIENT" ? text.away : text.notDone(error.code)}
      </span>
    );
  const why = offline ? text.offline : undefined;

  if (transfer !== null) {
    return (
      <div className="tic-give" role="group" aria-label={text.give} ref={group}>
        <StatusTag status="ringing">{text.giving(transfer.name)}</StatusTag>
        <span className="hl-meta">{text.givingNote}</span>
        {problem}
        <Button size="small" disabled={offline || busy} title={why} onClick={() => void run(() => api.delete(path))}>
          {text.keep}
        </Button>
      </div>
    );
  }
  if (targets.error !== undefined && targets.data === undefined) return <ErrorState error={targets.error} what={text.targets} onRetry={targets.reload} />;
  const { queues = [] } = targets.data ?? {};
  const options = [
    { label: text.agents, options: colleagues.map((agent) => colleagueOption(agent, language)) },
    { label: text.queues, options: queues.map(({ key, name }) => ({ value: `queue:${key}`, label: name })) },
  ].filter((each) => each.options.length > 0);
  const give = (): void => {
    if (chosen === undefined) return;
    const key = chosen.slice(6);
    void run(() => api.post(path, { to: chosen.startsWith("agent:") ? { agent: key } : { queue: key } })).then(() => choose(undefined));
  };
  return (
    <div
      className="tic-give"
      role="group"
      aria-label={text.give}
      ref={group}
      onKeyDown={(event) => {
        if (event.key === "Escape") onClose();
      }}
    >
      <Select className="tic-give-to" size="small" showSearch={{ optionFilterProp: "label" }} aria-label={text.to} placeholder={text.to} notFoundContent={text.nobody} loading={targets.loading} {...(chosen === undefined ? {} : { value: chosen })} onChange={(value: string) => choose(value)} onOpenChange={(open) => (open ? targets.reload() : undefined)} options={options} optionRender={drawColleagueOption} popupMatchSelectWidth={300} />
      <Button size="small" type="primary" disabled={offline || busy || chosen === undefined} title={why} onClick={give}>
        {text.giveNow}
      </Button>
      <Button size="small" onClick={onClose}>
        {text.fold}
      </Button>
      {problem}
    </div>
  );
}
