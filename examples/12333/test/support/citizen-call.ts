import { pause, RtpProbe } from "./rtp-probe.js";
import { SippCallers } from "./sipp.js";

/** A citizen on the line, by SIPp: what they say and hear is the probe's. */
export interface CitizenCall {
  readonly probe: RtpProbe;
  /** Code with which SIPp ended: 0 after a call that went as it should. */
  readonly exited: Promise<number | null>;
  /** Hangs up, as a telephone does: one that only vanished would keep the agent for minutes. Once, however often it is asked. */
  end(): Promise<void>;
}

/** So long a hang-up may take before the process is ended. */
const PATIENCE_MS = 5_000;

/** A citizen who calls, presses 1 and says nothing yet. */
export async function citizenCall(sipPort: number, talkMs: number, from = "13812345678"): Promise<CitizenCall> {
  const probe = await RtpProbe.open();
  const caller = await SippCallers.start({ sipPort, calls: [{ from, mediaPort: probe.port }], talkMs });
  probe.playSilence();
  const told = (): string => `SIPp: ${caller.errors()}\n${caller.output.slice(-2_000)}`;
  const failed = caller.exited.then((code) => Promise.reject(new Error(`the call was over before anything was heard of it (${code}); ${told()}`)));
  await Promise.race([probe.hearsSound(40_000), failed]).catch((error: unknown) => Promise.reject(new Error(`${String(error)}\n${told()}`)));
  failed.catch(() => undefined);
  await pause(1_000);
  await probe.press("1");
  let ended: Promise<void> | undefined;
  const end = async (): Promise<void> => {
    await Promise.race([caller.hangUp(), pause(PATIENCE_MS)]);
    probe.close();
    caller.dispose();
  };
  return { probe, exited: caller.exited, end: () => (ended ??= end()) };
}
