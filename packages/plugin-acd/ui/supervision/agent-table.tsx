import type { ReactElement } from "react";
import { App, Button } from "antd";
import { ClockCircleOutlined, DownOutlined } from "@ant-design/icons";
import { api, DropMenu, formatDuration, formatPhone, Slot, StatusTag, unlessBusy, useLanguage, useMay, useTexts, type Language, type Status } from "@hotlinejs/plugin-console/sdk";
import type { AgentCall, AgentChoice, AgentSnapshot, QueueSnapshot, WatchMode } from "../../src/contract.js";
import type { Reason } from "../reason-limit.js";
import { statusOf } from "../agent-state.js";
import { callWord } from "../call-info.js";
import { agentNews, putAgent } from "../desk-store.js";
import { talkers } from "../member-words.js";
import { texts as deskTexts, type Texts } from "../texts.js";
import { canWatch, isOdd, percentWords } from "./live-rows.js";
import { texts } from "./texts.js";
import type { Act } from "./use-act.js";
import type { WatchCommands } from "./use-watch.js";
import type { LiveCalls } from "./supervision-store.js";

interface AgentTableProps {
  readonly agents: readonly AgentSnapshot[];
  /** Why one can be not ready, with how long at most. */
  readonly reasons: readonly Reason[];
  readonly live: LiveCalls;
  readonly queues: ReadonlyMap<string, QueueSnapshot>;
  /** My own 工号. */
  readonly own: string | null;
  readonly now: number;
  readonly act: Act;
  readonly pending: ReadonlySet<string>;
  readonly commands: WatchCommands;
}

