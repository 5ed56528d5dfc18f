import type { SdpAttribute, SdpMedia, SessionDescription } from "./session-description.js";

/** What a description says of T.38 over UDPTL (RFC 3362, T.38 Annex D). */
export interface ImageStream {
  /** Position among the `m=` lines. */
  readonly index: number;
  readonly address: string;
  readonly port: number;
  /** 0 when not told. */
  readonly version: number;
  /** bit/s. 14400 when not told. */
  readonly maxBitRate: number;
  /** Octets. 400 when not told, as most senders assume. */
  readonly maxDatagram: number;
  /** Copies of earlier packets may be carried. */
  readonly redundancy: boolean;
  /** `transferredTCF`, method 2: the training check is carried. The other, for TCP, is nothing we speak. */
  readonly carriesTcf: boolean;
}

/** What we tell of our side. */
export interface ImageTerms {
  readonly version: number;
  readonly maxBitRate: number;
  readonly redundancy: boolean;
}

const DEFAULT_MAX_DATAGRAM = 400;
/** Some gateways tell the size of the IFP packet alone; copies would never fit. */
const LEAST_MAX_DATAGRAM = 200;
/** What one datagram to us may have: what fits into an Ethernet frame. */
const OUR_MAX_DATAGRAM = 1400;

export function isT38(media: SdpMedia): boolean {
  return media.kind === "image" && media.port !== 0 && media.protocol.toLowerCase() === "udptl" && media.formats.some((format) => format.toLowerCase() === "t38");
}

/** Reads the T.38 stream at this position, or the first; `undefined` when there is none or it has no address. */
export function readImage(description: SessionDescription, index = description.media.findIndex(isT38)): ImageStream | undefined {
  const media = description.media[index];
  if (media === undefined || !isT38(media)) return undefined;
  const connection = media.connection ?? description.connection;
  if (connection === undefined) return undefined;
  const number = (name: string, otherwise: number): number => {
    const text = valueOf(media, name);
    return text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : otherwise;
  };
  return {
    index,
    address: connection.address,
    port: media.port,
    version: number("T38FaxVersion", 0),
    maxBitRate: number("T38MaxBitRate", 14_400),
    maxDatagram: Math.max(LEAST_MAX_DATAGRAM, number("T38FaxMaxDatagram", DEFAULT_MAX_DATAGRAM)),
    redundancy: valueOf(media, "T38FaxUdpEC")?.toLowerCase() !== "t38udpnoec",
    carriesTcf: (valueOf(media, "T38FaxRateManagement") ?? "transferredTCF").toLowerCase() === "transferredtcf",
  };
}

export function imageMedia(port: number, terms: ImageTerms): SdpMedia {
  const attributes: SdpAttribute[] = [
    { name: "T38FaxVersion", value: String(terms.version) },
    { name: "T38MaxBitRate", value: String(terms.maxBitRate) },
    { name: "T38FaxRateManagement", value: "transferredTCF" },
    { name: "T38FaxMaxDatagram", value: String(OUR_MAX_DATAGRAM) },
    { name: "T38FaxUdpEC", value: terms.redundancy ? "t38UDPRedundancy" : "t38UDPNoEC" },
  ];
  return { kind: "image", port, protocol: "udptl", formats: ["t38"], bandwidths: [], attributes };
}

/** Names of attributes are case-sensitive, but the writers of gateways did not always know. */
function valueOf(media: SdpMedia, name: string): string | undefined {
  return media.attributes.find((each) => each.name.toLowerCase() === name.toLowerCase())?.value;
}
