import { randomBytes } from "node:crypto";
import type { CertificateFingerprint, IceCredentials, RtpRemote, RtpTransport, WebRtcRemote, WebRtcTransport } from "@hotlinejs/core";
import { checkRemote, checkWebRtcRemote } from "./remote-checks.js";
import type { WorkerSlot } from "./worker-slot.js";

/** Name of a leg and the worker that holds it. */
export interface LegAddress {
  readonly id: string;
  readonly slot: WorkerSlot;
}

/** Where a leg is bound. */
export interface Bound {
  readonly address: string;
  readonly port: number;
}

/** A leg in the worker, as a peer on RTP is spoken with. */
export class EngineRtpTransport implements RtpTransport {
  readonly localAddress: string;
  readonly localPort: number;
  readonly #leg: LegAddress;

  constructor(leg: LegAddress, local: Bound) {
    this.#leg = leg;
    this.localAddress = local.address;
    this.localPort = local.port;
  }

  setRemote(remote: RtpRemote): void {
    checkRemote(remote);
    this.#leg.slot.send({ op: "set-remote", leg: this.#leg.id, remote });
  }
}

/** A leg in the worker, as a browser is spoken with. */
export class EngineWebRtcTransport implements WebRtcTransport {
  readonly localAddress: string;
  readonly localPort: number;
  readonly fingerprint: CertificateFingerprint;
  readonly #leg: LegAddress;
  #ice: IceCredentials;

  constructor(leg: LegAddress, ice: IceCredentials, local: Bound & { readonly fingerprint: CertificateFingerprint }) {
    this.#leg = leg;
    this.localAddress = local.address;
    this.localPort = local.port;
    this.fingerprint = local.fingerprint;
    this.#ice = ice;
  }

  get ice(): IceCredentials {
    return this.#ice;
  }

  setRemote(remote: WebRtcRemote): void {
    const fingerprints = checkWebRtcRemote(remote);
    this.#leg.slot.send({ op: "webrtc-remote", leg: this.#leg.id, remote: { ...remote, fingerprints } });
  }

  restartIce(): IceCredentials {
    this.#ice = newIceCredentials();
    this.#leg.slot.send({ op: "restart-ice", leg: this.#leg.id, ice: this.#ice });
    return this.#ice;
  }
}

/** 48 and 192 random bits; RFC 8445 section 5.3 asks for 24 and 128. */
export function newIceCredentials(): IceCredentials {
  return { ufrag: randomBytes(6).toString("base64"), pwd: randomBytes(24).toString("base64") };
}
