import { pause, RtpProbe } from "./rtp-probe.js";
import { SippCallers } from "./sipp.js";

/** A citizen on the line, by SIPp: what they say and hear is the probe's. */
export interface CitizenCall {
  readonly probe: RtpProbe;
  /** Code with which SIPp ended: 0 after a call that went as it should. */
  readonly exited: Promise<number | null>;
  end(): void;
}

/** A citizen who calls, presses 1 and says nothing yet. */
export async function citizenCall(sipPort: number, talkMs: number, from = "13812345678"): Promise<CitizenCall> {
  const probe = await RtpProbe.open();
  const caller = await SippCallers.start({ sipPort, calls: [{ from, mediaPort: probe.port }], talkMs });
  probe.playSilence();
  await probe.hearsSound();
  await pause(1_000);
  await probe.press("1");
  return {
    probe,
    exited: caller.exited,
    end: () => {
      probe.close();
      caller.dispose();
    },
  };
}
