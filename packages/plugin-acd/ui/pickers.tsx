import { useEffect, useRef, useState, type ReactElement } from "react";
import { Button, Input } from "antd";
import { api, formatDuration, StatusTag, unlessBusy, useLanguage, useLoad, useMay, useSteadyOrder, useTexts, type Loaded } from "@hotlinejs/plugin-console/sdk";
import { statusOf } from "./agent-state.js";
import { colleagueRows, isTaken } from "./colleague-rows.js";
import { useDesk } from "./desk-store.js";
import { texts } from "./texts.js";
import type { AgentSnapshot, EmergencyContact } from "../src/contract.js";

interface Department {
  readonly code: string;
  readonly name: string;
  readonly shortName: string;
  readonly extension: string | null;
}

/** Where else than to a telephone a caller can go. */
export interface CallerTargets {
  /** The agent who has the caller. */
  readonly agent: string;
  /** The queue the caller came from. */
  readonly from: string | null;
  readonly onQueue: (key: string) => void;
  readonly onFlow: (id: string) => void;
}

/** Whom to call: a number to type, colleagues with what they are doing, extensions of departments; and where a caller can be sent to: queues with their wait, flows. */
export function TargetPicker({ purpose, onChoose, caller }: { readonly purpose: "dial" | "transfer" | "consult"; readonly onChoose: (to: string) => void; readonly caller?: CallerTargets | undefined }): ReactElement {
  const text = useTexts(texts);
  const desk = useDesk();
  const [to, setTo] = useState("");
  const mayDepartments = useMay("directory.departments.read");
  const departments = useLoad(mayDepartments ? "departments" : undefined, (signal) => api.get<{ items: Department[] }>("/api/directory/departments", {}, { signal }));
  const wanted = to.trim();
  const fits = (...words: readonly string[]): boolean => wanted === "" || words.some((word) => word.includes(wanted));
  const colleagues = useSteadyOrder(colleagueRows(desk.agents.values(), desk.number), ({ number }) => number).filter((agent) => fits(agent.number, agent.name));
  const offices = (departments.data?.items ?? []).filter((each) => each.extension !== null && fits(each.extension ?? "", each.name, each.shortName));
  const queues = caller === undefined ? [] : [...desk.queues.values()].filter((queue) => queue.key !== caller.from && !queue.frozen && fits(queue.name, queue.key)).sort((a, b) => a.name.localeCompare(b.name));
  const visits = (useFlows(caller?.agent).data?.items ?? []).filter((flow) => fits(flow.title, flow.id));
  const mayEmergency = useMay("acd.emergency.call");
  const emergency = useLoad(mayEmergency ? "emergency-contacts" : undefined, (signal) => api.get<{ items: EmergencyContact[] }>("/api/emergency-contacts", {}, { signal }));
  const urgent = (emergency.data?.items ?? []).filter(({ name, number, key }) => fits(name, number, key));
  const word = purpose === "dial" ? text.call : purpose === "transfer" ? text.ok : text.startConsult;
  return (
    <div className="acd-picker">
      <form
        className="acd-picker-form"
        onSubmit={(event) => {
          event.preventDefault();
          if (wanted !== "") onChoose(wanted);
        }}
      >
        <Input autoFocus value={to} onChange={(event) => setTo(event.target.value)} placeholder={text.dialNumber} aria-label={text.dialNumber} inputMode="tel" maxLength={40} />
        <Button type="primary" htmlType="submit" disabled={wanted === ""}>
          {word}
        </Button>
      </form>
      <div className="acd-picker-lists">
        {colleagues.length === 0 ? null : <h3>{text.colleagues}</h3>}
        {colleagues.slice(0, 8).map((agent) => (
          <Colleague key={agent.number} agent={agent} onChoose={onChoose} />
        ))}
        {queues.length === 0 ? null : <h3>{text.queues}</h3>}
        {queues.slice(0, 12).map((queue) => (
          <button type="button" key={queue.key} className="acd-picker-row" disabled={queue.staffed === 0} data-queue={queue.key} onClick={() => caller?.onQueue(queue.key)}>
            <span>{queue.name}</span>
            <span className="hl-meta">{queue.staffed === 0 ? text.nobody : queue.available > 0 ? text.free(queue.available) : `${text.waiting(queue.waiting)} · ${text.about(formatDuration(queue.expectedWaitMs))}`}</span>
          </button>
        ))}
        <FlowRows flows={visits} onChoose={(id) => caller?.onFlow(id)} />
        {offices.length === 0 ? null : <h3>{text.departments}</h3>}
        {offices.slice(0, 8).map((office) => (
          <button type="button" key={office.code} className="acd-picker-row" onClick={() => onChoose(office.extension ?? "")}>
            <span>{office.shortName}</span>
            <span className="hl-meta">{office.extension}</span>
          </button>
        ))}
        {urgent.length === 0 ? null : <h3>{text.emergency}</h3>}
        {urgent.map(({ key, name, kind, number }) => (
          <button type="button" key={key} className="acd-picker-row" data-emergency={key} onClick={() => onChoose(`emergency:${key}`)}>
            <span>{name}</span>
            <span className="hl-meta">
              {text.emergencyKinds[kind]} {number}
            </span>
          </button>
        ))}
      </div>
    </div>
  );
}

