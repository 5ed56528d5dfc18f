import { useEffect, useRef } from "react";
import { api } from "./api.js";
import { setServerTime } from "./clock.js";
import { createStore } from "./store.js";

export type LinkState = { readonly state: "online" } | { readonly state: "offline"; /** Epoch ms of this computer. */ readonly since: number };

/** Whether pushed events arrive. */
export const linkStore = createStore<LinkState>({ state: "online" });
/** Events that were told again after the last interruption; `undefined` when there was none, `"all"` when a gap was too long and everything was loaded anew. */
export const missedStore = createStore<number | "all" | undefined>(undefined);

type Listener = (data: unknown) => void;
const listeners = new Map<string, Set<Listener>>();
const resync = new Set<() => void>();

/** Pushed events of a topic. Returns an unsubscribe. */
export function onTopic(topic: string, listener: Listener): () => void {
  const set = listeners.get(topic) ?? new Set();
  listeners.set(topic, set.add(listener));
  return () => set.delete(listener);
}

/** Told when events may have been missed: whatever is shown should be loaded anew. */
export function onResync(listener: () => void): () => void {
  resync.add(listener);
  return () => resync.delete(listener);
}

/** Follows one or several topics while the component is mounted. Events of one frame are told one by one. */
export function useTopic<T>(topics: string | readonly string[], listener: (data: T, topic: string) => void): void {
  const latest = useRef(listener);
  latest.current = listener;
  const key = typeof topics === "string" ? topics : topics.join("\n");
  useEffect(() => {
    const stops = key === "" ? [] : key.split("\n").map((topic) => onTopic(topic, (data) => latest.current(data as T, topic)));
    return () => {
      for (const stop of stops) stop();
    };
  }, [key]);
}

interface ServerMessage {
  readonly type: "hello" | "event" | "reset" | "resumed" | "pong";
  readonly epoch?: string;
  readonly now?: number;
  readonly id?: number;
  readonly missed?: number;
  readonly topic?: string;
  readonly data?: unknown;
}

/** Up to which pushed event something is known. */
export interface NewsPlace {
  readonly epoch: string;
  readonly id: number;
}

let place: NewsPlace | undefined;

/** The host tells up to where pages know all that they load: events from there on are told, also those from before the connection was there. */
export function setNewsPlace(known: NewsPlace | undefined): void {
  place = known;
}

const QUIET_MS = 15_000;
const DEAD_MS = 25_000;

/**
 * The one connection of this page:
 * ```
 * connecting --hello--> online --(closed, or silent for 25 s)--> waiting (0.5 s doubling to 10 s) --> connecting
 * any --(the computer has a network again)--> connecting
 * ```
 * It begins where the session was asked for, so that nothing is missed between what a page loads and the connection. Returns what ends it.
 */
export function connectLive(url: string): () => void {
  let socket: WebSocket | undefined;
  let { epoch, id: last } = place ?? { epoch: undefined, id: 0 };
  /** The page has been connected before: what comes late was missed. */
  let before = false;
  /** While it is answered what was missed: what is told meanwhile is newer, and would make that look old. */
  let early: ServerMessage[] | undefined;
  let heard = 0;
  let wait = 500;
  let ended = false;
  let retry: ReturnType<typeof setTimeout> | undefined;

  const open = (): void => {
    if (ended) return;
    heard = Date.now();
    const mine = new WebSocket(url);
    socket = mine;
    mine.onmessage = ({ data }) => {
      if (mine === socket && typeof data === "string") receive(mine, JSON.parse(data) as ServerMessage);
    };
    mine.onclose = () => {
      if (mine !== socket) return;
      lost();
      // A refused connection does not say why: it may be the session that has ended, which any request finds out.
      void api.get("/api/auth/me").catch(() => undefined);
    };
  };

  const lost = (): void => {
    socket = undefined;
    if (ended) return;
    if (linkStore.get().state === "online") linkStore.set({ state: "offline", since: Date.now() });
    retry = setTimeout(open, wait);
    wait = Math.min(wait * 2, 10_000);
  };

  const tell = ({ id, topic, data }: ServerMessage): void => {
    if (id === undefined || id <= last || topic === undefined) return;
    last = id;
    for (const listener of [...(listeners.get(topic) ?? [])]) listener(data);
  };

  const receive = (mine: WebSocket, message: ServerMessage): void => {
    heard = Date.now();
    switch (message.type) {
      case "hello":
        if (message.now !== undefined) setServerTime(message.now);
        early = undefined;
        if (epoch === undefined) {
          last = message.id ?? 0;
          before = true;
        } else {
          early = [];
          mine.send(JSON.stringify({ type: "resume", epoch, last }));
        }
        epoch = message.epoch;
        wait = 500;
        linkStore.set({ state: "online" });
        return;
      case "event":
        if (early === undefined) tell(message);
        else early.push(message);
        return;
      case "reset":
        early = undefined;
        last = message.id ?? 0;
        if (before) missedStore.set("all");
        before = true;
        for (const listener of [...resync]) listener();
        return;
      case "resumed": {
        const all = early ?? [];
        early = undefined;
        all.sort((one, other) => (one.id ?? 0) - (other.id ?? 0)).forEach(tell);
        if (before) missedStore.set(message.missed ?? 0);
        before = true;
        return;
      }
      case "pong":
        if (message.now !== undefined) setServerTime(message.now);
    }
  };

  const beat = setInterval(() => {
    if (socket === undefined) return;
    const silent = Date.now() - heard;
    if (silent > DEAD_MS) {
      const dead = socket;
      lost();
      dead.close();
    } else if (silent > QUIET_MS && socket.readyState === WebSocket.OPEN) socket.send('{"type":"ping"}');
  }, 5_000);
  // There is a network again, most likely another one: what seems open by the old address may be dead, and TCP would find out in a quarter of an hour.
  const again = (): void => {
    if (ended) return;
    const old = socket;
    clearTimeout(retry);
    open();
    old?.close();
  };
  window.addEventListener("online", again);
  open();
  return () => {
    ended = true;
    clearInterval(beat);
    clearTimeout(retry);
    window.removeEventListener("online", again);
    socket?.close();
  };
}
