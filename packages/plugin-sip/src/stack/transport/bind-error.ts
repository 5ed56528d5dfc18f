import { SipError } from "../errors.js";

/** A failed bind as the application shall see it. */
export function bindError(transport: string, address: string, port: number, cause: NodeJS.ErrnoException): SipError {
  const details = { transport, address, port, reason: cause.code ?? cause.message };
  return cause.code === "EADDRINUSE"
    ? new SipError("SIP_ADDRESS_IN_USE", `${transport} ${address}:${port} is in use`, details, cause)
    : new SipError("SIP_BIND_FAILED", `cannot listen on ${transport} ${address}:${port} (${details.reason})`, details, cause);
}

/** A failed send. */
export function sendError(host: string, port: number, cause: Error): SipError {
  return new SipError("SIP_TRANSPORT_FAILED", `cannot send to ${host}:${port} (${(cause as NodeJS.ErrnoException).code ?? cause.message})`, { host, port }, cause);
}
