import { useRef, type KeyboardEvent, type ReactElement, type ReactNode } from "react";
import { Button, Popover } from "antd";
import { AudioMutedOutlined, BellOutlined, ClockCircleOutlined } from "@ant-design/icons";
import { announce, formatDuration, formatPhone, Slot, StatusTag, useMay, useServerSeconds, useTexts, type Status } from "@hotlinejs/plugin-console/sdk";
import type { AgentCall, AgentSnapshot } from "../src/contract.js";
import { Announcer, playingWords } from "./announcer.js";
import { isWrappingUp } from "./bar-keys.js";
import { BreakAfter } from "./break-after.js";
import { isHeldLong } from "./call-facts.js";
import { ConsultSides, Members } from "./conference.js";
import { talkers } from "./member-words.js";
import { useDesk } from "./desk-store.js";
import { focusPanel } from "./pickers.js";
import { showPhoneTab, takeBrowser } from "./phone/phone-control.js";
import type { Phone } from "./phone/phone-state.js";
import { problemWords } from "./phone/problem-words.js";
import { texts, type Texts } from "./texts.js";
import type { Commands } from "./use-commands.js";
import { extendWrapUp, finishWrapUp } from "./wrap-up.js";
import { WrapUpCodeChoice } from "./wrap-up-code.js";

interface CallInfoProps {
  readonly agent: AgentSnapshot;
  readonly call: AgentCall | null;
  readonly phone: Phone;
  readonly commands: Commands;
  readonly dialOpen: boolean;
  readonly dialPanel: ReactNode;
  readonly onDial: (open: boolean) => void;
  /** Colleagues whose call can be picked up, the longest ringing first; `undefined`: nobody may, or can, now. */
  readonly ringing: readonly AgentSnapshot[] | undefined;
  readonly onPickUp: () => void;
  readonly onGoToCall: (() => void) | undefined;
}

/** The middle of the bar: who, what state, how long; or what waits, or the wrap-up. */
export function CallInfo({ agent, call, phone, commands, dialOpen, dialPanel, onDial, ringing, onPickUp, onGoToCall }: CallInfoProps): ReactElement {
  const text = useTexts(texts);
  const now = useServerSeconds();
  return (
    <div className="acd-info">
      {call !== null ? <CallLine call={call} phone={phone} commands={commands} now={now} text={text} /> : isWrappingUp(agent) ? <WrapUp agent={agent} now={now} text={text} /> : <Idle agent={agent} phone={phone} text={text} dialOpen={dialOpen} dialPanel={dialPanel} onDial={onDial} ringing={ringing} onPickUp={onPickUp} />}
      {phone.problem !== undefined && (call !== null || phone.mode === "browser") ? (
        <span className="acd-problem" title={problemWords(phone.problem, text)}>
          {problemWords(phone.problem, text)}
        </span>
      ) : null}
      {commands.pending !== undefined ? <span className="acd-pending">{text.pending(commands.pending.word)}</span> : null}
      {commands.problem !== undefined ? (
        <button type="button" className="acd-problem" onClick={commands.dismiss} title={commands.problem}>
          {commands.problem}
        </button>
      ) : null}
      {onGoToCall !== undefined ? (
        <Button size="small" type="primary" onClick={onGoToCall}>
          {text.goToCall}
        </Button>
      ) : null}
    </div>
  );
}

function CallLine({ call, phone, commands, now, text }: { readonly call: AgentCall; readonly phone: Phone; readonly commands: Commands; readonly now: number; readonly text: Texts }): ReactElement {
  const [status, word] = callWord(call, text);
  const atPhone = useAtPhone(call, phone, now);
  const may = useMay("sip.browser-phone");
  const heldLong = isHeldLong(call, now);
  const playing = playingWords(call.announcement, now, text);
  const who = call.citizenNumber === "" ? text.unknownNumber : formatPhone(call.citizenNumber);
  const timer = <span className="acd-timer">{formatDuration(now - (call.answeredAt ?? call.since))}</span>;
  const tools = (
    <>
      <Announcer call={call} commands={commands} />
      {call.answeredAt === null ? null : <Slot name="agent.call" props={{ interactionId: call.interactionId, callerNumber: call.citizenNumber, channel: "voice", live: true }} />}
    </>
  );
  const others = othersOf(call, commands, now, text);
  if (others !== null) {
    return (
      <>
        <div className="acd-who acd-who-shared">
          <StatusTag status={status} solid>
            {word}
          </StatusTag>
          {timer}
        </div>
        <Chips call={call} phone={phone} text={text} />
        {others}
        {tools}
      </>
    );
  }
  return (
    <>
      <div className="acd-after">
        <StatusTag status={status} solid>
          {atPhone && call.state === "talking" ? text.atPhone : word}
        </StatusTag>
        {timer}
      </div>
      <div className="acd-who">
        <strong>{who}</strong>
        <div className="acd-line">
          <Chips call={call} phone={phone} text={text} />
          {phone.elsewhere && phone.call !== undefined ? (
            <button type="button" className="acd-other-window" title={text.phone.inOtherWindow} onClick={() => goToPhoneTab(text)}>
              {text.phone.goToWindow}
            </button>
          ) : null}
          <span className={`acd-sub${heldLong ? " acd-held-long" : ""}`} title={heldLong ? text.heldLong : undefined}>
            {heldLong && playing === undefined ? <ClockCircleOutlined aria-label={text.heldLong} /> : null}
            {playing !== undefined
              ? playing
              : call.state === "ringing" || call.state === "talking"
              ? [call.queueName, call.waitMs === null ? null : text.waited(formatDuration(call.waitMs)), second(call, now, text, phone)].filter((part) => part !== null && part !== "").join(" · ")
              : second(call, now, text, phone)}
          </span>
          {call.state === "talking" && phone.call?.quality !== undefined ? <span className="acd-quality">{text.phone.quality[phone.call.quality]}</span> : null}
        </div>
      </div>
      {call.state === "reconnecting" && phone.mode === "desk" && may ? (
        <Button size="small" type="primary" onClick={() => void takeBrowser()}>
          {text.phone.takeHere}
        </Button>
      ) : null}
      {tools}
    </>
  );
}

