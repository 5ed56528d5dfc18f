/**
 * What can go wrong in the stack itself. Outcomes of signalling (a refused call, a time-out) are
 * return values, not errors.
 */
export type SipErrorCode =
  /** The address and port are taken by another process. `details`: address, port, transport. */
  | "SIP_ADDRESS_IN_USE"
  /** Binding failed for another reason (no such address, no permission). `details`: address, port, transport, reason. */
  | "SIP_BIND_FAILED"
  /** A URI given by the caller cannot be parsed. */
  | "SIP_INVALID_URI"
  /** A header name or value given by the caller is not allowed (line breaks, bad name, reserved header). */
  | "SIP_INVALID_HEADER"
  /** The call is not possible in this state (answering twice, starting twice). */
  | "SIP_INVALID_STATE"
  /** The user agent is stopped or stopping. */
  | "SIP_STOPPED"
  /** A certificate or key cannot be used. */
  | "SIP_BAD_CERTIFICATE"
  /** No configured transport can reach the destination. */
  | "SIP_NO_TRANSPORT"
  /** The host name does not resolve. */
  | "SIP_UNRESOLVED"
  /** Sending failed: connection refused, reset, unreachable network, message too big. */
  | "SIP_TRANSPORT_FAILED"
  /** Text that does not follow the grammar. */
  | "SIP_MALFORMED";

/** Every error the stack throws or hands out. */
export class SipError extends Error {
  readonly code: SipErrorCode;
  readonly details: Readonly<Record<string, string | number>>;

  constructor(code: SipErrorCode, message: string, details: Readonly<Record<string, string | number>> = {}, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "SipError";
    this.code = code;
    this.details = details;
  }
}

/** Text from the network that does not follow the grammar. `status` is what a request with it deserves. */
export class SipParseError extends SipError {
  readonly status: number;

  constructor(message: string, status = 400) {
    super("SIP_MALFORMED", message);
    this.name = "SipParseError";
    this.status = status;
  }
}
