import { token } from "../di/token.js";
import type { LiveInteraction } from "./call.js";

export interface NewInteractionRecord {
  /** `chat`, `email`, `fax`, `web`, `sms` ... Voice interactions are opened by the call pipeline alone. */
  readonly channel: string;
  readonly direction: "inbound" | "outbound";
  /** Number, address or session of the citizen. */
  readonly from: string;
  /** What was written to or dialled. */
  readonly to: string;
  readonly via?: { readonly kind: string; readonly key: string };
  /** BCP 47, default `zh-CN`. */
  readonly language?: string;
}

/** An interaction whose owner tells when it begins to be served and when it is over. */
export interface OpenInteraction extends LiveInteraction {
  /** A person (or the machine asked for) has begun to serve it. */
  answered(): void;
  /** Ends it; `interaction.ended` is published with the row. Idempotent. What the process leaves open is closed with `process_restart` at the next start. */
  close(reason: string): void;
}

/** Records of what is not a call: a chat, a mail, a fax without a call. Written by the journal within 20 ms, never awaited. */
export interface Interactions {
  open(record: NewInteractionRecord): OpenInteraction;
  /** One that was opened here and is not closed yet, voice ones included. */
  live(id: string): LiveInteraction | undefined;
  /** One that is over, also of an earlier process: what is still said of it. An id nobody knows changes nothing. Written as the others are, never awaited. */
  past(id: string): Pick<LiveInteraction, "id" | "update" | "event">;
}

export const INTERACTIONS = token<Interactions>("core.interactions");
