import type { TicketPrincipal } from "./contract.js";
import type { Confidentiality } from "./contract.js";

export const READ = "tickets.read";
/** See tickets of all departments, and those nobody handles yet. */
export const ALL = "tickets.all";
/** See names and numbers of citizens in full. */
export const PERSONAL = "tickets.personal";
/** See who is behind confidential tickets, and secret tickets at all. */
export const CONFIDENTIAL = "tickets.confidential";

interface Scoped {
  readonly confidentiality: Confidentiality;
  readonly handlingDepartment?: string | null | undefined;
}

/** Department whose tickets alone this person sees; `undefined`: all. An empty one: none. */
export function ownDepartmentOnly(principal: TicketPrincipal | undefined): string | undefined {
  return principal?.permissions.has(ALL) === true ? undefined : (principal?.departmentCode ?? "");
}

/** Whether the ticket exists for this person. */
export function mayFind(ticket: Scoped, principal: TicketPrincipal | undefined): boolean {
  const own = ownDepartmentOnly(principal);
  if (own !== undefined && (own === "" || own !== ticket.handlingDepartment)) return false;
  return ticket.confidentiality !== "secret" || principal?.permissions.has(CONFIDENTIAL) === true;
}

/** The permission that is wanting to work on a confidential ticket. */
export function confidentialOnly(ticket: Scoped, principal: TicketPrincipal | undefined): string | undefined {
  return ticket.confidentiality === "normal" || principal?.permissions.has(CONFIDENTIAL) === true ? undefined : CONFIDENTIAL;
}
