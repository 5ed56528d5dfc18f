import type { Clock } from "@hotlinejs/core";
import { milliseconds, type Duration } from "./duration.js";
import { testingErrors } from "./errors.js";
import type { FakeCall } from "./fake-call.js";
import { FakeCaller } from "./fake-caller.js";

/** What happens when a number is dialled. */
export interface DialScript {
  /** Rings so long first. Default: at once. */
  readonly rings?: Duration;
  /**
   * `rings-on`: until the test answers, or the hotline gives up (`no-answer`). `answers`, `busy` (486), `declines` (603),
   * `unreachable` (480). `fails` (503): the fault is the trunk's, the next trunk that carries the number is tried.
   */
  readonly then: "rings-on" | "answers" | "busy" | "declines" | "unreachable" | "fails";
  /** Hangs up so long after the answer. Default: the test or the hotline does. */
  readonly talks?: Duration;
}

export interface FakeTrunkOptions {
  readonly key: string;
  /** Numbers it carries. Default all. */
  readonly carries?: RegExp;
  /** Calls out at the same time. Default any number; what is more goes to the next trunk. */
  readonly channels?: number;
}

/** One try over this trunk. */
export interface DialAttempt {
  readonly number: string;
  readonly at: number;
  readonly call: FakeCall;
  /** Undefined while it rings; `refused`: the trunk was down or full. */
  outcome: "answered" | "busy" | "declined" | "unreachable" | "failed" | "refused" | "no-answer" | "cancelled" | undefined;
}

interface TrunkDeps {
  readonly clock: Clock;
  readonly advance: (ms: number) => Promise<void>;
}

/** A way out into the telephone network, and the people at its far end. Trunks are tried in the order in which the test made them. */
export class FakeTrunk {
  readonly key: string;
  /** A trunk that is down takes no call. */
  down = false;
  /** Every try, oldest first. */
  readonly attempts: DialAttempt[] = [];
  readonly #options: FakeTrunkOptions;
  readonly #deps: TrunkDeps;
  readonly #scripts: { readonly number: string | RegExp; readonly left: DialScript[] }[] = [];
  #otherwise: DialScript = { then: "rings-on" };

  constructor(options: FakeTrunkOptions, deps: TrunkDeps) {
    this.key = options.key;
    this.#options = options;
    this.#deps = deps;
  }

  /** What happens at this number, try by try; the last goes for all further tries. */
  when(number: string | RegExp, ...scripts: readonly [DialScript, ...DialScript[]]): this {
    this.#scripts.push({ number, left: [...scripts] });
    return this;
  }

  /** What happens at numbers without a script. Default: they ring on. */
  otherwise(script: DialScript): this {
    this.#otherwise = script;
    return this;
  }

  /** Calls over this trunk that are not over. */
  get active(): number {
    return this.attempts.filter(({ call, outcome }) => call.state !== "ended" && outcome !== "refused" && outcome !== "failed").length;
  }

  carries(number: string): boolean {
    return this.#options.carries?.test(number) ?? true;
  }

  /**
   * Who is at the far end of the last call to this number, ringing or talking.
   *
   * @throws HTL_TESTING_NO_CALL
   */
  called(number: string): FakeCaller {
    const found = this.attempts.findLast((each) => each.number === number && each.call.state !== "ended");
    if (found === undefined) throw testingErrors.NO_CALL(number, this.key, this.attempts.map((each) => `${each.number} ${each.outcome ?? "rings"}`).join(", ") || "nothing");
    return new FakeCaller(found.call, this.#deps.advance);
  }

  /** Dials out. `next` tries the trunk after this one. */
  dial(call: FakeCall, number: string, next: (() => void) | undefined): void {
    const { clock } = this.#deps;
    const attempt: DialAttempt = { number, at: clock.now(), call, outcome: undefined };
    const full = this.active >= (this.#options.channels ?? Infinity);
    this.attempts.push(attempt);
    if (this.down || full) {
      attempt.outcome = "refused";
      if (next === undefined) call.finish("failed", "remote", 503);
      else next();
      return;
    }
    call.via = { kind: "trunk", key: this.key };
    void call.ended.then(({ reason }) => {
      attempt.outcome ??= reason === "cancelled" ? "cancelled" : "no-answer";
    });
    void call.answered.then((answered) => {
      if (answered) attempt.outcome ??= "answered";
    });
    const script = this.#scriptFor(number);
    void call.ring();
    if (script.then === "rings-on") return;
    const timer = clock.setTimeout(() => this.#decide(attempt, script, next), milliseconds(script.rings ?? 0));
    void call.ended.then(() => timer.cancel());
  }

  #scriptFor(number: string): DialScript {
    const found = this.#scripts.find((each) => (typeof each.number === "string" ? each.number === number : each.number.test(number)));
    if (found === undefined) return this.#otherwise;
    const [first] = found.left;
    if (found.left.length > 1) found.left.shift();
    return first ?? this.#otherwise;
  }

  #decide(attempt: DialAttempt, script: DialScript, next: (() => void) | undefined): void {
    const { call } = attempt;
    if (call.state === "ended" || call.state === "answered") return;
    switch (script.then) {
      case "answers": {
        void call.answer();
        if (script.talks === undefined) return;
        const timer = this.#deps.clock.setTimeout(() => call.finish("remote-hangup", "remote"), milliseconds(script.talks));
        void call.ended.then(() => timer.cancel());
        return;
      }
      case "busy":
        attempt.outcome = "busy";
        call.finish("busy", "remote", 486);
        return;
      case "declines":
        attempt.outcome = "declined";
        call.finish("declined", "remote", 603);
        return;
      case "unreachable":
        attempt.outcome = "unreachable";
        call.finish("unreachable", "remote", 480);
        return;
      case "fails":
        attempt.outcome = "failed";
        if (next === undefined) call.finish("failed", "remote", 503);
        else next();
        return;
      case "rings-on":
    }
  }
}