/** With whom else the agent has to do, each for themselves; `null`: with the caller only. */
function othersOf(call: AgentCall, commands: Commands, now: number, text: Texts): ReactElement | null {
  if (call.state === "conference") return <Members call={call} commands={commands} now={now} text={text} />;
  return call.state === "consulting" || call.state === "consult-ringing" ? <ConsultSides call={call} now={now} text={text} /> : null;
}

/** The browser lets another tab come forward only when its notice is clicked: that is said, too. */
function goToPhoneTab(text: Texts): void {
  showPhoneTab({ title: text.phone.hereNotice, body: text.phone.hereNoticeBody });
  announce(text.phone.windowCalled);
}

function Chips({ call, phone, text }: { readonly call: AgentCall; readonly phone: Phone; readonly text: Texts }): ReactElement {
  return (
    <>
      <PhoneChip phone={phone} text={text} />
      {call.supervisor === null ? null : <span className="acd-chip acd-chip-supervised">{text.supervised[call.supervisor]}</span>}
    </>
  );
}

/** So long after the browser's own end of a call has gone, or was never there, its call is at another device. */
const ELSEWHERE_MS = 1_500;

/** The browser is registered, and the call that was answered is not in it: the agent talks at another of their phones. */
function useAtPhone(call: AgentCall, phone: Phone, now: number): boolean {
  const here = useRef(now);
  if (phone.link !== "ready" || phone.call !== undefined || call.answeredAt === null) here.current = now;
  return now - here.current >= ELSEWHERE_MS;
}

/** What the agent must know of the own microphone and sound stands before everything else of the line. */
function PhoneChip({ phone: { call }, text }: { readonly phone: Phone; readonly text: Texts }): ReactElement | null {
  if (call?.broken === true) return <span className="acd-chip acd-chip-broken">{text.phone.broken}</span>;
  if (call?.muted !== true) return null;
  return (
    <span className="acd-chip acd-chip-muted">
      <AudioMutedOutlined aria-hidden /> {call.unheard ? text.phone.unheard : text.phone.muted}
    </span>
  );
}

export function callWord(call: AgentCall, text: Texts): readonly [Status, string] {
  switch (call.state) {
    case "ringing":
      return call.joining ? ["live", text.joining] : ["ringing", text.incoming];
    case "dialling":
      return ["ringing", text.outgoing];
    case "held":
      return ["held", text.heldCall];
    case "consult-ringing":
      return ["held", text.slot.consult];
    case "consulting":
      return ["held", text.slot.consult];
    case "conference":
      return ["live", text.members.word(talkers(call))];
    case "in-flow":
      return ["held", text.inFlow];
    case "transferring":
      return ["held", text.slot.transfer];
    case "reconnecting":
      return ["fault", text.reconnecting];
    case "talking":
      return ["live", text.talking];
  }
}

