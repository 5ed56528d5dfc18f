import { isIP } from "node:net";
import type { RtpLeg, RtpRemote, SrtpKeys } from "@hotlinejs/core";
import { mediaErrors } from "../errors.js";
import { MASTER_BYTES, TAG_BYTES } from "../srtp/srtp-keys.js";
import { EngineLeg } from "./engine-leg.js";
import type { LegContext } from "./engine-leg.js";
import type { WorkerSlot } from "./worker-slot.js";

/** Main-thread handle of a leg on RTP. */
export class EngineRtpLeg extends EngineLeg implements RtpLeg {
  readonly localAddress: string;
  readonly localPort: number;

  constructor(id: string, slot: WorkerSlot, context: LegContext, local: { address: string; port: number }) {
    super(id, slot, context);
    this.localAddress = local.address;
    this.localPort = local.port;
  }

  setRemote(remote: RtpRemote): void {
    checkRemote(remote);
    this.slot.send({ op: "set-remote", leg: this.id, remote });
  }
}

/**
 * Refuses what would fail packet by packet later.
 *
 * @throws `HTL_MEDIA_BAD_REMOTE`
 */
export function checkRemote(remote: RtpRemote): void {
  if (isIP(remote.address) === 0) throw mediaErrors.BAD_REMOTE(`address ${remote.address} is not numeric`);
  for (const port of [remote.port, remote.rtcpPort ?? 0]) {
    if (!Number.isInteger(port) || port < 0 || port > 65535) throw mediaErrors.BAD_REMOTE(`port ${port}`);
  }
  if (remote.srtp !== undefined) checkKeys(remote.srtp);
  checkFormats(remote);
}

/** @throws `HTL_MEDIA_BAD_REMOTE` */
export function checkFormats(remote: Pick<RtpRemote, "codec" | "payloadType" | "telephoneEventPayloadType">): void {
  for (const type of [remote.payloadType, remote.telephoneEventPayloadType ?? 0]) {
    if (!Number.isInteger(type) || type < 0 || type > 127) throw mediaErrors.BAD_REMOTE(`payload type ${type}`);
  }
  if (remote.codec !== "PCMA" && remote.codec !== "PCMU") throw mediaErrors.BAD_REMOTE(`codec ${String(remote.codec)}`);
}

function checkKeys({ suite, send, receive }: SrtpKeys): void {
  if (!(suite in TAG_BYTES)) throw mediaErrors.BAD_REMOTE(`SRTP suite ${String(suite)}`);
  for (const key of [send, receive]) if (Buffer.from(key, "base64").length !== MASTER_BYTES) throw mediaErrors.BAD_REMOTE(`an SRTP key that has not ${MASTER_BYTES} octets`);
}
