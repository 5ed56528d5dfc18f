import { useDeferredValue, useEffect, useRef, useState, type FocusEvent, type ReactElement } from "react";
import { Checkbox, Input, Popover } from "antd";
import { SoundOutlined } from "@ant-design/icons";
import { announce, api, EmptyState, ErrorState, formatDuration, LoadingState, useLoad, useMay, useServerSeconds, useTexts } from "@hotlinejs/plugin-console/sdk";
import type { AgentCall, Announcement, LiveAnnouncementView } from "../src/contract.js";
import { texts, type Texts } from "./texts.js";
import type { Commands } from "./use-commands.js";

/** So many are shown; the search finds the rest. */
const SHOWN = 30;

/** Plays approved prompts and articles to the caller: the choice of one, then how far it is and the way to stop it. */
export function Announcer({ call, commands }: { readonly call: AgentCall; readonly commands: Commands }): ReactElement | null {
  const text = useTexts(texts);
  const may = useMay("acd.announcements.play");
  const [open, setOpen] = useState(false);
  const { announcement } = call;
  useAnnouncementSaid(announcement, text);
  const ready = call.commands.includes("announce");
  useEffect(() => (ready ? undefined : setOpen(false)), [ready]);
  const place = useRef<HTMLSpanElement>(null);
  const held = useRef(false);
  const running = announcement !== null && announcement.result === null;
  // The button that had the focus is gone: the one in its place has it.
  useEffect(() => {
    if (held.current && document.activeElement === document.body) place.current?.querySelector("button")?.focus();
  }, [running]);
  if (!may || (!running && !ready)) return null;
  const close = (): void => {
    setOpen(false);
    place.current?.querySelector("button")?.focus();
  };
  const choose = (key: string, both: boolean): void => {
    close();
    void commands.run("announce", text.announcer.play, { announcement: key, to: both ? "both" : "citizen" });
  };
  const focus = (event: FocusEvent): void => void (held.current = event.type === "focus" || event.relatedTarget === null);
  return (
    <span ref={place} className="acd-announcer" onFocus={focus} onBlur={focus}>
      {running ? (
        <StopButton announcement={announcement} stop={() => void commands.run("stop-announcement", text.announcer.stop)} text={text} />
      ) : (
        <Popover open={open} content={<AnnouncementPicker onChoose={choose} onClose={close} />} placement="bottom" trigger="click" onOpenChange={setOpen} afterOpenChange={(shown) => shown && focusSearch()} destroyOnHidden>
          <button type="button" className="acd-announce" aria-expanded={open} aria-label={text.announcer.means} title={text.announcer.means} data-announce>
            <SoundOutlined aria-hidden /> <span className="acd-announce-word">{text.announcer.play}</span>
          </button>
        </Popover>
      )}
    </span>
  );
}

/** A panel takes the focus once it is in its place: before, the browser gives it to nothing hidden. */
function focusSearch(): void {
  document.querySelector<HTMLInputElement>("[data-announce-search]")?.focus();
}

/** What began and how it ended, told where eyes are not on the bar. */
function useAnnouncementSaid(now: LiveAnnouncementView | null, text: Texts): void {
  const before = useRef<LiveAnnouncementView | null>(now);
  useEffect(() => {
    const earlier = before.current;
    before.current = now;
    if (now === null || now === earlier) return;
    if (now.result !== null && earlier?.result === null) announce(text.announcer.ended(text.announcer.results[now.result], formatDuration(now.playedMs ?? 0)), now.result === "failed" ? "assertive" : "polite");
    else if (now.startedAt !== null && earlier?.startedAt !== now.startedAt) announce(text.announcer.playing(now.title));
  }, [now, text]);
}

/** Where the control stood, the way to stop it; how far it is stands in the line of the call. */
function StopButton({ announcement, stop, text }: { readonly announcement: LiveAnnouncementView; readonly stop: () => void; readonly text: Texts }): ReactElement {
  const now = useServerSeconds();
  const { startedAt, durationMs, title, to } = announcement;
  const share = startedAt === null || durationMs === null || durationMs === 0 ? 0 : Math.min(1, (now - startedAt) / durationMs);
  return (
    <button type="button" className="acd-announce acd-announce-stop" data-playing={startedAt !== null} aria-label={`${text.announcer.stop} ${title}`} title={`${title} · ${to === "both" ? text.announcer.both : text.announcer.alone}`} onClick={stop}>
      {text.announcer.stop}
      <span className="acd-announce-gone" style={{ transform: `scaleX(${share})` }} aria-hidden />
    </button>
  );
}

