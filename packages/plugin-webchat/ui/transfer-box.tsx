import { useEffect, useLayoutEffect, useRef, useState, type ReactElement } from "react";
import { Button, Select } from "antd";
import { api, colleagueOption, drawColleagueOption, ErrorState, StatusTag, useLanguage, useLoad, useSteadyOrder, useTexts, type ApiError } from "@hotlinejs/plugin-console/sdk";
import type { ChatColleague, ChatTarget, ChatView } from "../src/contract.js";
import { giveChat, keepChat } from "./handover.js";
import { texts } from "./texts.js";

interface Targets {
  readonly agents: readonly ChatColleague[];
  readonly queues: readonly { readonly key: string; readonly name: string }[];
}

export interface TransferBoxProps {
  readonly chat: ChatView;
  readonly offline: boolean;
  /** What the server answered. */
  onChange(chat: ChatView): void;
  onClose(): void;
}

/** Gives the chat to a colleague or a queue, and shows how that stands. */
export function TransferBox({ chat, offline, onChange, onClose }: TransferBoxProps): ReactElement {
  const text = useTexts(texts);
  const language = useLanguage();
  const { transfer } = chat;
  const targets = useLoad("webchat.targets", (signal) => api.get<Targets>("/api/webchat/targets", {}, { signal }));
  const [chosen, choose] = useState<string>();
  const [busy, setBusy] = useState(false);
  const [error, setError] = useState<ApiError>();
  const group = useRef<HTMLDivElement>(null);
  const asked = transfer !== null;
  // Opened by the agent's own click: the choice has the focus; given, the way back has it.
  useEffect(() => group.current?.querySelector<HTMLElement>(asked ? "button" : "input")?.focus(), [asked]);
  // With the box its button goes, too: the agent goes on writing.
  useLayoutEffect(
    () => () => {
      if (group.current?.contains(document.activeElement) === true) document.querySelector<HTMLElement>(".wc-say textarea")?.focus();
    },
    [],
  );
  const { agents = [], queues = [] } = targets.data ?? {};
  const colleagues = useSteadyOrder(agents, ({ number }) => number);

  const run = async (command: () => Promise<ChatView>): Promise<void> => {
    setBusy(true);
    setError(undefined);
    try {
      onChange(await command());
    } catch (failed) {
      setError(failed as ApiError);
    } finally {
      setBusy(false);
    }
  };
  const problem = error === undefined ? null : (
    <span className="hl-error" role="alert">
      {error.code === "HTL_WEBCHAT_AGENT_AWAY" ? text.away : text.notDone(error.code)}
    </span>
  );

  if (transfer !== null) {
    const { to } = transfer;
    const name = "agent" in to ? (agents.find(({ number }) => number === to.agent)?.name ?? to.agent) : (queues.find(({ key }) => key === to.queue)?.name ?? to.queue);
    return (
      <div className="wc-transfer" role="group" aria-label={text.transfer} ref={group}>
        <StatusTag status="ringing">{text.passing(name)}</StatusTag>
        <span className="hl-meta">{text.passingNote}</span>
        {problem}
        <Button size="small" disabled={offline || busy} title={offline ? text.offline : undefined} onClick={() => void run(() => keepChat(chat.id))}>
          {text.keep}
        </Button>
      </div>
    );
  }
  if (targets.error !== undefined && targets.data === undefined) return <ErrorState error={targets.error} what={text.targets} onRetry={targets.reload} />;
  const options = [
    { label: text.agents, options: colleagues.map((agent) => colleagueOption(agent, language)) },
    { label: text.queues, options: queues.map(({ key, name }) => ({ value: `queue:${key}`, label: name })) },
  ].filter((each) => each.options.length > 0);
  const give = (): void => {
    if (chosen === undefined) return;
    const [kind, key = ""] = [chosen.slice(0, 5), chosen.slice(6)];
    const to: ChatTarget = kind === "agent" ? { agent: key } : { queue: key };
    void run(() => giveChat(chat, to));
  };
  return (
    <div
      className="wc-transfer"
      role="group"
      aria-label={text.transfer}
      ref={group}
      onKeyDown={(event) => {
        if (event.key === "Escape") onClose();
      }}
    >
      <Select className="wc-target" showSearch={{ optionFilterProp: "label" }} aria-label={text.to} placeholder={text.to} loading={targets.data === undefined} {...(chosen === undefined ? {} : { value: chosen })} onChange={(value: string) => choose(value)} onOpenChange={(open) => (open ? targets.reload() : undefined)} options={options} optionRender={drawColleagueOption} popupMatchSelectWidth={300} />
      <Button size="small" type="primary" disabled={offline || busy || chosen === undefined} title={offline ? text.offline : undefined} onClick={give}>
        {text.give}
      </Button>
      <Button size="small" onClick={onClose}>
        {text.fold}
      </Button>
      {problem}
    </div>
  );
}
