/** SDP as data (RFC 8866). Only what a telephone session needs is interpreted; all else is carried along. */
export interface SessionDescription {
  readonly origin: SdpOrigin;
  /** `s=`; `-` when empty. */
  readonly name: string;
  /** Session-level `c=`, valid for every stream that has none of its own. */
  readonly connection?: SdpConnection;
  /** Values of the `b=` lines. */
  readonly bandwidths: readonly string[];
  /** Values of the `t=` lines. */
  readonly times: readonly string[];
  readonly attributes: readonly SdpAttribute[];
  readonly media: readonly SdpMedia[];
}

export interface SdpOrigin {
  readonly username: string;
  /** Numeric string, possibly larger than a double can hold. */
  readonly sessionId: string;
  readonly sessionVersion: string;
  readonly family: AddressFamily;
  readonly address: string;
}

export type AddressFamily = "IP4" | "IP6";

export interface SdpConnection {
  readonly family: AddressFamily;
  /** Without the TTL and count suffixes of multicast addresses. */
  readonly address: string;
}

export interface SdpAttribute {
  readonly name: string;
  /** Absent for a property attribute such as `a=sendonly`. */
  readonly value?: string;
}

export interface SdpMedia {
  /** `audio`, `video`, `image`, `application` ... */
  readonly kind: string;
  /** 0: the stream is refused or removed (RFC 3264 section 6). */
  readonly port: number;
  /** `RTP/AVP`, `udptl` ... as written. */
  readonly protocol: string;
  readonly formats: readonly string[];
  readonly connection?: SdpConnection;
  readonly bandwidths: readonly string[];
  readonly attributes: readonly SdpAttribute[];
}

/** RFC 3264 section 5.1, seen from the side that wrote the description. */
export type Direction = "sendrecv" | "sendonly" | "recvonly" | "inactive";

/** A body that is no session description; answered with 400. */
export class SdpError extends Error {
  override readonly name = "SdpError";
}

/** The first attribute of that name (names are case-sensitive, RFC 8866 section 5.13). */
export function attribute(attributes: readonly SdpAttribute[], name: string): SdpAttribute | undefined {
  return attributes.find((a) => a.name === name);
}

export function hasAttribute(attributes: readonly SdpAttribute[], name: string): boolean {
  return attribute(attributes, name) !== undefined;
}

/** Address family of an IP address in text form. A name counts as IPv4, which is what nearly every peer means. */
export function familyOf(address: string): AddressFamily {
  return address.includes(":") ? "IP6" : "IP4";
}
