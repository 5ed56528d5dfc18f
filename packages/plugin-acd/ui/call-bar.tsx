import { useCallback, useEffect, useRef, useState, type KeyboardEvent, type ReactElement, type ReactNode } from "react";
import { Popover } from "antd";
import { AudioMutedOutlined, CloseCircleOutlined, CustomerServiceOutlined, ForwardOutlined, NumberOutlined, PauseCircleOutlined, PhoneFilled, PhoneOutlined, QuestionCircleOutlined, RollbackOutlined, TeamOutlined } from "@ant-design/icons";
import { announce, api, navigate, placeStore, serverNow, useMay, useStore, useTexts } from "@hotlinejs/plugin-console/sdk";
import type { AgentCall, AgentCallCommand, AgentSnapshot } from "../src/contract.js";
import { AgentStateMenu } from "./agent-state.js";
import { letterAction } from "./bar-keys.js";
import { CallInfo } from "./call-info.js";
import { EndAll } from "./conference.js";
import { useDesk } from "./desk-store.js";
import { PhoneButton } from "./phone/phone-panel.js";
import { answerHere, expectOwnRing, playSound, resume, toggleMute } from "./phone/phone-control.js";
import { phoneStore, type Phone } from "./phone/phone-state.js";
import { problemWords } from "./phone/problem-words.js";
import { RingNotice } from "./phone/ring-notice.js";
import { SoundCues } from "./phone/sound-cues.js";
import { FlowPicker, focusPanel, Keypad, TargetPicker } from "./pickers.js";
import { ringingColleagues } from "./ringing-colleagues.js";
import { saidFor, type Told } from "./said.js";
import { texts, type Texts } from "./texts.js";
import { isTyping } from "./typing.js";
import { useCommands, type Commands } from "./use-commands.js";
import { followCall, selectWork, workStore } from "./work-store.js";
import { extendWrapUp, finishWrapUp } from "./wrap-up.js";
import { focusWrapUpCode } from "./wrap-up-focus.js";

/** The bar over every page: my state, the call, nine places that never move. */
export function CallBar(): ReactElement | null {
  const desk = useDesk();
  const text = useTexts(texts);
  const agent = desk.number === null ? undefined : desk.agents.get(desk.number);
  const may = useMay("sip.browser-phone");
  const mine = agent !== undefined;
  useEffect(() => {
    if (may && mine) resume();
  }, [may, mine]);
  useCallFollowing(desk.loaded, desk.call, agent?.wrapUpUntil ?? null, text);
  usePhoneSaid(text);
  useRingNotice(desk.call, text);
  useSoundCues(desk.call, agent?.wrapUpUntil ?? null);
  if (!desk.loaded) return desk.error === undefined ? null : <div className="acd-bar acd-note">{text.network}</div>;
  if (agent === undefined) return <div className="acd-bar acd-note">{text.noAgent}</div>;
  return <AgentBar agent={agent} call={desk.call} />;
}

/** What the phone does fills the desk's rows and tabs, wherever the agent is at the moment, and is said aloud; once it is known. */
function useCallFollowing(known: boolean, call: AgentCall | null, wrapUpUntil: number | null, text: Texts): void {
  const before = useRef<Told>({ call: null, wrapUpUntil: null });
  useEffect(() => {
    if (!known) return;
    const earlier = before.current;
    before.current = { call, wrapUpUntil };
    followCall(earlier.call, call, serverNow(), isTyping());
    const words = saidFor(earlier, before.current, serverNow(), text, phoneStore.get().link === "ready");
    if (words !== undefined) announce(words, call?.state === "ringing" || call?.state === "reconnecting" ? "assertive" : "polite");
  }, [known, call, wrapUpUntil, text]);
}

/** What the call and the wrap-up ask for is heard, in the tab that is the phone. */
function useSoundCues(call: AgentCall | null, wrapUpUntil: number | null): void {
  const [cues] = useState(() => new SoundCues(playSound, serverNow));
  useEffect(() => cues.follow({ call, wrapUpUntil }), [cues, call, wrapUpUntil]);
  useEffect(() => () => cues.close(), [cues]);
}

