import type { RtpLeg, RtpRemote, WebRtcLegOptions, WebRtcTransport } from "@hotlinejs/core";
import { EngineLeg } from "./engine-leg.js";
import type { LegContext } from "./engine-leg.js";
import { EngineRtpTransport, EngineWebRtcTransport, newIceCredentials } from "./engine-transports.js";
import type { Bound } from "./engine-transports.js";
import type { WorkerSlot } from "./worker-slot.js";

/** Main-thread handle of a leg on RTP. */
export class EngineRtpLeg extends EngineLeg implements RtpLeg {
  readonly localAddress: string;
  readonly localPort: number;
  readonly #rtp: EngineRtpTransport;

  constructor(id: string, slot: WorkerSlot, context: LegContext, local: Bound) {
    super(id, slot, context);
    this.localAddress = local.address;
    this.localPort = local.port;
    this.#rtp = new EngineRtpTransport(this, local);
  }

  setRemote(remote: RtpRemote): void {
    this.#rtp.setRemote(remote);
  }

  async asWebRtc({ inbandDtmf, mediaTimeoutMs = 0 }: Pick<WebRtcLegOptions, "inbandDtmf" | "mediaTimeoutMs"> = {}): Promise<WebRtcTransport> {
    const ice = newIceCredentials();
    const { fingerprint } = await this.slot.request<"prepare-webrtc">({ op: "prepare-webrtc", leg: this.id, options: { ice, mediaTimeoutMs, ...(inbandDtmf === undefined ? {} : { inbandDtmf }) } });
    return new EngineWebRtcTransport(this, ice, { address: this.localAddress, port: this.localPort, fingerprint });
  }
}
