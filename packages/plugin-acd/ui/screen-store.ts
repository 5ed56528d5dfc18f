import { announce, api, ApiError, countFilled, createStore, draftsAbout, dropDraftsAbout, takeDrafts } from "@hotlinejs/plugin-console/sdk";
import type { AgentScreen, ScreenHandover } from "../src/contract.js";

/** What goes with the caller of one call, and what came with them. */
export interface CallScreen {
  /** Key of the panel that is open beside the work. */
  readonly panel?: string;
  /** Whose the caller is now: what was typed is theirs, and here only to be read. */
  readonly givenTo?: string;
  /** Whose the caller is now, while what was typed could not follow and is still mine. */
  readonly keptFrom?: string;
  /** From whom it came, with how many fields filled in; `at` is when it was given. */
  readonly received?: { readonly from: string; readonly filled: number; readonly at: number };
}

const KEY = "hotline.desk.screens";
const MOST = 40;
/** The caller is not kept waiting for the data; nor is the agent left in the dark for longer about whose it is. */
const PATIENCE_MS = 1_500;
/** Before the first try again, doubled with each, and the last of them: half a minute in all. */
const AGAIN_MS = 1_000;
const LAST_MS = 16_000;

export const screenStore = createStore<Readonly<Record<string, CallScreen>>>(read());
/** Call -> what was last given of it, as it was sent. */
const lastGiven = new Map<string, string>();
/** Calls -> how often they have become mine. */
const turns = new Map<string, number>();

function read(): Readonly<Record<string, CallScreen>> {
  try {
    return JSON.parse(sessionStorage.getItem(KEY) ?? "{}") as Record<string, CallScreen>;
  } catch (error) {
    console.warn("which panels were open was not kept", error);
    return {};
  }
}

function change(interactionId: string, patch: Partial<CallScreen>): void {
  const { [interactionId]: before, ...others } = screenStore.get();
  const all = Object.fromEntries([...Object.entries(others).slice(1 - MOST), [interactionId, { ...before, ...patch }]]);
  screenStore.set(all);
  try {
    sessionStorage.setItem(KEY, JSON.stringify(all));
  } catch (error) {
    console.warn("which panels are open is not kept", error);
  }
}

export function isGiven(interactionId: string): boolean {
  return screenStore.get()[interactionId]?.givenTo !== undefined;
}

export function openPanel(interactionId: string, panel: string): void {
  change(interactionId, { panel });
}

/** The caller is mine (again): what was laid down before a transfer that came back counts no more. */
export function keepScreen(interactionId: string): void {
  lastGiven.delete(interactionId);
  turns.set(interactionId, turnOf(interactionId) + 1);
  const screen = screenStore.get()[interactionId];
  if (screen?.givenTo !== undefined || screen?.keptFrom !== undefined) change(interactionId, { givenTo: undefined, keptFrom: undefined });
}

/** The tab of a call that is a colleague's is closed: the copy of what was typed goes, too. */
export function dropScreen(interactionId: string): void {
  if (isGiven(interactionId)) dropDraftsAbout(interactionId);
}

/** Lays down what my screen shows of the call, for whoever has the caller next. `false`: it could not be, and stays here. */
export async function giveScreen(agent: string, interactionId: string): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<never>((_resolve, reject) => (timer = setTimeout(() => reject(new Error("no answer in time")), PATIENCE_MS)));
  try {
    await Promise.race([layDown(agent, interactionId), late]);
    return true;
  } catch (error) {
    lastGiven.delete(interactionId);
    console.warn("the screen could not be handed over", error);
    return false;
  } finally {
    clearTimeout(timer);
  }
}

/**
 * The caller is a colleague's now. What I had typed since, or had not yet given (the phone itself made the transfer, a supervisor took
 * over), follows, also when nobody answers at once; only when the server has it is it theirs, and here only to be read.
 *
 * @param kept said aloud when it has not followed
 */
export async function passScreen(agent: string, interactionId: string, name: string, kept: string): Promise<void> {
  const turn = turnOf(interactionId);
  const mineAgain = (): boolean => turnOf(interactionId) !== turn;
  const keep = (): void => {
    if (mineAgain() || screenStore.get()[interactionId]?.keptFrom === name) return;
    change(interactionId, { keptFrom: name });
    announce(kept, "assertive");
  };
  const timer = setTimeout(keep, PATIENCE_MS);
  try {
    await insist(async () => {
      // What was typed while it was on its way goes after it.
      while (!mineAgain() && !isSettled(interactionId)) await layDown(agent, interactionId);
    });
    if (!mineAgain()) change(interactionId, { givenTo: name, keptFrom: undefined });
  } catch (error) {
    console.warn("the screen could not be handed over", error);
    keep();
  } finally {
    clearTimeout(timer);
  }
}

/** Takes over what the agent before had begun; once, however often it is told. */
export async function takeScreen(agent: string, interactionId: string): Promise<void> {
  let screen: ScreenHandover | null;
  try {
    ({ screen } = await insist(() => api.get<{ screen: ScreenHandover | null }>(path(agent, interactionId))));
  } catch (error) {
    console.warn("what was begun for the caller could not be taken over", error);
    return;
  }
  if (screen === null || screen.from === agent || screenStore.get()[interactionId]?.received?.at === screen.at) return;
  takeDrafts(screen.drafts);
  change(interactionId, { received: { from: screen.fromName, filled: countFilled(screen.drafts), at: screen.at }, ...(screen.panel === null ? {} : { panel: screen.panel }) });
}

/** Rejects with ApiError. */
async function layDown(agent: string, interactionId: string): Promise<void> {
  const turn = turnOf(interactionId);
  const screen = screenOf(interactionId);
  await api.put(path(agent, interactionId), screen);
  // With the caller back meanwhile the server has forgotten it.
  if (turnOf(interactionId) === turn) lastGiven.set(interactionId, JSON.stringify(screen));
}

/** What I have typed is with the server, or there is nothing. */
function isSettled(interactionId: string): boolean {
  const given = lastGiven.get(interactionId);
  const screen = screenOf(interactionId);
  return given === undefined ? screen.drafts.length === 0 : given === JSON.stringify(screen);
}

/** Tries again while nobody answers, or the server cannot; what it refuses stays refused. Rejects with the last error. */
async function insist<T>(attempt: () => Promise<T>): Promise<T> {
  for (let wait = AGAIN_MS; ; wait *= 2) {
    try {
      return await attempt();
    } catch (error) {
      if (!(error instanceof ApiError && (error.status === 0 || error.status >= 500)) || wait > LAST_MS) throw error;
    }
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
}

function turnOf(interactionId: string): number {
  return turns.get(interactionId) ?? 0;
}

function screenOf(interactionId: string): AgentScreen {
  return { drafts: draftsAbout(interactionId), panel: screenStore.get()[interactionId]?.panel ?? null };
}

function path(agent: string, interactionId: string): string {
  return `/api/agents/${encodeURIComponent(agent)}/calls/${encodeURIComponent(interactionId)}/screen`;
}
