import type { AgentCall } from "../../src/contract.js";
import { HELD_LONG_MS } from "../call-facts.js";
import type { Told } from "../said.js";
import type { SoundKind } from "./phone-state.js";

/** So long before its end a wrap-up is ticked. */
const WRAP_UP_LEFT_MS = 10_000;

/** What sounds at a change, if anything: who was asked is there, somebody came into or left a conference, a supervisor is heard. */
export function cueOf(before: AgentCall | null, call: AgentCall | null): SoundKind | undefined {
  if (call === null) return undefined;
  if (call.supervisor !== null && before?.supervisor !== call.supervisor) return "waiting";
  if (before === null || before.interactionId !== call.interactionId) return undefined;
  if (before.state === call.state) return call.state === "conference" && before.members.length !== call.members.length ? "tick" : undefined;
  if (before.state === "consult-ringing" && call.state === "consulting") return "tick";
  if (call.state === "conference" && before.state !== "reconnecting") return "tick";
  return before.state === "conference" && call.state !== "reconnecting" ? "tick" : undefined;
}

/** The first moment after `after` at which a tick is due: each minute of a hold, and shortly before the end of a wrap-up. Epoch ms by the server's clock. */
export function nextTick({ call, wrapUpUntil }: Told, after: number): number | undefined {
  if (call?.state === "held") return call.since + (Math.floor(Math.max(0, after - call.since) / HELD_LONG_MS) + 1) * HELD_LONG_MS;
  if (call !== null || wrapUpUntil === null) return undefined;
  const at = wrapUpUntil - WRAP_UP_LEFT_MS;
  return at > after ? at : undefined;
}

/** Plays what a call and a wrap-up ask for, told of each change. */
export class SoundCues {
  readonly #play: (kind: SoundKind) => void;
  readonly #now: () => number;
  #told: Told = { call: null, wrapUpUntil: null };
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param now epoch ms by the server's clock */
  constructor(play: (kind: SoundKind) => void, now: () => number) {
    this.#play = play;
    this.#now = now;
  }

  follow(told: Told): void {
    const cue = cueOf(this.#told.call, told.call);
    this.#told = told;
    if (cue !== undefined) this.#play(cue);
    this.#wait(this.#now());
  }

  close(): void {
    clearTimeout(this.#timer);
  }

  #wait(after: number): void {
    clearTimeout(this.#timer);
    const at = nextTick(this.#told, after);
    if (at === undefined) return;
    this.#timer = setTimeout(
      () => {
        this.#play("tick");
        // A timer may fire a moment early: the same tick is not played twice. After a sleep those missed are not made up for.
        this.#wait(Math.max(at, this.#now()));
      },
      Math.max(0, at - this.#now()),
    );
  }
}
