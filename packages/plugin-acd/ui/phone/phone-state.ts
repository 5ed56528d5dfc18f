import { createStore } from "@hotlinejs/plugin-console/sdk";

/** Why the browser cannot be the telephone; the words for each say what to do. */
export type PhoneProblem = "insecure" | "denied" | "no-microphone" | "microphone-busy" | "credentials" | "refused" | "failed";

/** The browser's own end of the call on it. What the call itself is doing is told by the server (`AgentCall`). */
export interface PhoneCall {
  readonly state: "ringing" | "answering" | "talking";
  /** Read back from the microphone's track, not from the click. */
  readonly muted: boolean;
  /** Somebody speaks into a muted microphone. */
  readonly unheard: boolean;
  /** No sound comes over the network; it is being mended. */
  readonly broken: boolean;
  readonly quality: "good" | "fair" | "poor" | undefined;
}

/**
 * ```
 * off --choose the browser--> connecting --registered--> ready <--(socket cut / back)--> lost
 *                                  \__ another tab is the phone: elsewhere (mirrors it, takes over when that tab closes)
 * ```
 */
export interface Phone {
  /** What the agent takes calls with; kept on this computer. */
  readonly mode: "desk" | "browser";
  readonly link: "off" | "connecting" | "ready" | "lost";
  /** Another tab of this browser is the phone; what is shown is its state. */
  readonly elsewhere: boolean;
  readonly problem: PhoneProblem | undefined;
  readonly call: PhoneCall | undefined;
  /** The browser plays no sound until the page is clicked or a key is pressed. */
  readonly silent: boolean;
}

export interface PhoneSettings {
  readonly mode: Phone["mode"];
  /** Device ids of `enumerateDevices`; empty: the system's choice. */
  readonly microphone: string;
  readonly speaker: string;
  readonly ringer: string;
  /** Of the ring, 0 to 100. */
  readonly volume: number;
}

const KEY = "hotline.phone";
const DEFAULTS: PhoneSettings = { mode: "desk", microphone: "", speaker: "", ringer: "", volume: 70 };

export const settingsStore = createStore<PhoneSettings>(readSettings());
export const phoneStore = createStore<Phone>({ mode: settingsStore.get().mode, link: "off", elsewhere: false, problem: undefined, call: undefined, silent: false });

function readSettings(): PhoneSettings {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "{}") as Partial<PhoneSettings>;
    return { ...DEFAULTS, ...kept, mode: kept.mode === "browser" ? "browser" : "desk" };
  } catch (error) {
    console.warn("the choice of phone was not kept", error);
    return DEFAULTS;
  }
}

export function patchPhone(change: Partial<Phone>): void {
  phoneStore.set({ ...phoneStore.get(), ...change });
}

export function putSettings(change: Partial<PhoneSettings>): void {
  settingsStore.set({ ...settingsStore.get(), ...change });
  try {
    localStorage.setItem(KEY, JSON.stringify(settingsStore.get()));
  } catch (error) {
    console.warn("the choice of phone is not kept", error);
  }
}
