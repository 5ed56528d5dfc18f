import { randomBytes } from "node:crypto";
import type { CertificateFingerprint, IceCredentials, WebRtcLeg, WebRtcRemote } from "@hotlinejs/core";
import { mediaErrors } from "../errors.js";
import { EngineLeg } from "./engine-leg.js";
import type { LegContext } from "./engine-leg.js";
import { checkFormats } from "./engine-rtp-leg.js";
import type { WorkerSlot } from "./worker-slot.js";

/** Of either kind of hash: octets with colons. */
const FINGERPRINT = /^[0-9A-F]{2}(?::[0-9A-F]{2}){31,63}$/i;

/** Main-thread handle of a leg to a browser. */
export class EngineWebRtcLeg extends EngineLeg implements WebRtcLeg {
  readonly localAddress: string;
  readonly localPort: number;
  readonly fingerprint: CertificateFingerprint;
  #ice: IceCredentials;

  constructor(id: string, slot: WorkerSlot, context: LegContext, ice: IceCredentials, local: { address: string; port: number; fingerprint: CertificateFingerprint }) {
    super(id, slot, context);
    this.localAddress = local.address;
    this.localPort = local.port;
    this.fingerprint = local.fingerprint;
    this.#ice = ice;
  }

  get ice(): IceCredentials {
    return this.#ice;
  }

  setRemote(remote: WebRtcRemote): void {
    checkFormats(remote);
    const usable = remote.fingerprints.filter(({ algorithm, value }) => /^sha-(256|384|512)$/i.test(algorithm) && FINGERPRINT.test(value));
    if (usable.length === 0) throw mediaErrors.BAD_REMOTE("no fingerprint of SHA-256 or better");
    this.slot.send({ op: "webrtc-remote", leg: this.id, remote: { ...remote, fingerprints: usable } });
  }

  restartIce(): IceCredentials {
    this.#ice = newIceCredentials();
    this.slot.send({ op: "restart-ice", leg: this.id, ice: this.#ice });
    return this.#ice;
  }
}

/** 48 and 192 random bits; RFC 8445 section 5.3 asks for 24 and 128. */
export function newIceCredentials(): IceCredentials {
  return { ufrag: randomBytes(6).toString("base64"), pwd: randomBytes(24).toString("base64") };
}
