import type { Principal } from "@hotlinejs/core";
import type { TicketView } from "../contract.js";
import { maskEmail, maskName, maskNumber } from "../domain/contact-number.js";
import type { Refusal, TicketWorkflow } from "../domain/ticket-workflow.js";
import type { WorkflowField } from "../domain/workflow.js";
import { CONFIDENTIAL, confidentialOnly, PERSONAL } from "../ticket-scope.js";

/** Something that can be done with a ticket, or why this person cannot. */
export interface TicketAction {
  readonly id: string;
  readonly name: string;
  readonly to: string;
  readonly toName: string;
  readonly needs: readonly (WorkflowField & { readonly required: boolean })[];
  readonly allowed: boolean;
  /** Shown to people, in Chinese. `null` when allowed. */
  readonly why: string | null;
}

export function may(principal: Principal | undefined, permission: string): boolean {
  return principal?.permissions.has(permission) === true;
}

/** What this person may see of it. */
export function shown(view: TicketView, principal: Principal | undefined): TicketView {
  if (view.confidentiality !== "normal" && !may(principal, CONFIDENTIAL)) {
    return { ...view, contactName: null, contactNumber: null, contactEmail: null, summary: null, content: null, answer: null, interactionId: null, recordings: [], files: [] };
  }
  if (may(principal, PERSONAL)) return view;
  const { contactName, contactNumber, contactEmail } = view;
  return {
    ...view,
    contactName: contactName === null ? null : maskName(contactName),
    contactNumber: contactNumber === null ? null : maskNumber(contactNumber),
    contactEmail: contactEmail === null ? null : maskEmail(contactEmail),
  };
}

/** Every transition from where it is; those not allowed say why. */
export function actionsOf(view: TicketView, done: ReadonlySet<string>, workflow: TicketWorkflow, principal: Principal | undefined): readonly TicketAction[] {
  const confidential = confidentialOnly(view, principal);
  return workflow.actions(view.status).map((transition) => {
    const refusal = principal === undefined ? undefined : workflow.refusal(transition, { status: view.status, handlingDepartment: view.handlingDepartment, done }, principal);
    const why = confidential !== undefined ? `保密工单，需要权限 ${confidential}` : refusal === undefined ? null : reasonOf(transition.name, refusal);
    const needs = (transition.needs ?? []).map((field) => ({ ...field, required: field.required !== false }));
    return { id: transition.id, name: transition.name, to: transition.to, toName: workflow.state(transition.to).name, needs, allowed: why === null, why };
  });
}

function reasonOf(name: string, refusal: Refusal): string {
  if (refusal.kind === "permission") return `没有“${name}”的权限（${refusal.permission}）`;
  return refusal.kind === "department" ? `只有承办单位（${refusal.department}）可以${name}` : `${name}只能一次，已经办理过`;
}
