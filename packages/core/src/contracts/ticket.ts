import { token } from "../di/token.js";
import type { Uow } from "./data.js";

/** A ticket about to move. Creation is a transition from null. */
export interface TicketTransition {
  readonly ticketId: string;
  readonly serial: string | null;
  readonly kind: string;
  readonly from: string | null;
  readonly to: string;
  readonly action: string;
  /** User id, `citizen`, `system`. */
  readonly actor: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** Writes along with the transition, in its transaction. No I/O inside. */
  within(fn: (uow: Uow) => Promise<void>): void;
}

/** The ticket stays where it is. */
export interface Veto {
  readonly veto: true;
  readonly code: string;
  /** Shown to the person who tried. */
  readonly message: string;
}

/** Runs the hook `ticketTransition`; a tap that fails vetoes. Provided by the kernel. */
export interface TicketGate {
  ask(transition: TicketTransition): Promise<Veto | undefined>;
}

export const TICKET_GATE = token<TicketGate>("core.ticket-gate");