/** A ring is told on the desktop while the page is hidden; of several tabs by the one that is the phone. */
function useRingNotice(call: AgentCall | null, text: Texts): void {
  const { elsewhere } = useStore(phoneStore);
  const notice = useRef<RingNotice>(undefined);
  useEffect(() => {
    const mine = new RingNotice();
    notice.current = mine;
    return () => mine.close();
  }, []);
  useEffect(() => notice.current?.follow(elsewhere ? null : call, text), [elsewhere, call, text]);
}

/** What the browser's phone does, told where eyes are not on the bar. */
function usePhoneSaid(text: Texts): void {
  const phone = useStore(phoneStore);
  const before = useRef<Phone>(phone);
  useEffect(() => {
    const earlier = before.current;
    before.current = phone;
    if (phone.problem !== undefined && phone.problem !== earlier.problem) announce(problemWords(phone.problem, text), "assertive");
    const { call } = phone;
    if (call === undefined || earlier.call === undefined) return;
    if (call.broken !== earlier.call.broken) announce(call.broken ? text.phone.said.broken : text.phone.said.mended, call.broken ? "assertive" : "polite");
    if (call.unheard && !earlier.call.unheard) announce(text.phone.unheard, "assertive");
    else if (call.muted !== earlier.call.muted) announce(call.muted ? text.phone.muted : text.phone.unmuted);
  }, [phone, text]);
}

/** The panel that is open: at a place of the bar, or, for dialling, at the button beside them. */
type Open = "transfer" | "flow" | "consult" | "keys" | "dial" | "end";

interface Slot {
  readonly key: string;
  readonly word: string;
  readonly hotkey?: string;
  readonly icon: ReactNode;
  readonly enabled: boolean;
  /** Why not, when it is not enabled. */
  readonly why: string;
  readonly pressed?: boolean;
  readonly danger?: boolean;
  readonly act: () => void;
}

