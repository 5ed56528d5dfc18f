import type { Call, MediaEngine, OutboundCall, TelephonyAdapter } from "@hotlinejs/core";

/** Somebody at the other end of a call, with a telephone of the adapter's kind. */
export interface FarEnd {
  /** Presses keys the way this kind of telephone does. Resolves when they are sent. */
  press(keys: string): Promise<void>;
  /** Lets a sine of -12 dBm0 be heard. Resolves when it has been. */
  say(hz: number, ms: number): Promise<void>;
  /** Hangs up, or gives up ringing. */
  hangup(): void;
  /** Resolves when the hotline's side has ended the call for this end, or this end has. */
  readonly ended: Promise<unknown>;
  /** What the hotline let this end hear so far: A-law, 8 octets per millisecond. */
  heard(): Promise<Uint8Array>;
  /** Keys the hotline has sent. */
  keys(): string;
}

/** An adapter with a world around it, started: real media, real time. One serves a whole suite. */
export interface TelephonyHarness {
  readonly adapter: TelephonyAdapter;
  readonly media: MediaEngine;
  /** Somebody with this number calls the hotline. Resolves when the adapter has handed the call to its pipeline. */
  dialIn(number: string): Promise<{ readonly call: Call; readonly caller: FarEnd }>;
  readonly addresses: {
    /** Rings, picks up within a few seconds and says something. */
    readonly answers: string;
    readonly busy: string;
    /** Rings for ever. */
    readonly rings: string;
    /** The adapter must refuse it. */
    readonly nonsense: string;
  };
  /** Who picked up this call. */
  answeredBy(call: OutboundCall): Promise<FarEnd>;
  /** Time within which a call to `rings` has begun to ring, ms. */
  readonly ringsWithinMs: number;
  /** Live calls the adapter knows of. */
  calls(): number;
  stop(): Promise<void>;
}
