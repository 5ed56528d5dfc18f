import { createStore, hasDraftAbout } from "@hotlinejs/plugin-console/sdk";
import type { AgentCall } from "../src/contract.js";
import { dropScreen, isGiven, keepScreen } from "./screen-store.js";

/** One interaction the agent has open: a row in the left column and a tab in the middle. */
export interface WorkItem {
  readonly interactionId: string;
  readonly direction: "inbound" | "outbound";
  /** Masked. */
  readonly number: string;
  readonly queueName: string | null;
  readonly waitMs: number | null;
  readonly openedAt: number;
  readonly answeredAt: number | null;
  /** The call is over on this agent's phone. */
  readonly endedAt: number | null;
}

export interface Work {
  readonly items: readonly WorkItem[];
  readonly selected: string | undefined;
  /** A call was answered while the agent was typing elsewhere: offered, not done. */
  readonly waitingFor: string | undefined;
}

const KEY = "hotline.desk.work";
/** More tabs than this and the oldest that is over, and in which nothing was begun, is closed. */
const MOST_TABS = 12;

export const workStore = createStore<Work>(read());

function read(): Work {
  try {
    const text = sessionStorage.getItem(KEY);
    if (text !== null) return { ...(JSON.parse(text) as Work), waitingFor: undefined };
  } catch (error) {
    console.warn("open work was not kept", error);
  }
  return { items: [], selected: undefined, waitingFor: undefined };
}

function put(work: Work): void {
  workStore.set(work);
  try {
    sessionStorage.setItem(KEY, JSON.stringify(work));
  } catch (error) {
    console.warn("open work is not kept", error);
  }
}

/** Follows the call on the phone: a row and an unselected tab while it rings. `before` is what was there so far; a page that is loaded anew has seen nothing yet. */
export function followCall(before: AgentCall | null, call: AgentCall | null, now: number, busyTyping: boolean): void {
  let { items, selected, waitingFor } = workStore.get();
  // Whatever was on and is on no more is over, also when that was while the page was away. A call that was never answered leaves nothing to work on.
  const over = (item: WorkItem): boolean => item.endedAt === null && item.interactionId !== call?.interactionId;
  items = items.filter((item) => !over(item) || item.answeredAt !== null).map((item) => (over(item) ? { ...item, endedAt: now } : item));
  if (waitingFor !== call?.interactionId) waitingFor = undefined;
  if (call !== null) {
    if (isMine(call) && !(before?.interactionId === call.interactionId && isMine(before))) keepScreen(call.interactionId);
    const known = items.find((item) => item.interactionId === call.interactionId);
    const item: WorkItem = { interactionId: call.interactionId, direction: call.direction, number: call.citizenNumber, queueName: call.queueName ?? known?.queueName ?? null, waitMs: call.waitMs ?? known?.waitMs ?? null, openedAt: known?.openedAt ?? now, answeredAt: call.answeredAt ?? known?.answeredAt ?? null, endedAt: null };
    items = known === undefined ? [item, ...items] : items.map((each) => (each === known ? item : each));
    const answeredNow = call.answeredAt !== null && (before?.interactionId !== call.interactionId || before.answeredAt === null);
    if (answeredNow && selected !== call.interactionId) {
      if (busyTyping && selected !== undefined) waitingFor = call.interactionId;
      else selected = call.interactionId;
    }
  }
  if (items.length > MOST_TABS) {
    const oldest = [...items].reverse().find((item) => item.endedAt !== null && item.interactionId !== selected && (isGiven(item.interactionId) || !hasDraftAbout(item.interactionId)));
    items = items.filter((item) => item !== oldest);
    if (oldest !== undefined) dropScreen(oldest.interactionId);
  }
  if (selected !== undefined && !items.some((item) => item.interactionId === selected)) selected = items[0]?.interactionId;
  put({ items, selected, waitingFor });
}

/** The agent has the caller, and is not only asked about them. */
function isMine({ answeredAt, given }: AgentCall): boolean {
  return answeredAt !== null && given?.asked !== true;
}

export function selectWork(interactionId: string): void {
  const work = workStore.get();
  put({ ...work, selected: interactionId, waitingFor: work.waitingFor === interactionId ? undefined : work.waitingFor });
}

export function closeWork(interactionId: string): void {
  dropScreen(interactionId);
  const { items, selected, waitingFor } = workStore.get();
  const at = items.findIndex((item) => item.interactionId === interactionId);
  const rest = items.filter((item) => item.interactionId !== interactionId);
  put({ items: rest, selected: selected === interactionId ? (rest[at] ?? rest[at - 1])?.interactionId : selected, waitingFor });
}