function AgentBar({ agent, call }: { readonly agent: AgentSnapshot; readonly call: AgentCall | null }): ReactElement {
  const text = useTexts(texts);
  const commands = useCommands(agent.number, text);
  const [open, setOpen] = useState<Open>();
  const bar = useRef<HTMLDivElement>(null);
  const [at, setAt] = useState(0);
  const waiting = useStore(workStore).waitingFor;
  const back = useRef<HTMLElement | null>(null);
  const has = useCallback((command: AgentCallCommand) => call?.commands.includes(command) === true, [call]);
  useEffect(() => setOpen(undefined), [call?.interactionId, call?.state]);
  // The panel had the focus: its place takes it back once the panel goes.
  const closed = useRef<string>(undefined);
  useEffect(() => {
    if (open !== undefined || closed.current === undefined) return;
    bar.current?.querySelector<HTMLButtonElement>(`[data-slot="${closed.current}"]`)?.focus();
    closed.current = undefined;
  }, [open]);

  const phone = useStore(phoneStore);
  const slots = makeSlots(text, call, phone, has, commands, setOpen, open, () => void askForHelp(agent.number, text));
  const mayPickUp = useMay("acd.calls.pickup");
  const anybody = useMay("acd.calls.pickup-any");
  const { agents } = useDesk();
  const ringing = mayPickUp && call === null && agent.reachable && agent.choice !== "offline" && agent.state !== "occupied" ? ringingColleagues(agent, agents.values(), anybody) : undefined;
  const pickUp = (): void => void expectOwnRing(() => commands.run("pickup", text.pickUp, ringing?.length === 1 ? { from: ringing[0]?.number } : {}));
  const dial = (to: string): void => void expectOwnRing(() => commands.run("dial", text.dial, { to })).then((done) => done && setOpen(undefined));
  useBarKeys({ bar, back, slots, call, waiting, toggleHold: () => (has("hold") ? void commands.run("hold", text.slot.hold) : has("retrieve") ? void commands.run("retrieve", text.slot.hold) : undefined) });

  const beside = { "pick-up": pickUp, dial: () => setOpen("dial"), flow: () => setOpen("flow"), finish: () => void finishWrapUp(agent.number, text), extend: () => void extendWrapUp(agent.number, text), code: focusWrapUpCode };
  const closePanel = (): void => {
    closed.current = open === "flow" ? "transfer" : open;
    setOpen(undefined);
  };
  const move = (event: KeyboardEvent<HTMLDivElement>): void => {
    // What is typed in an open panel comes by here too (React's portals): its arrows and letters are its own.
    if (event.target instanceof Node && bar.current?.contains(event.target) !== true) {
      if (event.key !== "Escape" || open === undefined) return;
      return closePanel();
    }
    if (event.key === "ArrowRight" || event.key === "ArrowLeft") {
      const next = (at + (event.key === "ArrowRight" ? 1 : slots.length - 1)) % slots.length;
      setAt(next);
      bar.current?.querySelectorAll<HTMLButtonElement>("[data-slot]")[next]?.focus();
      event.preventDefault();
    } else if (event.key === "Escape") {
      setOpen(undefined);
      back.current?.focus();
    } else if (!event.ctrlKey && !event.altKey && !event.metaKey && !event.nativeEvent.isComposing && event.target instanceof HTMLButtonElement) {
      const action = letterAction(event.key, { slots, agent, call, canPickUp: ringing?.[0] !== undefined });
      const act = typeof action === "object" ? slots.find(({ key }) => key === action.slot)?.act : action === undefined ? undefined : beside[action];
      if (act !== undefined) {
        event.preventDefault();
        act();
      }
    }
  };

  return (
    <div className="acd-bar" data-muted={phone.call?.muted === true || undefined} data-broken={phone.call?.broken === true || call?.state === "reconnecting" || undefined}>
      <AgentStateMenu agent={agent} />
      <PhoneButton />
      <CallInfo agent={agent} call={call} phone={phone} commands={commands} onDial={(shown) => setOpen(shown ? "dial" : undefined)} dialOpen={open === "dial"} dialPanel={<TargetPicker key={String(open === "dial")} purpose="dial" onChoose={dial} />} ringing={ringing} onPickUp={pickUp} onGoToCall={waiting === undefined ? undefined : () => goToCall(waiting)} />
      <div className="acd-slots" role="toolbar" aria-label={text.bar} ref={bar} onKeyDown={move}>
        {slots.map((slot, index) => (
          <SlotButton key={slot.key} slot={slot} tabbable={index === at} pending={commands.pending?.name === slot.key || (slot.key === "answer" && phone.call?.state === "answering")} onFocus={() => setAt(index)} panel={panelOf(slot.key, open, commands, call, text, closePanel)} onClose={() => setOpen(undefined)} />
        ))}
      </div>
    </div>
  );
}

function panelOf(key: string, open: Open | undefined, commands: Commands, call: AgentCall | null, text: Texts, onClose: () => void): ReactNode {
  const onFlow = (flow: string): void => void commands.run("to-flow", text.sendToFlow, { flow });
  // The caller is given away here too.
  if (key === "transfer" && open === "flow" && call !== null) return <FlowPicker agent={call.agent} onChoose={onFlow} />;
  if (key !== open) return undefined;
  if (key === "end" && call !== null) return <EndAll call={call} text={text} onEnd={() => void commands.run("end", text.members.endAll)} onKeep={onClose} />;
  if (key === "keys") return <Keypad onKey={(digits) => void commands.run("dtmf", text.slot.keys, { digits })} />;
  if (key === "consult") return <TargetPicker purpose="consult" onChoose={(to) => void commands.run("consult", text.slot.consult, { to })} />;
  if (key === "transfer") {
    const caller = call === null ? undefined : { agent: call.agent, from: call.queue, onQueue: (queue: string) => void commands.run("to-queue", text.slot.transfer, { queue }), onFlow };
    return <TargetPicker purpose="transfer" caller={caller} onChoose={(to) => void commands.run("transfer", text.slot.transfer, { to })} />;
  }
  return undefined;
}