/** The second half of the line: what the caller hears, whom the agent talks with. */
function second(call: AgentCall, now: number, text: Texts, phone: Phone): string {
  switch (call.state) {
    case "ringing":
      if (call.joining) return text.joiningNote;
      return call.ringUntil === null ? (phone.call === undefined ? text.answerAtPhone : "") : text.ringsFor(Math.max(0, Math.ceil((call.ringUntil - now) / 1000)));
    case "dialling":
      return text.dialling;
    case "held":
      return `${formatDuration(now - call.since)} ${text.music}`;
    case "consult-ringing":
    case "consulting":
    case "conference":
      // Told by the pills.
      return "";
    case "in-flow":
      return `${call.flow?.title ?? ""} · ${text.unheard}`;
    case "transferring":
      return text.dialling;
    case "reconnecting":
      return text.kept(Math.max(0, Math.ceil(((call.ringUntil ?? now) - now) / 1000)));
    case "talking":
      return call.flow === null || call.flow.outcome === null ? "" : `${call.flow.title}：${text.flowResults[call.flow.result ?? call.flow.outcome] ?? call.flow.result ?? call.flow.outcome}`;
  }
}

function WrapUp({ agent, now, text }: { readonly agent: AgentSnapshot; readonly now: number; readonly text: Texts }): ReactElement {
  return (
    <>
      <div className="acd-after">
        <StatusTag status="after" solid>
          {text.wrapUp}
        </StatusTag>
        <span className="acd-timer">{text.left(formatDuration(Math.max(0, (agent.wrapUpUntil ?? now) - now)))}</span>
        <WrapUpCodeChoice agent={agent} text={text} />
      </div>
      <div className="acd-wrap-up">
        <Button size="small" aria-keyshortcuts="W" onClick={() => void finishWrapUp(agent.number, text)}>
          {text.done}
          <kbd aria-hidden>W</kbd>
        </Button>
        <Button size="small" type="text" aria-label={`${text.extend} ${text.extendBy}`} aria-keyshortcuts="+" onClick={() => void extendWrapUp(agent.number, text)}>
          <span className="acd-wide">{text.extend} </span>
          {text.extendBy}
          <kbd aria-hidden>+</kbd>
        </Button>
        <BreakAfter agent={agent} />
      </div>
    </>
  );
}

function Idle({ agent, phone, text, dialOpen, dialPanel, onDial, ringing, onPickUp }: { readonly agent: AgentSnapshot; readonly phone: Phone; readonly text: Texts } & Pick<CallInfoProps, "dialOpen" | "dialPanel" | "onDial" | "ringing" | "onPickUp">): ReactElement {
  const { queues } = useDesk();
  const mine = [...queues.values()].filter((queue) => agent.queues.includes(queue.key));
  const waiting = mine.reduce((sum, queue) => sum + queue.waiting, 0);
  const may = useMay("sip.browser-phone");
  const dial = useRef<HTMLButtonElement>(null);
  const takes = !agent.reachable && may && agent.choice !== "offline";
  if (takes && phone.mode === "desk") {
    return (
      <Button type="primary" size="small" onClick={() => void takeBrowser()} title={text.noPhone}>
        {text.phone.takeHere}
      </Button>
    );
  }
  // The browser is wanted as the phone and is none: the way out stands beside the cause.
  if (takes && phone.problem !== undefined && !phone.elsewhere) {
    return (
      <Button type="primary" size="small" onClick={() => void takeBrowser()}>
        {text.retry}
      </Button>
    );
  }
  const close = (event: KeyboardEvent): void => {
    if (event.key !== "Escape" || !dialOpen) return;
    event.stopPropagation();
    onDial(false);
    dial.current?.focus();
  };
  return (
    <>
      <span className="acd-sub acd-no-call">{text.noCall}</span>
      <span className="acd-sub acd-sub-kept">{text.waiting(waiting)}</span>
      {agent.reachable ? (
        <span onKeyDown={close}>
          <Popover open={dialOpen} content={dialPanel} placement="bottomLeft" trigger="click" onOpenChange={onDial} afterOpenChange={(shown) => shown && focusPanel()}>
            <Button ref={dial} size="small">
              {text.dial}
              <kbd>D</kbd>
            </Button>
          </Popover>
        </span>
      ) : null}
      {ringing === undefined ? null : <PickUpButton ringing={ringing} onPickUp={onPickUp} text={text} />}
    </>
  );
}

/** Takes the call that rings at a colleague to the own phone; in its place also while nothing rings. */
function PickUpButton({ ringing, onPickUp, text }: { readonly ringing: readonly AgentSnapshot[]; readonly onPickUp: () => void; readonly text: Texts }): ReactElement {
  const [first] = ringing;
  const word = first === undefined ? text.pickUp : ringing.length === 1 ? text.pickUpFrom(first.name) : text.pickUpMany(ringing.length);
  const why = first === undefined ? text.pickUpNone : text.pickUpMeans;
  return (
    <Button size="small" className="acd-pick-up" data-rings={first !== undefined || undefined} aria-disabled={first === undefined} title={why} aria-description={why} onClick={() => (first === undefined ? announce(why) : onPickUp())}>
      {first === undefined ? null : <BellOutlined aria-hidden />}
      {word}
      <kbd>P</kbd>
    </Button>
  );
}
