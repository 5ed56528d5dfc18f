import type { AudioSource, CallSession, Collected, CollectOptions, PromptRef, PromptValues } from "@hotlinejs/core";
import { callbackNumber } from "../domain/callback-number.js";
import { callbackPrompt, type CallbackPrompt } from "../domain/callback-prompts.js";
import { withValues } from "../domain/queue-prompts.js";

export interface SpokenDeps {
  /** Words of the operator's own. */
  readonly words: Readonly<Partial<Record<CallbackPrompt, PromptRef>>>;
  readonly resolve: (ref: PromptRef, session: CallSession) => Promise<readonly AudioSource[]>;
}

export interface WishDeps extends SpokenDeps {
  readonly allowed: readonly RegExp[];
  /** Whether there is a way to the number. */
  readonly leadsTo: (number: string) => boolean;
}

/** The number, or: wants to wait on, or hung up (or was taken back by `signal`). */
export type Wish = { readonly number: string } | "declined" | "gone";

/** Silence, wrong numbers and wrong keys are borne so often. */
const TRIES = 3;
/** Longest number that can be keyed. */
const MOST_DIGITS = 15;

/** Says what will happen, and has the number confirmed by key: the own one, or another that is keyed in. Silence is no consent. */
export async function askForCallback(session: CallSession, deps: WishDeps, signal: AbortSignal): Promise<Wish> {
  const callable = (given: string): string | undefined => {
    const bare = callbackNumber(given, deps.allowed);
    return bare !== undefined && deps.leadsTo(bare) ? bare : undefined;
  };
  let number = callable(session.call.from.number);
  let words: CallbackPrompt = number === undefined ? "offerNumber" : "offer";
  for (let tries = 0; tries < TRIES; tries++) {
    if (number === undefined) {
      const keyed = await ask(session, deps, words, {}, { min: 1, max: MOST_DIGITS, finishOn: "#*", firstDigitTimeoutMs: 8_000, interDigitTimeoutMs: 5_000 }, signal);
      if (keyed.reason === "ended") return "gone";
      if (keyed.finishedBy === "*") return "declined";
      number = callable(keyed.digits);
      if (number === undefined) {
        if (keyed.digits !== "") await say(session, deps, "wrong", {}, signal);
        words = "number";
        continue;
      }
      words = "check";
    }
    const answer = await ask(session, deps, words, { number }, { min: 1, max: 1, firstDigitTimeoutMs: 6_000 }, signal);
    if (answer.reason === "ended") return "gone";
    if (answer.digits === "1") return { number };
    if (answer.digits === "*") return "declined";
    if (answer.digits !== "2") continue;
    number = undefined;
    words = "number";
  }
  return "declined";
}

/** Whether a person is there who wants the call: a machine presses no key. */
export async function askToAccept(session: CallSession, deps: SpokenDeps, waitMs: number, signal: AbortSignal): Promise<"accepted" | "not-needed" | "nobody"> {
  for (let tries = 0; tries < 2; tries++) {
    const answer = await ask(session, deps, "accept", {}, { min: 1, max: 1, firstDigitTimeoutMs: waitMs, flush: tries === 0 }, signal);
    if (answer.reason === "ended") return "nobody";
    if (answer.digits === "1") return "accepted";
    if (answer.digits === "2") return "not-needed";
  }
  return "nobody";
}

/** Resolves when said. */
export async function say(session: CallSession, deps: SpokenDeps, words: CallbackPrompt, values: PromptValues, signal: AbortSignal): Promise<void> {
  const sources = await sourcesOf(session, deps, words, values);
  if (session.signal.aborted || signal.aborted || sources.length === 0) return;
  const playback = session.call.play(sources);
  const stop = (): void => playback.stop();
  signal.addEventListener("abort", stop, { once: true });
  await playback.done;
  signal.removeEventListener("abort", stop);
}

async function ask(session: CallSession, deps: SpokenDeps, words: CallbackPrompt, values: PromptValues, options: CollectOptions, signal: AbortSignal): Promise<Collected> {
  const sources = await sourcesOf(session, deps, words, values);
  if (session.signal.aborted || signal.aborted) return { digits: "", reason: "ended" };
  const after = sources.length === 0 ? undefined : session.call.play(sources, { bargeIn: true });
  try {
    return await session.call.collect({ ...options, signal, ...(after === undefined ? {} : { after }) });
  } catch (error) {
    if (session.signal.aborted) return { digits: "", reason: "ended" };
    throw error;
  } finally {
    after?.stop();
  }
}

function sourcesOf(session: CallSession, { words: own, resolve }: SpokenDeps, words: CallbackPrompt, values: PromptValues): Promise<readonly AudioSource[]> {
  return resolve(withValues(own[words] ?? callbackPrompt(words, session.language), values), session);
}
