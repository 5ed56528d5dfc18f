import { CALL_PIPELINE, coreErrors, isHotlineError, PROMPTS } from "@hotlinejs/core";
import type { CallHandler, CallSession, Logger, PromptRef, Services } from "@hotlinejs/core";
import { ACD } from "../contract.js";
import { defaultPrompt } from "../domain/queue-prompts.js";

/** Carries out routes to a queue without a flow: waits, talks, says a word of regret where nobody came. The pipeline hangs up. */
export function queueHandler(services: Services, log: Logger): CallHandler {
  return async (session, plan) => {
    const result = await services.get(ACD).serve(session, { queue: plan.target, priority: plan.priority, signal: session.signal });
    if (result.callerGone || result.outcome === "answered" || result.outcome === "abandoned") return;
    const name = result.outcome === "full" || result.outcome === "diverted" ? "full" : result.outcome === "timeout" ? "timeout" : result.outcome === "closed" ? "closed" : "noAgents";
    await say(services, session, defaultPrompt(name, session.language), log);
  };
}

export function registerQueueHandler(services: Services, log: Logger): void {
  services.get(CALL_PIPELINE).handler("queue", queueHandler(services, log));
}

async function say(services: Services, session: CallSession, ref: PromptRef, log: Logger): Promise<void> {
  try {
    const sources = (await services.optional(PROMPTS)?.resolve(ref, { language: session.language, signal: session.signal })) ?? [{ kind: "tone" as const, tone: "busy" as const, durationMs: 3000 }];
    if (!session.signal.aborted) await session.call.play(sources).done;
  } catch (error) {
    // Who has hung up meanwhile wants no regret.
    if (session.signal.aborted || isHotlineError(error, coreErrors.CALL_ENDED.code)) return;
    log.warn({ err: error, interactionId: session.interaction.id }, "the regret cannot be said and is left out");
  }
}
