import type { CertificateFingerprint, IceCredentials, RtpLegOptions, RtpTransport, WebRtcLeg, WebRtcRemote } from "@hotlinejs/core";
import { EngineLeg } from "./engine-leg.js";
import type { LegContext } from "./engine-leg.js";
import { EngineRtpTransport, EngineWebRtcTransport } from "./engine-transports.js";
import type { Bound } from "./engine-transports.js";
import type { WorkerSlot } from "./worker-slot.js";

/** Main-thread handle of a leg to a browser. */
export class EngineWebRtcLeg extends EngineLeg implements WebRtcLeg {
  readonly localAddress: string;
  readonly localPort: number;
  readonly fingerprint: CertificateFingerprint;
  readonly #webRtc: EngineWebRtcTransport;

  constructor(id: string, slot: WorkerSlot, context: LegContext, ice: IceCredentials, local: Bound & { readonly fingerprint: CertificateFingerprint }) {
    super(id, slot, context);
    this.localAddress = local.address;
    this.localPort = local.port;
    this.fingerprint = local.fingerprint;
    this.#webRtc = new EngineWebRtcTransport(this, ice, local);
  }

  get ice(): IceCredentials {
    return this.#webRtc.ice;
  }

  setRemote(remote: WebRtcRemote): void {
    this.#webRtc.setRemote(remote);
  }

  restartIce(): IceCredentials {
    return this.#webRtc.restartIce();
  }

  asRtp({ inbandDtmf, keys, symmetric = true, mediaTimeoutMs = 0 }: Pick<RtpLegOptions, "inbandDtmf" | "keys" | "symmetric" | "mediaTimeoutMs"> = {}): RtpTransport {
    this.slot.send({ op: "prepare-rtp", leg: this.id, options: { ...(inbandDtmf === undefined ? {} : { inbandDtmf }), keysBySignalling: keys === "signalling", symmetric, mediaTimeoutMs } });
    return new EngineRtpTransport(this, { address: this.localAddress, port: this.localPort });
  }
}
