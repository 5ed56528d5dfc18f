import type { BoardDriver } from "../board/board-driver.js";
import { voiceboardErrors } from "../errors.js";
import type { RingCadence } from "./line-messages.js";
import type { OutsideParty } from "./outside-party.js";
import { VirtualChannel } from "./virtual-channel.js";
import type { DialledOutcome } from "./virtual-channel.js";

export interface VirtualBoardOptions {
  /** How many lines; keys "1" to "n". */
  readonly lines: number;
  /** What citizens dial. Default `12333`. */
  readonly number?: string;
  /** Default 1 s on, 4 s off. */
  readonly cadence?: RingCadence;
  /** The exchange reverses the polarity when a dialled party answers. Default false. */
  readonly polarity?: boolean;
  /** Pause after which a dialled number is complete, ms. Default 1500. */
  readonly interDigitMs?: number;
  /** What becomes of a number the hotline dials. Default: it rings and nobody answers. */
  readonly dialled?: (number: string, line: string) => DialledOutcome | Promise<DialledOutcome>;
}

/** A board without hardware. Its lines carry real sound; who calls, answers and speaks at their far ends is up to a program. */
export class VirtualBoard implements BoardDriver {
  readonly name = "virtual";
  readonly channels: readonly VirtualChannel[];
  /** Told when somebody has picked up a call the hotline dialled. */
  onPickedUp: (party: OutsideParty) => void = () => undefined;

  constructor(options: VirtualBoardOptions) {
    const { number = "12333", cadence = { onMs: 1_000, offMs: 4_000 }, polarity = false, interDigitMs = 1_500, dialled = () => ({ kind: "no-answer" as const }) } = options;
    this.channels = Array.from({ length: options.lines }, (_, i) => new VirtualChannel({ key: String(i + 1), number, cadence, polarity, interDigitMs, dialled, pickedUp: (party) => this.onPickedUp(party) }));
  }

  /** @throws HTL_VOICEBOARD_UNKNOWN_LINE */
  line(key: string): VirtualChannel {
    const found = this.channels.find((channel) => channel.key === key);
    if (found === undefined) throw voiceboardErrors.UNKNOWN_LINE(key);
    return found;
  }

  async open(): Promise<void> {
    for (const channel of this.channels) channel.open();
  }

  async close(): Promise<void> {
    for (const channel of this.channels) channel.close();
  }
}