function SlotButton({ slot, tabbable, pending, panel, onFocus, onClose }: { readonly slot: Slot; readonly tabbable: boolean; readonly pending: boolean; readonly panel: ReactNode; readonly onFocus: () => void; readonly onClose: () => void }): ReactElement {
  // While it goes, a panel keeps what it showed.
  const shown = useRef<ReactNode>(panel);
  if (panel !== undefined) shown.current = panel;
  const button = (
    <button
      type="button"
      data-slot={slot.key}
      className={`acd-slot${slot.danger === true ? " acd-slot-danger" : ""}${slot.key === "answer" ? " acd-slot-ring" : ""}${pending ? " acd-slot-pending" : ""}`}
      tabIndex={tabbable ? 0 : -1}
      aria-disabled={!slot.enabled}
      aria-pressed={slot.pressed}
      title={slot.enabled ? (slot.hotkey === undefined ? slot.word : `${slot.word} (${slot.hotkey})`) : `${slot.word}：${slot.why}`}
      onFocus={onFocus}
      onClick={() => (slot.enabled ? slot.act() : announce(`${slot.word}：${slot.why}`))}
    >
      {slot.icon}
      <span>
        {slot.word}
        {slot.hotkey === undefined ? null : <kbd>{slot.hotkey}</kbd>}
      </span>
    </button>
  );
  // One element with and without a panel: until the panel has come in, the focus stays where it is, and a key pressed meanwhile is not lost.
  return (
    <Popover open={panel !== undefined} content={shown.current} placement="bottomRight" trigger="click" onOpenChange={(open) => (open ? undefined : onClose())} afterOpenChange={(open) => open && focusPanel()} destroyOnHidden>
      {button}
    </Popover>
  );
}

/** Nine places in fixed order; what a place does in a consultation is said by its word. */
function makeSlots(text: Texts, call: AgentCall | null, phone: Phone, has: (command: AgentCallCommand) => boolean, commands: Commands, setOpen: (open: Open | undefined) => void, open: Open | undefined, help: () => void): readonly Slot[] {
  const none = call === null ? text.whyNoCall : text.whyNow;
  const consulting = call?.state === "consulting";
  const talkingTogether = call?.state === "conference" && call.commands.includes("end");
  const toggle = (which: "transfer" | "consult" | "keys" | "end") => () => setOpen(open === which ? undefined : which);
  const simple = (command: AgentCallCommand, word: string) => () => void commands.run(command, word);
  const hangup = call?.state === "ringing" ? text.slot.reject : call?.state === "consulting" || call?.state === "consult-ringing" ? text.slot.endConsult : call?.state === "conference" ? text.slot.leave : text.slot.hangup;
  return [
    { key: "answer", word: text.slot.answer, hotkey: "F2", icon: <PhoneOutlined aria-hidden />, enabled: phone.call?.state === "ringing", why: call?.state === "ringing" ? text.whyAnswer : none, act: answerHere },
    { key: "mute", word: text.slot.mute, hotkey: "F8", icon: <AudioMutedOutlined aria-hidden />, enabled: phone.call?.state === "talking", why: call === null ? text.whyNoCall : text.whyMute, pressed: phone.call?.muted === true, act: toggleMute },
    { key: call?.state === "held" ? "retrieve" : "hold", word: text.slot.hold, hotkey: "F9", icon: <PauseCircleOutlined aria-hidden />, enabled: has("hold") || has("retrieve"), why: none, pressed: call?.state === "held", act: () => void commands.run(has("retrieve") ? "retrieve" : "hold", text.slot.hold) },
    consulting
      ? { key: "swap", word: text.slot.swap, hotkey: "X", icon: <CustomerServiceOutlined aria-hidden />, enabled: has("swap"), why: none, act: simple("swap", text.slot.swap) }
      : { key: "consult", word: text.slot.consult, hotkey: "C", icon: <CustomerServiceOutlined aria-hidden />, enabled: has("consult"), why: talkingTogether ? text.members.full : none, act: toggle("consult") },
    { key: "conference", word: consulting ? text.slot.join : text.slot.conference, hotkey: "J", icon: <TeamOutlined aria-hidden />, enabled: has("conference"), why: none, act: simple("conference", text.slot.join) },
    call?.state === "in-flow"
      ? { key: "cancel", word: text.slot.takeBack, hotkey: "T", icon: <RollbackOutlined aria-hidden />, enabled: has("cancel"), why: none, act: simple("cancel", text.slot.takeBack) }
      : consulting
      ? { key: "complete", word: text.slot.complete, hotkey: "T", icon: <ForwardOutlined aria-hidden />, enabled: has("complete"), why: none, act: simple("complete", text.slot.complete) }
      : talkingTogether
      ? { key: "end", word: text.members.endAll, icon: <CloseCircleOutlined aria-hidden />, enabled: true, why: none, act: toggle("end") }
      : { key: "transfer", word: text.slot.transfer, hotkey: "T", icon: <ForwardOutlined aria-hidden />, enabled: has("transfer"), why: none, act: toggle("transfer") },
    { key: "keys", word: text.slot.keys, hotkey: "D", icon: <NumberOutlined aria-hidden />, enabled: has("dtmf"), why: none, act: toggle("keys") },
    { key: "help", word: text.slot.help, hotkey: "S", icon: <QuestionCircleOutlined aria-hidden />, enabled: call !== null && call.state !== "ringing", why: none, act: help },
    { key: call?.state === "ringing" ? "reject" : "hangup", word: hangup, hotkey: call?.state === "ringing" ? "R" : "E", icon: <PhoneFilled aria-hidden rotate={135} />, enabled: has("hangup") || has("reject"), why: none, danger: true, act: () => void commands.run(has("reject") ? "reject" : "hangup", hangup) },
  ];
}

