import { useEffect, useLayoutEffect, useRef, useState, type FocusEvent, type ReactElement } from "react";
import { Popover } from "antd";
import { AudioMutedOutlined, CloseOutlined } from "@ant-design/icons";
import { formatDuration, formatPhone } from "@hotlinejs/plugin-console/sdk";
import type { AgentCall, CallMember } from "../src/contract.js";
import { memberName, memberState, memberStateShort, pillsThatFit, talkers } from "./member-words.js";
import { focusPanel } from "./pickers.js";
import type { Texts } from "./texts.js";
import type { Commands } from "./use-commands.js";

interface MembersProps {
  readonly call: AgentCall;
  readonly commands: Commands;
  /** Epoch ms by the server's clock. */
  readonly now: number;
  readonly text: Texts;
}

/** Everybody who talks along: a pill each, with what the agent may do to them; those without room are behind the last button. */
export function Members(props: MembersProps): ReactElement {
  const { call, text } = props;
  const [width, setWidth] = useState(0);
  const [open, setOpen] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLDivElement>(null);
  const more = useRef<HTMLButtonElement>(null);
  /** Which member's buttons have the focus. */
  const at = useRef<number>(undefined);
  useLayoutEffect(() => {
    const element = box.current;
    if (element === null) return undefined;
    setWidth(element.clientWidth);
    const watch = new ResizeObserver(([entry]) => setWidth(entry?.contentRect.width ?? 0));
    watch.observe(element);
    return () => {
      watch.disconnect();
      if (at.current !== undefined) requestAnimationFrame(() => isLost() && document.querySelector<HTMLElement>('.acd-slots [data-slot][tabindex="0"]')?.focus());
    };
  }, []);
  const fit = pillsThatFit(width, call.members.length);
  const hidden = call.members.length - fit;
  useEffect(() => {
    if (hidden === 0) setOpen(false);
  }, [hidden]);
  // Who has the focus and goes gives it to who stands in the place then.
  useEffect(() => {
    if (at.current === undefined || !isLost()) return;
    const pills = (list.current?.offsetParent === null ? undefined : list.current)?.querySelectorAll(".acd-pill") ?? box.current?.querySelectorAll(".acd-pill") ?? [];
    const next = pills[Math.min(at.current, pills.length - 1)];
    (next?.querySelector<HTMLElement>("button:last-of-type") ?? more.current)?.focus();
  }, [call.members.length, hidden]);
  const holds = (index: number) => ({
    onFocus: () => (at.current = index),
    onBlur: ({ relatedTarget }: FocusEvent) => {
      // Without a next element it is the window that is left, or the element that is gone.
      if (relatedTarget !== null) at.current = undefined;
    },
  });
  return (
    <div className="acd-members" role="group" aria-label={text.members.title(talkers(call))} ref={box}>
      {call.members.slice(0, fit).map((member, index) => (
        <span key={member.id} {...holds(index)}>
          <Pill member={member} {...props} />
        </span>
      ))}
      {hidden === 0 ? null : (
        <span
          onKeyDown={(event) => {
            if (event.key !== "Escape" || !open) return;
            event.stopPropagation();
            setOpen(false);
            more.current?.focus();
          }}
        >
          <Popover
            open={open}
            onOpenChange={setOpen}
            trigger="click"
            placement="bottom"
            content={
              <div className="acd-members-all" ref={list}>
                <h3>{text.members.title(talkers(call))}</h3>
                {call.members.map((member, index) => (
                  <span key={member.id} {...holds(index)}>
                    <Pill member={member} {...props} wide />
                  </span>
                ))}
              </div>
            }
            afterOpenChange={(shown) => shown && focusPanel()}
          >
            <button ref={more} type="button" className="acd-members-more" aria-expanded={open} aria-label={text.members.more(hidden)} title={text.members.more(hidden)}>
              +{hidden}
            </button>
          </Popover>
        </span>
      )}
    </div>
  );
}

