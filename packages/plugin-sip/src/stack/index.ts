/**
 * A SIP stack after RFC 3261, layer by layer: grammar, message, transport, transaction, dialog,
 * user agent. Imports nothing but Node's built-ins; time and randomness are handed in.
 */
export type { StackClock, StackTimer } from "./clock.js";
export type { Dialog, DialogSnapshot, DialogState } from "./dialog/types.js";
export { SipError, SipParseError } from "./errors.js";
export type { SipErrorCode } from "./errors.js";
export { escapeUser, quote, unescapeUri, unquote } from "./grammar/chars.js";
export { splitList, splitTokens } from "./grammar/list.js";
export { NameAddr, parseNameAddr, requireNameAddr } from "./grammar/name-addr.js";
export { Params, parseParams } from "./grammar/params.js";
export { formatUri, parseUri, requireUri, uriEquals, uriUser } from "./grammar/uri.js";
export type { SipUri } from "./grammar/uri.js";
export { parseVia } from "./grammar/via.js";
export type { Via } from "./grammar/via.js";
export { printable, silentLog } from "./log.js";
export type { StackLog } from "./log.js";
export { SipHeaders } from "./message/headers.js";
export { SipRequest, SipResponse } from "./message/message.js";
export type { AnySipMessage, CSeq } from "./message/message.js";
export { reasonPhrase } from "./message/reason-phrases.js";
export { cryptoRandom, seededRandom } from "./random.js";
export type { RandomSource } from "./random.js";
export type {
  Advertised, Destination, Endpoint, MessageSource, Resolver, ResolveTarget, SocketTransportOptions, TlsTransportOptions, Transport, TransportHandler, TransportKind, TransportLimits,
  TransportOptions, WsTransportOptions,
} from "./transport/types.js";
export { TlsMaterial } from "./transport/tls-material.js";
export type { TlsPair, TlsSettings } from "./transport/tls-material.js";
export type { WsFlow, WsSocket } from "./transport/ws-transport.js";
export { ELSEWHERE } from "./user-agent/reasons.js";
export { isReliable } from "./user-agent/reliable-provisionals.js";
export { parseReplaces, replacesOf, replacesValue } from "./user-agent/replaces.js";
export type { Replaces } from "./user-agent/replaces.js";
export { createUserAgent } from "./user-agent/create-user-agent.js";
export type {
  AcceptOutcome, AckBuilder, BodyOptions, ExtraHeaders, IncomingInvite, IncomingInviteState, IncomingRefer, IncomingReoffer, IncomingRequest, InviteOutcome,
  OutgoingInvite, PrackHandler, Referral, ReinviteOptions, RequestOutcome, ResponseOptions, Session, SessionEnd, SessionHandlers,
} from "./user-agent/session-types.js";
export type {
  Challenge, ChallengeHandler, InviteOptions, OutgoingRequestOptions, Refusal, RegisterOptions, Registration, RegistrationState, TimerOptions, UserAgent,
  UserAgentMetrics, UserAgentOptions,
} from "./user-agent/types.js";
