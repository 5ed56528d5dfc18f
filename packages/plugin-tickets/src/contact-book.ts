import type { Secrets } from "@hotlinejs/core";
import type { NewTicket, TicketKind } from "./contract.js";
import { normaliseNumber } from "./domain/contact-number.js";
import type { TicketRow } from "./entities/ticket.entity.js";

export interface Contact {
  readonly name: string | null;
  readonly number: string | null;
  readonly email: string | null;
}

export type ContactColumns = Pick<TicketRow, "contactName" | "contactNumber" | "contactEmail" | "contactSealed" | "contactIndex">;

/** How the citizen of a ticket is kept: plain at the level `normal`, encrypted above, not at all when anonymous. */
export class ContactBook {
  constructor(private readonly secrets: Pick<Secrets, "seal" | "open" | "blindIndex">) {}

  of(row: Pick<TicketRow, "contactName" | "contactNumber" | "contactEmail" | "contactSealed">): Contact {
    if (row.contactSealed === null || row.contactSealed === undefined) return { name: row.contactName ?? null, number: row.contactNumber ?? null, email: row.contactEmail ?? null };
    const { name = null, number = null, email = null } = JSON.parse(this.secrets.open(row.contactSealed)) as Partial<Contact>;
    return { name, number, email };
  }

  given(input: Pick<NewTicket, "anonymous" | "contactName" | "contactNumber" | "contactEmail">): Contact {
    if (input.anonymous === true) return { name: null, number: null, email: null };
    return { name: input.contactName?.trim() || null, number: normaliseNumber(input.contactNumber ?? "") || null, email: normaliseEmail(input.contactEmail ?? "") || null };
  }

  columns(contact: Contact, kind: TicketKind, sealed: boolean): ContactColumns {
    const { name, number, email } = contact;
    // A kind that needs the code is never found by who called.
    const contactIndex = number === null || kind.codeOnly === true ? null : this.indexOf(number);
    if (!sealed) return { contactName: name, contactNumber: number, contactEmail: email, contactSealed: null, contactIndex };
    return { contactName: null, contactNumber: null, contactEmail: null, contactSealed: name === null && number === null && email === null ? null : this.secrets.seal(JSON.stringify(contact)), contactIndex };
  }

  /** Under which the tickets of a number are found. */
  indexOf(number: string): string {
    return this.secrets.blindIndex(`contact:${normaliseNumber(number)}`);
  }
}

/** Addresses are compared in lower case: no provider in use tells `A@x.cn` from `a@x.cn`. */
export function normaliseEmail(address: string): string {
  return address.trim().toLowerCase();
}
