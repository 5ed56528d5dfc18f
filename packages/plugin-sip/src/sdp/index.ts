export { intersect, receives, reverse, sends } from "./audio-stream.js";
export { parseSdp } from "./parse-sdp.js";
export { buildSdp } from "./build-sdp.js";
export { SdpSession } from "./sdp-session.js";
export type { AudioSecurity, LocalEndpoint, NegotiatedAudio, Negotiation, SdpSessionOptions, StreamExtension } from "./sdp-session.js";
export type { AddressFamily, Direction, SdpAttribute, SdpConnection, SdpMedia, SdpOrigin, SessionDescription } from "./session-description.js";
export { SdpError } from "./session-description.js";
export type { ImageStream, ImageTerms } from "./image-stream.js";
export type { DtlsPeer, LocalWebRtc, SrtpPolicy } from "./secure-stream.js";