/** F2 answers, or goes to the bar (or to the call that waits), F8 mutes, F9 holds; the caret is given back by Esc. */
function useBarKeys({ bar, back, slots, waiting, toggleHold }: { readonly bar: { readonly current: HTMLDivElement | null }; readonly back: { current: HTMLElement | null }; readonly slots: readonly Slot[]; readonly call: AgentCall | null; readonly waiting: string | undefined; readonly toggleHold: () => void }): void {
  const latest = useRef({ slots, waiting, toggleHold });
  latest.current = { slots, waiting, toggleHold };
  useEffect(() => {
    const onKey = (event: globalThis.KeyboardEvent): void => {
      // An input method is composing: the key is its own (keyCode 229).
      if (event.isComposing || event.keyCode === 229) return;
      if (event.key === "F2") {
        event.preventDefault();
        // The browser rings: F2 lifts it, and takes the caret from nowhere.
        if (phoneStore.get().call?.state === "ringing") return answerHere();
        if (latest.current.waiting !== undefined) return goToCall(latest.current.waiting);
        back.current = document.activeElement instanceof HTMLElement ? document.activeElement : null;
        const first = latest.current.slots.findIndex(({ enabled }) => enabled);
        bar.current?.querySelectorAll<HTMLButtonElement>("[data-slot]")[Math.max(0, first)]?.focus();
      } else if (event.key === "F8" && phoneStore.get().call?.state === "talking") {
        event.preventDefault();
        toggleMute();
      } else if (event.key === "F9") {
        event.preventDefault();
        latest.current.toggleHold();
      }
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, [bar, back]);
}

function goToCall(interactionId: string): void {
  selectWork(interactionId);
  if (placeStore.get().path !== "/desk") navigate("/desk");
}

async function askForHelp(agent: string, text: Texts): Promise<void> {
  try {
    await api.post(`/api/agents/${agent}/help`);
    announce(text.helped);
  } catch (error) {
    console.warn("help could not be asked for", error);
    announce(text.network, "assertive");
  }
}

