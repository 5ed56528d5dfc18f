import type { Audit, AudioSource, CallControl, CallPipeline, CallSession, Clock, EventMap, EventName, FlowVisits, Ids, Logger } from "@hotlinejs/core";
import type { AgentSnapshot, EmergencyContact, Occupation } from "../contract.js";
import type { Announcements } from "./announcements.js";
import type { CallPickupDeps } from "./call-pickup.js";
import type { ScreenHandoversDeps } from "./screen-handovers.js";

/** What the agents' telephones are given. */
export interface AgentDeskDeps {
  readonly control: CallControl;
  readonly pipeline: CallPipeline;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly log: Logger;
  /** Music for who is held. */
  readonly music: () => Promise<readonly AudioSource[]>;
  readonly agent: (number: string) => AgentSnapshot | undefined;
  /** Takes the agent out of the queues for a call that none of them gave, `beside` another one, too; `undefined`: not possible now. */
  readonly occupy: (agent: string, interactionId: string, options?: { readonly signedOut?: boolean; readonly beside?: boolean }) => Occupation | undefined;
  /** 工号 of the agent with this phone. */
  readonly agentAt: (address: string) => string | undefined;
  /** A call no queue gave, for which the agent is taken, is another interaction's now. */
  readonly movedTo: (agent: string, interactionId: string) => void;
  /** The agent has this call on the phone, or is rung for it. `queue`: key of the one that gave it. */
  readonly talks: (agent: string, session: CallSession, queue: string | null) => void;
  readonly audit: () => Audit;
  readonly emergencyContacts: readonly EmergencyContact[];
  readonly pickup: Pick<CallPickupDeps, "code" | "hasGroups" | "take">;
  readonly announcements: Announcements;
  /** Most people in a conference. */
  readonly conferenceMost: number;
  /** `undefined`: there are no flows here. */
  readonly flows: () => FlowVisits | undefined;
  /** How the caller goes on into another queue once the talk is over; `undefined`: no queue gave this call. @throws HTL_ACD_UNKNOWN_QUEUE */
  readonly redirect: (interactionId: string, queue: string) => (() => void) | undefined;
  readonly publish: <N extends EventName>(name: N, payload: EventMap[N]) => void;
  /** What the agents' screens are told of a caller who goes from one to the other. */
  readonly screens: Pick<ScreenHandoversDeps, "passed" | "arrived">;
}
