import { onSignedOut } from "@hotlinejs/plugin-console/sdk";
import { deskStore } from "../desk-store.js";
import { isTalking } from "../call-facts.js";
import type { BrowserPhone } from "./browser-phone.js";
import { comeForward, type ComeForwardTexts } from "./come-forward.js";
import { microphoneProblem } from "./microphone.js";
import { patchPhone, phoneStore, putSettings, settingsStore, type Phone, type SoundKind } from "./phone-state.js";

const LOCK = "hotline.phone";

type Command = "answer" | "mute";
/** Between the tab that is the phone and those that show it. */
type TabMessage = { readonly kind: "state"; readonly phone: Pick<Phone, "link" | "call" | "problem"> } | { readonly kind: "hello" } | ({ readonly kind: "come" } & ComeForwardTexts) | { readonly kind: "do"; readonly command: Command };

let phone: BrowserPhone | undefined;
let tabs: BroadcastChannel | undefined;
let release: (() => void) | undefined;
let starting: AbortController | undefined;
/** The agent's own leg of a call being dialled is answered by itself: the agent has just asked for it. */
let expected = 0;

/** The browser takes calls from now on. By a click: it unlocks sound and may ask for the microphone. */
export async function takeBrowser(): Promise<void> {
  putSettings({ mode: "browser" });
  patchPhone({ mode: "browser", problem: undefined });
  await start(true);
}

/** The desk phone takes calls. A call on the browser goes on until it is over. */
export function takeDeskPhone(): void {
  putSettings({ mode: "desk" });
  patchPhone({ mode: "desk", problem: undefined });
  stop();
}

/** After a page load: goes on as chosen before. */
export function resume(): void {
  if (settingsStore.get().mode === "browser" && starting === undefined) void start(false);
}

async function start(asked: boolean): Promise<void> {
  if (phone !== undefined) {
    await phone.check();
    return;
  }
  // Without a secure context browsers give no microphone, and no locks.
  if (!window.isSecureContext || navigator.mediaDevices === undefined || window.RTCPeerConnection === undefined) {
    patchPhone({ problem: "insecure", link: "off" });
    return;
  }
  starting?.abort();
  const mine = new AbortController();
  starting = mine;
  patchPhone({ link: "connecting", problem: undefined });
  listenToTabs();
  const { BrowserPhone: Made } = await import("./browser-phone.js");
  if (asked) {
    // The question for the microphone belongs to the click, not to the first caller.
    const problem = await microphoneProblem(settingsStore.get().microphone);
    if (problem !== undefined) {
      starting = undefined;
      patchPhone({ problem, link: "off" });
      return;
    }
  }
  if (mine.signal.aborted) return;
  void navigator.locks.request(LOCK, { ifAvailable: true }, async (lock) => {
    if (lock === null) {
      patchPhone({ elsewhere: true });
      tell({ kind: "hello" });
      void navigator.locks.request(LOCK, { signal: mine.signal }, () => hold(Made, mine.signal)).catch(() => undefined);
      return;
    }
    await hold(Made, mine.signal);
  });
}

/** Is the phone as long as this tab has the lock. */
async function hold(Made: typeof BrowserPhone, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const mine = new Made(() => expected > 0, () => isTalking(deskStore.get().call));
  phone = mine;
  patchPhone({ elsewhere: false, call: undefined, link: "connecting" });
  const over = new Promise<void>((resolve) => (release = resolve));
  await mine.start();
  await over;
  await mine.stop();
  if (phone === mine) phone = undefined;
}

function stop(): void {
  starting?.abort();
  starting = undefined;
  release?.();
  release = undefined;
  phoneStore.set({ ...phoneStore.get(), link: "off", elsewhere: false });
}

onSignedOut(stop);
settingsStore.subscribe(() => phone?.useDevices());
phoneStore.subscribe(() => {
  if (phone !== undefined) tell({ kind: "state", phone: phoneStore.get() });
});

function listenToTabs(): void {
  if (tabs !== undefined || typeof BroadcastChannel === "undefined") return;
  tabs = new BroadcastChannel(LOCK);
  tabs.onmessage = ({ data }) => {
    const message = data as TabMessage;
    if (message.kind === "state") {
      if (phone === undefined && phoneStore.get().mode === "browser") phoneStore.set({ ...phoneStore.get(), ...message.phone, elsewhere: true });
    } else if (phone !== undefined) {
      if (message.kind === "hello") tell({ kind: "state", phone: phoneStore.get() });
      else if (message.kind === "come") comeForward(message);
      else run(message.command);
    }
  };
}

function tell(message: TabMessage): void {
  // Only what can be cloned, and what other tabs show.
  tabs?.postMessage(message.kind === "state" ? { kind: "state", phone: { link: message.phone.link, call: message.phone.call, problem: message.phone.problem } } : message);
}

function run(command: Command): void {
  if (phone === undefined) return tell({ kind: "do", command });
  if (command === "answer") void phone.answer();
  else phone.toggleMute();
}

/** Lifts the ringing call, in whichever tab it rings. */
export function answerHere(): void {
  run("answer");
}

export function toggleMute(): void {
  run("mute");
}

/** The tab that is the phone is wanted in front. */
export function showPhoneTab(words: ComeForwardTexts): void {
  tell({ kind: "come", ...words });
}

/** Sounds in one tab of the browser only: the one that is the phone. */
export function playSound(kind: SoundKind): void {
  phone?.play(kind);
}

/** While it runs, a ring of the own phone is the own dialling: it is answered by itself. */
export async function expectOwnRing<T>(work: () => Promise<T>): Promise<T> {
  expected++;
  try {
    return await work();
  } finally {
    expected--;
  }
}