/** One row an agent: state, reason, since when, the call, the figures of the day, and what a supervisor can do. */
export function AgentTable({ agents, ...props }: AgentTableProps): ReactElement {
  const text = useTexts(texts);
  return (
    <table className="sup-table">
      <caption className="hl-live">{text.agents}</caption>
      <thead>
        <tr>
          <th scope="col">{text.agent}</th>
          <th scope="col">{text.state}</th>
          <th scope="col" className="sup-n">{text.since}</th>
          <th scope="col">{text.call}</th>
          <th scope="col" className="sup-n" title={text.takenHint}>{text.taken}</th>
          <th scope="col" className="sup-n" title={text.handleHint}>{text.handle}</th>
          <th scope="col" className="sup-n" title={text.occupancyHint}>{text.occupancy}</th>
          <th scope="col">{text.act}</th>
        </tr>
      </thead>
      <tbody>
        {agents.map((agent) => (
          <Row key={agent.number} agent={agent} {...props} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ agent, reasons, live, queues, own, now, act, pending, commands }: Omit<AgentTableProps, "agents"> & { readonly agent: AgentSnapshot }): ReactElement {
  const text = useTexts(texts);
  const desk = useTexts(deskTexts);
  const call = live.calls.get(agent.number);
  const [status, word] = stateOf(agent, call, desk, useLanguage());
  const odd = isOdd(agent, call, reasons, now);
  const { today } = agent;
  const line = call === undefined ? undefined : callLine(call, queues, text.heardBy, desk);
  return (
    <tr data-agent={agent.number}>
      <th scope="row">
        {agent.name} <span className="hl-meta">{agent.number}</span>
      </th>
      <td className="sup-state">
        <StatusTag status={status}>{word}</StatusTag>
        {call === undefined ? null : <Slot name="supervision.call" props={{ interactionId: call.interactionId, agent: agent.number }} />}
      </td>
      <td className="sup-n">
        {odd ? (
          <span className="sup-odd" title={text.oddHint}>
            <ClockCircleOutlined aria-hidden /> <span className="hl-live">{text.oddHint}</span>
          </span>
        ) : null}
        {formatDuration(now - (call?.state === "held" ? call.since : (call?.answeredAt ?? agent.since)))}
      </td>
      <td className="sup-call" title={line}>{line ?? "–"}</td>
      <td className="sup-n">{today.handled}</td>
      <td className="sup-n">{today.averageHandleMs === null ? "–" : formatDuration(today.averageHandleMs)}</td>
      <td className="sup-n">{percentWords(today.occupancy)}</td>
      <td className="sup-acts">
        {own !== null && own !== agent.number && call?.state === "ringing" && call.given === null ? <PickUp own={own} agent={agent} watching={live.watching !== null} busy={pending.has(`call ${agent.number}`)} commands={commands} /> : null}
        {own !== null && own !== agent.number && canWatch(call) ? <CallActs agent={agent} live={live} busy={pending.has(`call ${agent.number}`)} commands={commands} /> : null}
        <StateMenu agent={agent} reasons={reasons} act={act} busy={pending.has(`state ${agent.number}`)} />
      </td>
    </tr>
  );
}

/** In a call its state says more than the agent's; what the agent chose stands beside when it is not ready. */
function stateOf(agent: AgentSnapshot, call: AgentCall | undefined, desk: Texts, language: Language): readonly [Status, string] {
  return call !== undefined && call.state !== "ringing" ? callWord(call, desk) : statusOf(agent, language);
}

function callLine(call: AgentCall, queues: ReadonlyMap<string, QueueSnapshot>, heardBy: Readonly<Record<"whisper" | "barge", string>>, desk: Texts): string {
  const who = call.citizenNumber === "" ? desk.unknownNumber : formatPhone(call.citizenNumber);
  const queue = call.queueName ?? (call.queue === null ? null : (queues.get(call.queue)?.name ?? call.queue));
  const direction = call.direction === "outbound" ? desk.outbound : null;
  const consult = call.consult === null ? null : `${desk.slot.consult} ${call.consult.name ?? formatPhone(call.consult.number)}`;
  const conference = call.members.length === 0 ? null : desk.members.title(talkers(call));
  return [who, direction, queue, conference, consult, call.supervisor === null ? null : heardBy[call.supervisor]].filter((part) => part !== null).join(" · ");
}

const MODES: readonly WatchMode[] = ["listen", "whisper", "barge"];

function CallActs({ agent, live: { watching }, busy, commands }: { readonly agent: AgentSnapshot; readonly live: LiveCalls; readonly busy: boolean; readonly commands: WatchCommands }): ReactElement {
  const text = useTexts(texts);
  const may: Readonly<Record<WatchMode, boolean>> = { listen: useMay("acd.calls.listen"), whisper: useMay("acd.calls.whisper"), barge: useMay("acd.calls.barge") };
  const mayTake = useMay("acd.calls.take-over");
  const here = watching?.agent === agent.number ? watching : null;
  // In another call the own phone is taken.
  const elsewhere = watching !== null && here === null;
  return (
    <>
      {MODES.filter((mode) => may[mode]).map((mode) => (
        <Button key={mode} size="small" type={here?.mode === mode ? "primary" : "default"} aria-pressed={here?.mode === mode} aria-label={`${text.modes[mode]} ${agent.name}`} title={text.help[mode]} {...unlessBusy(busy || elsewhere, () => commands.watch(agent.number, agent.name, mode))}>
          {text.modes[mode]}
        </Button>
      ))}
      {mayTake ? (
        <Button size="small" danger aria-label={`${text.takeOver} ${agent.name}`} title={text.help.takeOver} {...unlessBusy(busy || elsewhere, () => commands.takeOver(agent.number, agent.name))}>
          {text.takeOver}
        </Button>
      ) : null}
    </>
  );
}

function PickUp({ own, agent, watching, busy, commands }: { readonly own: string; readonly agent: AgentSnapshot; readonly watching: boolean; readonly busy: boolean; readonly commands: WatchCommands }): ReactElement | null {
  const text = useTexts(texts);
  const may = useMay("acd.calls.pickup-any");
  if (!may) return null;
  return (
    <Button size="small" aria-label={`${text.pickUp} ${agent.name}`} title={text.help.pickUp} {...unlessBusy(busy || watching, () => commands.pickUp(own, agent.number))}>
      {text.pickUp}
    </Button>
  );
}

function StateMenu({ agent, reasons, act, busy }: { readonly agent: AgentSnapshot; readonly reasons: readonly Reason[]; readonly act: Act; readonly busy: boolean }): ReactElement | null {
  const text = useTexts(texts);
  const desk = useTexts(deskTexts);
  const { modal } = App.useApp();
  const may = useMay("acd.agents.state");
  if (!may) return null;
  const post = (path: string, body: object): void =>
    void act(text.actions.state, `state ${agent.number}`, async () => {
      const asked = agentNews(agent.number);
      putAgent(await api.post<AgentSnapshot>(`/api/agents/${agent.number}/${path}`, body), asked);
    });
  const choose = (state: AgentChoice, reason?: string): void => post("state", { state, ...(reason === undefined ? {} : { reason }) });
  const signOut = (): void => void modal.confirm({ title: text.ask.signOut(agent.name), content: text.ask.signOutWhy, okText: text.signOut, okButtonProps: { danger: true }, cancelText: text.ask.signOutNo, autoFocusButton: "cancel", onOk: () => choose("offline") });
  const items = [
    ...(agent.state === "wrap-up" ? [{ key: "wrap-up", label: text.finishWrapUp, onClick: () => post("wrap-up/done", {}) }, { type: "divider" as const }] : []),
    { key: "available", label: desk.ready, disabled: agent.choice === "available", onClick: () => choose("available") },
    { key: "on-demand", label: desk.onDemand, title: desk.onDemandMeans, disabled: agent.choice === "on-demand", onClick: () => choose("on-demand") },
    ...reasons.map(({ code, label }) => ({ key: code, label, onClick: () => choose("not-ready", code) })),
    { type: "divider" as const },
    { key: "offline", label: text.signOut, danger: true, disabled: agent.choice === "offline", onClick: signOut },
  ];
  return (
    <DropMenu items={items} busy={busy} placement="bottomRight">
      <Button size="small" aria-label={text.setStateOf(agent.name)}>
        {text.setState} <DownOutlined aria-hidden />
      </Button>
    </DropMenu>
  );
}