/** `00:12 / 00:39 · 养老保险…`; `undefined`: nothing is being played. */
export function playingWords(announcement: LiveAnnouncementView | null, now: number, text: Texts): string | undefined {
  if (announcement === null || announcement.result !== null) return undefined;
  const { startedAt, durationMs, title } = announcement;
  if (startedAt === null) return `${text.announcer.preparing} ${title}`;
  const gone = Math.min(Math.max(0, now - startedAt), durationMs ?? Infinity);
  return `${formatDuration(gone)}${durationMs === null ? "" : ` / ${formatDuration(durationMs)}`} · ${title}`;
}

function AnnouncementPicker({ onChoose, onClose }: { readonly onChoose: (key: string, both: boolean) => void; readonly onClose: () => void }): ReactElement {
  const text = useTexts(texts);
  const [words, setWords] = useState("");
  const [both, setBoth] = useState(false);
  const search = useDeferredValue(words.trim());
  const { data, error, reload } = useLoad(`announcements ${search}`, (signal) => api.get<{ items: Announcement[]; next: string | null }>("/api/announcements", { search, limit: SHOWN }, { signal }));
  // Enter before the answer is there means the first of what it will be.
  const [entered, setEntered] = useState(false);
  const [first] = data?.items ?? [];
  const found = data !== undefined && search === words.trim();
  useEffect(() => {
    if (!entered || (!found && error === undefined)) return;
    setEntered(false);
    if (found && first !== undefined) onChoose(first.key, both);
  }, [entered, found, error, first, both, onChoose]);
  const list = useRef<HTMLDivElement>(null);
  const rows = (): HTMLButtonElement[] => [...(list.current?.querySelectorAll("button") ?? [])];
  return (
    <div
      className="acd-picker acd-announcements"
      onKeyDown={(event) => {
        if (event.key === "Escape") {
          event.stopPropagation();
          onClose();
        }
        if (event.key !== "ArrowDown" && event.key !== "ArrowUp") return;
        const at = rows().findIndex((row) => row === document.activeElement);
        rows()[Math.max(0, at + (event.key === "ArrowDown" ? 1 : -1))]?.focus();
        event.preventDefault();
      }}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          setEntered(true);
        }}
      >
        <Input value={words} data-announce-search onChange={(event) => (setWords(event.target.value), setEntered(false))} placeholder={text.announcer.search} aria-label={text.announcer.search} maxLength={100} allowClear />
      </form>
      <Checkbox checked={both} onChange={(event) => setBoth(event.target.checked)}>
        {text.announcer.hearToo}
      </Checkbox>
      <p className="hl-meta">{both ? text.announcer.bothMeans : text.announcer.aloneMeans}</p>
      <div className="acd-picker-lists" ref={list}>
        {data === undefined ? error === undefined ? <LoadingState rows={3} /> : <ErrorState error={error} what={text.announcer.list} onRetry={reload} /> : null}
        {data?.items.length === 0 ? <EmptyState>{search === "" ? text.announcer.none : text.announcer.noneFits}</EmptyState> : null}
        {(data?.items ?? []).map(({ key, title, topic, excerpt, aboutMs }) => (
          <button type="button" key={key} className="acd-picker-row acd-announcement" data-announcement={key} title={excerpt} onClick={() => onChoose(key, both)}>
            <span className="acd-announcement-what">
              <span>{title}</span>
              <span className="hl-meta">{[topic, excerpt].filter((part) => part !== null && part !== "").join(" · ")}</span>
            </span>
            <span className="hl-meta">{aboutMs === null ? "" : text.announcer.about(formatDuration(aboutMs))}</span>
          </button>
        ))}
        {(data?.next ?? null) === null ? null : <p className="hl-meta">{text.announcer.more(SHOWN)}</p>}
      </div>
    </div>
  );
}
