import type { LineLeg, LinePartRef } from "@hotlinejs/core";

/**
 * A line as the board knows it. A ring that is not followed by another leaves the line `ringing` until `onHook`.
 * ```
 * idle --ring--> ringing --offHook()--> off-hook --onHook()--> idle
 *  \                \____________________onHook()______________^
 *   \--offHook()--> off-hook          any --fault--> out-of-service --repaired--> idle
 * ```
 */
export type ChannelState = "idle" | "ringing" | "off-hook" | "out-of-service";

export interface ChannelCapabilities {
  /** Calls can be dialled out on it. */
  readonly outgoing: boolean;
  /** The exchange sends the caller's number; the hotline then waits for it between the first two rings. */
  readonly callerId: boolean;
  /** The exchange reverses the polarity of the line when the far end answers, and back when it hangs up. */
  readonly polarity: boolean;
}

export type ChannelEvent =
  /** The ringing voltage (25 Hz, 1 s on and 4 s off in China) came on or went off. */
  | { readonly type: "ring"; readonly on: boolean }
  /** Empty when the caller withheld it. */
  | { readonly type: "caller-id"; readonly number: string }
  | { readonly type: "polarity"; readonly reversed: boolean }
  /** The exchange has cleared the call by taking the current off the line. */
  | { readonly type: "cleared" }
  | { readonly type: "state"; readonly state: ChannelState };

/** One line of a board (an analogue trunk line, FXO): signalling here, sound in a media worker. */
export interface BoardChannel {
  /** Unique among all lines of the hotline: digits, letters and dashes. */
  readonly key: string;
  /** What citizens dial to reach it. */
  readonly number: string;
  readonly capabilities: ChannelCapabilities;
  readonly state: ChannelState;
  /** What carries the sound of the call that rings, or, on an idle line, of one that is about to be dialled. */
  part(): LinePartRef;
  /** The leg around `part()` is there: from now on the two can send messages. */
  attach(leg: LineLeg): void;
  /** Takes the line: answers, or asks for dial tone. Rejects when the line is not there. */
  offHook(): Promise<void>;
  /** Lets the line go: hangs up, or forgets a call that rang. Idempotent, never throws. */
  onHook(): void;
  subscribe(listener: (event: ChannelEvent) => void): () => void;
}

/** What the maker of a board implements. Sound never passes here: see `LinePart` of @hotlinejs/core. */
export interface BoardDriver {
  readonly name: string;
  readonly channels: readonly BoardChannel[];
  open(): Promise<void>;
  /** Lets go of the hardware. No call is on it any more. */
  close(): Promise<void>;
}
