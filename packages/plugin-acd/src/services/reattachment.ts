import type { CallControl, CallEnd, CallSession, Clock, Logger, OutboundCall } from "@hotlinejs/core";
import { citizenParty, errorText } from "@hotlinejs/core";
import type { AgentCallState } from "../contract.js";
import { rejectCause } from "../domain/reject-cause.js";

/** How long the caller is kept for an agent whose phone has broken off. */
const REATTACH_MS = 30_000;

/** In these the caller, or who was asked, waits for the agent's phone to come back. */
export const AWAITED: ReadonlySet<AgentCallState> = new Set<AgentCallState>(["talking", "held", "consult-ringing", "consulting", "conference", "in-flow"]);

export interface ReattachmentDeps {
  readonly control: CallControl;
  readonly log: Logger;
  readonly address: string;
  readonly reachable: () => boolean;
  /** Resolves with the next phone that registers for the agent. */
  readonly arrival: () => Promise<void>;
  /** 工号 of the colleague who asks this agent about the caller; without, the caller is this agent's. */
  readonly asking?: string;
}

/** Whether a leg broke off instead of being hung up: silent, its keys lost, its connection gone. Where we end it for that, it is still the phone that broke off. */
export function brokeOff({ reason }: CallEnd): boolean {
  return reason === "media-timeout" || reason === "failed" || reason === "unreachable";
}

/** The time a phone is waited for: it ends when the caller goes, too, and may be ended from outside. `done` when nobody waits any more. */
export function awaitPhone(clock: Pick<Clock, "now" | "setTimeout">, caller: AbortSignal): { readonly controller: AbortController; /** Epoch ms. */ readonly until: number; done(): void } {
  const controller = new AbortController();
  const gone = (): void => controller.abort(new Error("the caller has gone"));
  caller.addEventListener("abort", gone, { once: true });
  const timer = clock.setTimeout(() => controller.abort(new Error("the agent's phone did not come back")), REATTACH_MS);
  const done = (): void => {
    timer.cancel();
    caller.removeEventListener("abort", gone);
  };
  return { controller, until: clock.now() + REATTACH_MS, done };
}

/**
 * Rings the agent's phones until one is answered: at once where another is registered, and again with each one that registers
 * (a page that was loaded anew). Browsers and phones that know RFC 5373 answer by themselves. `undefined`: the agent declined, or
 * `signal` said enough. Never rejects.
 */
export async function reattach(agent: string, session: CallSession, signal: AbortSignal, deps: ReattachmentDeps): Promise<OutboundCall | undefined> {
  const enough = new Promise<void>((resolve) => (signal.aborted ? resolve() : signal.addEventListener("abort", () => resolve(), { once: true })));
  while (!signal.aborted) {
    // Asked for before the look, so that nobody comes unseen in between.
    const arrival = deps.arrival();
    if (deps.reachable()) {
      const outcome = await ring(agent, session, signal, arrival, deps);
      if (outcome === "declined") return undefined;
      if (typeof outcome === "object") return outcome;
      if (outcome === "another") continue;
    }
    await Promise.race([arrival, enough]);
  }
  return undefined;
}

async function ring(agent: string, session: CallSession, signal: AbortSignal, arrival: Promise<void>, { control, log, address, asking }: ReattachmentDeps): Promise<OutboundCall | "declined" | "another" | "failed"> {
  const { call, interaction } = session;
  let leg: OutboundCall;
  try {
    leg = await control.originate({ to: address, interactionId: interaction.id, purpose: asking === undefined ? "agent" : "consult", role: "agent", actor: "plugin:acd", from: asking === undefined ? citizenParty(call) : { number: asking }, near: call.media, headers: { "Answer-Mode": "Auto" }, timeoutMs: REATTACH_MS, signal });
  } catch (error) {
    if (!signal.aborted) log.warn({ agent, interactionId: interaction.id, error: errorText(error) }, "an agent's phone that came back cannot be rung");
    return "failed";
  }
  const outcome = await Promise.race([leg.answered, arrival.then(() => "another" as const)]);
  if (outcome === true && !signal.aborted) return leg;
  if (outcome !== false) {
    await leg.hangup({ reason: "cancelled" });
    return outcome === "another" ? "another" : "failed";
  }
  const end = await leg.ended;
  return rejectCause(end.reason, end.status) === "declined" ? "declined" : "failed";
}
