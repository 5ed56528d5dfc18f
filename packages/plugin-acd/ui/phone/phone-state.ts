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
  readonly sounds: Readonly<Record<SoundKind, SoundSetting>>;
}

/** `ring`: a call; `waiting`: what comes into a talk (another call, a supervisor); `tick`: answered, joined, time goes by; `lost`: the sound has broken off. */
export type SoundKind = "ring" | "waiting" | "tick" | "lost";

export const SOUND_KINDS: readonly SoundKind[] = ["ring", "waiting", "tick", "lost"];

export interface SoundSetting {
  readonly on: boolean;
  /** 0 to 100. */
  readonly volume: number;
}

const KEY = "hotline.phone";
const DEFAULTS: PhoneSettings = { mode: "desk", microphone: "", speaker: "", ringer: "", sounds: { ring: { on: true, volume: 70 }, waiting: { on: true, volume: 70 }, tick: { on: true, volume: 70 }, lost: { on: true, volume: 70 } } };

export const settingsStore = createStore<PhoneSettings>(readSettings());
export const phoneStore = createStore<Phone>({ mode: settingsStore.get().mode, link: "off", elsewhere: false, problem: undefined, call: undefined, silent: false });

/** Settings as they were kept; what is missing or no longer makes sense is as at first. Throws a SyntaxError for what is no JSON. */
export function settingsFrom(text: string): PhoneSettings {
  // Earlier there was one volume, for all sounds.
  const { volume, sounds, ...kept } = JSON.parse(text) as Partial<PhoneSettings> & { volume?: number };
  const setting = (kind: SoundKind): SoundSetting => {
    const { on, volume: own = volume } = (sounds?.[kind] ?? {}) as Partial<SoundSetting>;
    return { on: on !== false, volume: typeof own === "number" && own >= 0 && own <= 100 ? own : DEFAULTS.sounds[kind].volume };
  };
  return { ...DEFAULTS, ...kept, mode: kept.mode === "browser" ? "browser" : "desk", sounds: { ring: setting("ring"), waiting: setting("waiting"), tick: setting("tick"), lost: setting("lost") } };
}

function readSettings(): PhoneSettings {
  try {
    return settingsFrom(localStorage.getItem(KEY) ?? "{}");
  } catch (error) {
    console.warn("the choice of phone was not kept", error);
    return DEFAULTS;
  }
}

export function patchPhone(change: Partial<Phone>): void {
  phoneStore.set({ ...phoneStore.get(), ...change });
}

/** Changes one kind of sound. */
export function putSound(kind: SoundKind, change: Partial<SoundSetting>): void {
  const { sounds } = settingsStore.get();
  putSettings({ sounds: { ...sounds, [kind]: { ...sounds[kind], ...change } } });
}

export function putSettings(change: Partial<PhoneSettings>): void {
  settingsStore.set({ ...settingsStore.get(), ...change });
  try {
    localStorage.setItem(KEY, JSON.stringify(settingsStore.get()));
  } catch (error) {
    console.warn("the choice of phone is not kept", error);
  }
}
