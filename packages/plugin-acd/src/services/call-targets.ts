import type { Audit, CallPipeline } from "@hotlinejs/core";
import type { AgentSnapshot, EmergencyContact } from "../contract.js";
import { targetDigits } from "../domain/call-target.js";
import { acdErrors } from "../errors.js";
import type { Target } from "./talk-parts.js";

export interface CallTargetsDeps {
  readonly pipeline: Pick<CallPipeline, "adapters">;
  readonly audit: () => Pick<Audit, "record">;
  readonly emergencyContacts: readonly EmergencyContact[];
  readonly agent: (number: string) => Pick<AgentSnapshot, "address" | "name"> | undefined;
}

/** Before the key of an emergency contact, where a number is asked for. */
const EMERGENCY = "emergency:";

/** What agents dial, and whom it means. */
export class CallTargets {
  readonly #deps: CallTargetsDeps;

  constructor(deps: CallTargetsDeps) {
    this.#deps = deps;
  }

  /** An emergency contact is in the audit before it is rung. @throws HTL_ACD_UNKNOWN_EMERGENCY */
  async note(agent: string, to: string, actor: string): Promise<void> {
    const contact = this.#emergency(to);
    if (contact !== undefined) await this.#deps.audit().record({ actor, action: "acd.emergency-called", subject: { type: "acd.agent", id: agent }, details: { contact: contact.key, name: contact.name } });
  }

  /** An agent's number, an extension somebody is registered at, or a telephone number. @throws HTL_ACD_UNKNOWN_EMERGENCY, HTL_ACD_TARGET_UNKNOWN, HTL_ACD_TARGET_SELF */
  find(agent: string, to: string): Target {
    const contact = this.#emergency(to);
    const digits = targetDigits(contact?.number ?? to);
    if (digits === undefined) throw acdErrors.TARGET_UNKNOWN(to.slice(0, 40));
    if (digits === agent) throw acdErrors.TARGET_SELF();
    const colleague = this.#deps.agent(digits);
    if (colleague !== undefined) return { address: colleague.address, number: digits, name: colleague.name, role: "agent" };
    const extension = `sip:${digits}`;
    const known = this.#deps.pipeline.adapters.some((adapter) => adapter.schemes.includes("sip") && adapter.reachable(extension) === true);
    return { address: known ? extension : `tel:${digits}`, number: digits, name: contact?.name ?? null, role: "department" };
  }

  #emergency(to: string): EmergencyContact | undefined {
    if (!to.startsWith(EMERGENCY)) return undefined;
    const contact = this.#deps.emergencyContacts.find(({ key }) => key === to.slice(EMERGENCY.length));
    if (contact === undefined) throw acdErrors.UNKNOWN_EMERGENCY(to.slice(EMERGENCY.length, 60));
    return contact;
  }
}
