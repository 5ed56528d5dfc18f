import { errorText } from "@hotlinejs/core";
import type { OutboundCall, ProgressTone, Timer } from "@hotlinejs/core";
import type { Seizure } from "../board/seizure.js";
import { callEnded } from "../errors.js";
import { LineCall } from "./line-call.js";
import type { LineCallEnvironment, LineCallIdentity } from "./line-call.js";

export interface LineDialPlan {
  /** Keys to be sent once there is dial tone. */
  readonly digits: string;
  readonly dialToneWaitMs: number;
  readonly timeoutMs: number;
  readonly signal: AbortSignal | undefined;
  /** Makes the leg and takes the line. */
  seize(): Promise<Seizure>;
}

/** Ring-back comes every 5 s and is told at the end of each burst. When the next is missing, somebody has picked up and says nothing. */
const RINGBACK_MISSED_MS = 6_500;

/** Q.850: what the exchange could have said with more than a tone. */
const CAUSE = { busy: 17, noAnswer: 19, congestion: 34, outOfOrder: 27 } as const;

/**
 * A call dialled out on a line. An analogue line does not say that the far end has answered, unless it
 * reverses its polarity: a voice, or ring-back that is missing, is taken for it.
 * ```
 * off-hook --dial tone--> keys --ring-back--> ringing --voice | silence | polarity--> answered
 * ```
 */
export class OutboundLineCall extends LineCall implements OutboundCall {
  readonly answered: Promise<boolean>;
  readonly #plan: LineDialPlan;
  #settleAnswered: (answered: boolean) => void = () => undefined;
  #giveUp: Timer | undefined;
  #ringback: Timer | undefined;
  #dialTone: (() => void) | undefined;
  #dialled = false;

  constructor(environment: LineCallEnvironment, identity: LineCallIdentity, plan: LineDialPlan) {
    super(environment, identity);
    this.#plan = plan;
    this.answered = new Promise((resolve) => (this.#settleAnswered = resolve));
    const abort = (): void => void this.hangup({ reason: "cancelled" });
    plan.signal?.addEventListener("abort", abort, { once: true });
    void this.ended.then(() => plan.signal?.removeEventListener("abort", abort));
  }

  /** Dials. Never rejects: what goes wrong ends the call. */
  async start(): Promise<void> {
    const { clock, log } = this.environment;
    if (this.#plan.signal?.aborted === true) return this.finish({ reason: "cancelled", by: "local" });
    this.#giveUp = clock.setTimeout(() => this.finish({ reason: "no-answer", by: "local", status: CAUSE.noAnswer }), this.#plan.timeoutMs);
    try {
      const seizure = await this.#plan.seize();
      if (this.over() !== undefined) return void seizure.release();
      this.seize(seizure);
      await seizure.channel.offHook();
      if (!(await this.#waitForDialTone())) return this.finish({ reason: "failed", by: "remote", status: CAUSE.outOfOrder });
      if (this.over() !== undefined) return;
      await seizure.leg.sendDtmf(this.#plan.digits);
      this.#dialled = true;
    } catch (error) {
      if (this.over() !== undefined) return;
      log.warn({ callId: this.id, line: this.via.key, error: errorText(error) }, "an outgoing call could not be dialled");
      this.finish({ reason: "failed", by: "system" });
    }
  }

  async ring(): Promise<void> {
    // An outgoing call rings when the exchange lets it be heard.
  }

  async answer(): Promise<void> {
    if (!(await this.answered)) throw callEnded(this.over() ?? "failed");
  }

  protected override letGo(): void {
    this.#giveUp?.cancel();
    this.#ringback?.cancel();
    this.#dialTone?.();
    this.#settleAnswered(false);
    void this.seizure?.release();
  }

  protected override heardTone(tone: ProgressTone): void {
    if (this.state === "answered") {
      if (tone !== "ringback") this.finish({ reason: "remote-hangup", by: "remote" });
    } else if (!this.#dialled) {
      if (tone === "dial") this.#dialTone?.();
      else if (tone !== "ringback") this.finish({ reason: "failed", by: "remote", status: CAUSE.congestion });
    } else if (tone === "busy") this.finish({ reason: "busy", by: "remote", status: CAUSE.busy });
    else if (tone === "congestion" || tone === "dial") this.finish({ reason: "unreachable", by: "remote", status: CAUSE.congestion });
    else {
      this.enter("ringing");
      this.#ringback?.cancel();
      this.#ringback = this.environment.clock.setTimeout(() => this.#pickedUp(), RINGBACK_MISSED_MS);
    }
  }

  protected override heardVoice(): void {
    if (this.#dialled) this.#pickedUp();
  }

  protected override polarityReversed(reversed: boolean): void {
    if (reversed) this.#pickedUp();
    else if (this.state === "answered") this.finish({ reason: "remote-hangup", by: "remote" });
  }

  #pickedUp(): void {
    if (this.over() !== undefined || this.state === "answered") return;
    this.#giveUp?.cancel();
    this.#ringback?.cancel();
    this.enter("answered");
    this.#settleAnswered(true);
  }

  /** `false`: there was none. */
  #waitForDialTone(): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = this.environment.clock.setTimeout(() => resolve(false), this.#plan.dialToneWaitMs);
      this.#dialTone = () => {
        timer.cancel();
        resolve(true);
      };
    });
  }
}
