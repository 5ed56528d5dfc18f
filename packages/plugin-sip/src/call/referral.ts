import type { Call, CallEvent, Clock, Timer, TransferReport } from "@hotlinejs/core";
import { sipErrors } from "../errors.js";
import type { IncomingRefer, Session } from "../stack/index.js";
import type { CallEnvironment } from "./call-environment.js";
import { referTarget } from "./refer-target.js";

/** The last NOTIFY is waited for so long before the dialog is ended. */
const NOTIFY_WAIT_MS = 2_000;
/** A REFER of ours whose progress is never reported is given up after this. */
const REFER_WAIT_MS = 60_000;

/** What a REFER of the far end needs of its call. */
export interface ReferredCall {
  readonly via: Call["via"];
  readonly environment: Pick<CallEnvironment, "clock" | "callReplaced" | "endedLately">;
  ask(refuse: () => void, event: (once: (fn: () => void) => void) => CallEvent): void;
}

/** A wish of the far end to be transferred (RFC 3515; with Replaces RFC 5589): told to who listens, refused when nobody takes it. */
export function takeReferral(refer: IncomingRefer, call: ReferredCall): void {
  const { environment, via } = call;
  const target = referTarget(refer.target);
  if (target === undefined) return refer.respond({ status: 400, reason: "Bad Refer-To" });
  const { to, replaces } = target;
  const replaced = replaces === undefined ? undefined : environment.callReplaced(replaces.dialog);
  // Only a party of a call can give it away: the same phone must have both.
  if (replaced !== undefined && (replaced.via.kind !== via.kind || replaced.via.key !== via.key)) return refer.respond({ status: 403 });
  // Who was to be joined has just hung up: to ring them anew, naming a dialog that only we know, would make of it a new call. Not 481, which would end the phone's call.
  if (replaces !== undefined && replaced === undefined && environment.endedLately(replaces.dialog)) return refer.respond({ status: 603 });
  call.ask(
    () => refer.respond({ status: 603 }),
    (once) => ({
      type: "transfer-request",
      to,
      ...(replaced === undefined ? {} : { replaces: replaced }),
      ...(replaces === undefined || replaced !== undefined ? {} : { headers: { Replaces: replaces.value } }),
      accept: () => {
        once(() => refer.accept());
        return reportOf(refer, environment.clock);
      },
      reject: (status = 603) => once(() => refer.respond({ status })),
    }),
  );
}

/** NOTIFYs to who asked for the transfer. */
function reportOf(refer: IncomingRefer, clock: Clock): TransferReport {
  return {
    progress: (status) => refer.notify(status),
    finish: async (status) => {
      let late: Timer | undefined;
      const timedOut = new Promise<void>((resolve) => (late = clock.setTimeout(resolve, NOTIFY_WAIT_MS)));
      await Promise.race([refer.finish(status), timedOut]);
      late?.cancel();
    },
  };
}

/**
 * Asks the far end of an answered call to go elsewhere; resolves when it has arrived there.
 *
 * @param call.requireAlive throws when the call is over
 * @param call.accepted the far end is on its way; carriers may hang up now without another word
 * @throws HTL_SIP_REDIRECT_REFUSED with the status of the far end, or 408 when it does not tell for a minute
 */
export async function referAway(session: Session, to: string, environment: CallEnvironment, call: { readonly requireAlive: () => void; readonly accepted: () => void }): Promise<void> {
  const referral = session.refer(environment.absoluteUri(to), { headers: { "Referred-By": `<${session.dialog.localTarget}>` } });
  const outcome = await referral.accepted;
  call.requireAlive();
  if (outcome.status >= 300) throw sipErrors.REDIRECT_REFUSED(outcome.status);
  call.accepted();
  let stop: () => void = () => undefined;
  const late = new Promise<{ status: number | undefined }>((resolve) => {
    const timer = environment.clock.setTimeout(() => resolve({ status: 408 }), REFER_WAIT_MS);
    stop = () => timer.cancel();
  });
  const { status } = await Promise.race([referral.finished, late]);
  stop();
  if (status !== undefined && status >= 300) throw sipErrors.REDIRECT_REFUSED(status);
}
