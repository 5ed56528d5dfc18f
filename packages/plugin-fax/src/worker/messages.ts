import type { FaxPage, FaxResult } from "../domain/t30/machine.js";
import type { OutgoingPage } from "../domain/t30/sender.js";
import type { UdptlCounts } from "../domain/t38/udptl-receiver.js";

interface Agreed {
  /** `T38FaxVersion`. */
  readonly version: number;
  readonly redundancy: number;
  readonly maxDatagram: number;
  /** CSI or TSI of ours. */
  readonly localId: string;
}

export type TerminalSession =
  | (Agreed & { readonly role: "receive"; readonly cedMs?: number })
  | (Agreed & { readonly role: "send"; readonly pages: readonly OutgoingPage[]; readonly cng?: boolean; readonly maxBitsPerSecond?: number });

/** Main thread to terminal. */
export type ToTerminal = { readonly type: "begin"; readonly session: TerminalSession } | { readonly type: "stop"; /** `gone`: the call has ended. */ readonly cause: "gone" | "stopped" };

/** Terminal to main thread. */
export type FromTerminal =
  | { readonly type: "page"; readonly page: FaxPage }
  | { readonly type: "trace"; readonly text: string }
  | { readonly type: "done"; readonly result: FaxResult; readonly counts: UdptlCounts };