/** The element with the focus is gone. */
function isLost(): boolean {
  return document.activeElement === null || document.activeElement === document.body;
}

function Pill({ member, call, commands, now, text, wide = false }: MembersProps & { readonly member: CallMember; readonly wide?: boolean }): ReactElement {
  const name = memberName(member, text);
  const number = member.number === "" ? "" : formatPhone(member.number);
  const may = (command: "mute" | "remove"): boolean => call.commands.includes(command);
  const shown = wide && number !== "" && number !== name ? `${name} ${number}` : name;
  return (
    <span className="acd-pill" data-muted={member.muted || undefined} data-awaited={member.until !== null || undefined} data-wide={wide || undefined} title={[...new Set([name, number]), memberState(member, now, text)].filter((part) => part !== "").join(" ")}>
      <span className="acd-pill-who">
        <span>{shown}</span>
        <span className="acd-pill-state">{(wide ? memberState : memberStateShort)(member, now, text)}</span>
      </span>
      {may("mute") ? (
        <button type="button" aria-pressed={member.muted} aria-label={text.members.mute(name)} title={member.muted ? text.members.unmute(name) : text.members.mute(name)} onClick={() => void commands.run("mute", text.slot.mute, { member: member.id, muted: !member.muted })}>
          <AudioMutedOutlined aria-hidden />
          {wide ? <span>{text.slot.mute}</span> : null}
        </button>
      ) : null}
      {may("remove") && member.kind !== "citizen" ? (
        <button type="button" className="acd-pill-remove" aria-label={text.members.remove(name)} title={text.members.remove(name)} onClick={() => void commands.run("remove", text.members.removing, { member: member.id })}>
          <CloseOutlined aria-hidden />
          {wide ? <span>{text.members.removing}</span> : null}
        </button>
      ) : null}
    </span>
  );
}

/** The two sides of a consultation: who hears the agent, and who waits how. */
export function ConsultSides({ call, now, text }: Omit<MembersProps, "commands">): ReactElement | null {
  const { consult } = call;
  if (consult === null) return null;
  const apart = formatDuration(Math.max(0, now - call.since));
  const grouped = call.members.length > 0;
  const others = consult.talking ? (grouped ? text.members.onTheirOwn : text.members.held(apart)) : text.members.withYou(apart);
  const asked =
    consult.answeredAt === null
      ? text.members.rings
      : consult.until !== null
        ? text.members.awaited(Math.max(0, Math.ceil((consult.until - now) / 1000)))
        : consult.talking
          ? text.members.withYou(formatDuration(Math.max(0, now - consult.answeredAt)))
          : text.members.held(apart);
  const who = consult.name ?? formatPhone(consult.number);
  const sides = [
    { key: "others", who: grouped ? text.members.others(call.members.length) : text.members.citizen, state: others, active: !consult.talking },
    { key: "asked", who, state: asked, active: consult.talking && consult.answeredAt !== null },
  ];
  return (
    <div className="acd-sides" role="group" aria-label={text.slot.consult}>
      {sides.map((side) => (
        <span key={side.key} className="acd-pill acd-side" data-active={side.active || undefined} title={`${side.who} ${side.state}`}>
          <span className="acd-pill-who">
            <span>{side.who}</span>
            <span className="acd-pill-state">{side.state}</span>
          </span>
        </span>
      ))}
    </div>
  );
}

/** Asks once more, by what it would do: the citizen is among those who are let go of. */
export function EndAll({ call, onEnd, onKeep, text }: { readonly call: AgentCall; readonly onEnd: () => void; readonly onKeep: () => void; readonly text: Texts }): ReactElement {
  return (
    <div className="acd-end-all" role="alertdialog" aria-label={text.members.endAll}>
      <p>{text.members.endMeans(talkers(call))}</p>
      <div>
        <button type="button" className="acd-end-keep" onClick={onKeep}>
          {text.members.keep}
        </button>
        <button type="button" className="acd-end-now" onClick={onEnd}>
          {text.members.endAll}
        </button>
      </div>
    </div>
  );
}