interface FlowChoice {
  readonly id: string;
  readonly title: string;
}

function useFlows(agent: string | undefined): Loaded<{ readonly items: readonly FlowChoice[] }> {
  return useLoad(agent === undefined ? undefined : `flows ${agent}`, (signal) => api.get<{ items: FlowChoice[] }>(`/api/agents/${agent ?? ""}/call/flows`, {}, { signal }));
}

function FlowRows({ flows, onChoose }: { readonly flows: readonly FlowChoice[]; readonly onChoose: (id: string) => void }): ReactElement | null {
  const text = useTexts(texts);
  if (flows.length === 0) return null;
  return (
    <>
      <h3>
        {text.flows} <kbd>I</kbd>
      </h3>
      {flows.map((flow) => (
        <button type="button" key={flow.id} className="acd-picker-row" data-flow={flow.id} onClick={() => onChoose(flow.id)}>
          <span>{flow.title}</span>
          <span className="hl-meta">{text.andBack}</span>
        </button>
      ))}
    </>
  );
}

/** Only the flows a caller can be sent to, for the key of their own: the first takes the focus as soon as it is known. */
export function FlowPicker({ agent, onChoose }: { readonly agent: string; readonly onChoose: (id: string) => void }): ReactElement {
  const text = useTexts(texts);
  const { data, error } = useFlows(agent);
  const list = useRef<HTMLDivElement>(null);
  const known = data !== undefined;
  useEffect(() => {
    if (known) list.current?.querySelector<HTMLElement>("[data-flow]")?.focus();
  }, [known]);
  return (
    <div className="acd-picker acd-flow-picker" ref={list}>
      <FlowRows flows={data?.items ?? []} onChoose={onChoose} />
      {error !== undefined ? <p role="alert">{text.network}</p> : data?.items.length === 0 ? <p role="status">{text.noFlows}</p> : null}
    </div>
  );
}

/** A colleague with what they are at; whose phone is taken cannot be chosen. */
function Colleague({ agent, onChoose }: { readonly agent: AgentSnapshot; readonly onChoose: (to: string) => void }): ReactElement {
  const [status, word] = statusOf(agent, useLanguage());
  return (
    <button type="button" className="acd-picker-row" data-agent={agent.number} {...unlessBusy(isTaken(agent), () => onChoose(agent.number))}>
      <span>
        {agent.name} {agent.number}
      </span>
      <StatusTag status={status}>{word}</StatusTag>
    </button>
  );
}

const KEYS = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "*", "0", "#"];

/** Keys are sent as they are pressed, and can be typed. */
export function Keypad({ onKey }: { readonly onKey: (digit: string) => void }): ReactElement {
  const text = useTexts(texts);
  const [sent, setSent] = useState("");
  const press = (digit: string): void => {
    setSent((before) => `${before}${digit}`.slice(-16));
    onKey(digit);
  };
  return (
    <div
      className="acd-keypad"
      aria-label={text.keypad}
      onKeyDown={(event) => {
        if (KEYS.includes(event.key)) press(event.key);
      }}
    >
      <output>{sent === "" ? "–" : sent}</output>
      {KEYS.map((digit, index) => (
        <Button key={digit} autoFocus={index === 0} onClick={() => press(digit)}>
          {digit}
        </Button>
      ))}
    </div>
  );
}

/** An open panel takes the focus once it is in its place: at its first field, key or flow. */
export function focusPanel(): void {
  // A panel that was open before stays in the page, hidden.
  [...document.querySelectorAll<HTMLElement>(".acd-picker input, .acd-keypad button, .acd-flow-picker [data-flow], .acd-end-keep, .acd-members-all button")].find((each) => each.offsetParent !== null)?.focus();
}
