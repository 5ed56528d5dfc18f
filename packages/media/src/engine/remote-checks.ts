import { isIP } from "node:net";
import { isGroupAddress, isTrustedFingerprint } from "@hotlinejs/core";
import type { AudioCodec, CertificateFingerprint, RtpRemote, SrtpKeys, WebRtcRemote } from "@hotlinejs/core";
import { mediaErrors } from "../errors.js";
import { MASTER_BYTES, TAG_BYTES } from "../srtp/srtp-keys.js";

const CODECS: readonly string[] = ["PCMA", "PCMU", "G722"] satisfies readonly AudioCodec[];
/** Half a frame: a shorter packet would be mostly headers. */
const LEAST_PACKET_MS = 10;

/**
 * Refuses what would fail packet by packet later.
 *
 * @throws `HTL_MEDIA_BAD_REMOTE`
 */
export function checkRemote(remote: RtpRemote): void {
  checkPlace(remote.address, remote.port, remote.rtcpPort ?? 0);
  if (remote.srtp !== undefined) checkKeys(remote.srtp);
  checkFormats(remote);
}

/**
 * Refuses where nothing can be sent, or where it would go to many.
 *
 * @throws `HTL_MEDIA_BAD_REMOTE`
 */
export function checkPlace(address: string, ...ports: readonly number[]): void {
  if (isIP(address) === 0) throw mediaErrors.BAD_REMOTE(`address ${address} is not numeric`);
  if (isGroupAddress(address)) throw mediaErrors.BAD_REMOTE(`address ${address} is not one machine's`);
  for (const port of ports) if (!Number.isInteger(port) || port < 0 || port > 65535) throw mediaErrors.BAD_REMOTE(`port ${port}`);
}

/**
 * Fingerprints that can be trusted.
 *
 * @throws `HTL_MEDIA_BAD_REMOTE`
 */
export function checkWebRtcRemote(remote: WebRtcRemote): readonly CertificateFingerprint[] {
  checkFormats(remote);
  const usable = remote.fingerprints.filter(isTrustedFingerprint);
  if (usable.length === 0) throw mediaErrors.BAD_REMOTE("no fingerprint of SHA-256 or better");
  return usable;
}

function checkFormats(remote: Pick<RtpRemote, "codec" | "payloadType" | "telephoneEventPayloadType" | "maxPacketMs">): void {
  for (const type of [remote.payloadType, remote.telephoneEventPayloadType ?? 0]) {
    if (!Number.isInteger(type) || type < 0 || type > 127) throw mediaErrors.BAD_REMOTE(`payload type ${type}`);
  }
  if (!((remote.maxPacketMs ?? LEAST_PACKET_MS) >= LEAST_PACKET_MS)) throw mediaErrors.BAD_REMOTE(`packets of ${remote.maxPacketMs} ms at the most, and none shorter than ${LEAST_PACKET_MS} ms are made`);
  if (!CODECS.includes(remote.codec)) throw mediaErrors.BAD_REMOTE(`codec ${String(remote.codec)}`);
}

function checkKeys({ suite, send, receive }: SrtpKeys): void {
  if (!(suite in TAG_BYTES)) throw mediaErrors.BAD_REMOTE(`SRTP suite ${String(suite)}`);
  for (const key of [send, receive]) if (Buffer.from(key, "base64").length !== MASTER_BYTES) throw mediaErrors.BAD_REMOTE(`an SRTP key that has not ${MASTER_BYTES} octets`);
}
