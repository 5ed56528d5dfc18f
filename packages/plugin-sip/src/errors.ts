import { defineErrors, HotlineError } from "@hotlinejs/core";

/** Errors of plugin-sip. */
export const sipErrors = defineErrors("SIP", {
  PORT_IN_USE: { message: "Port %s on %s is taken: another program, perhaps another hotline, listens there. Stop it, or set %s to a free port" },
  BIND_FAILED: { message: "Cannot listen for SIP on %s port %s: %s. Set HOTLINE_HOST to an address of this machine and %s to a port this user may open" },
  NO_ROUTE: { message: "No SIP trunk takes calls to %s. Give a trunk `outbound` with a fitting prefix", status: 422, sip: 404 },
  BAD_ADDRESS: { message: "%s is not an address SIP can dial. Use sip:1001 for a registered phone, tel:13800138000 or sip:user@trunk-host", status: 422, sip: 484 },
  NO_TRUNK: { message: "There is no SIP trunk %s", status: 404 },
  TRUNK_OFF: { message: "The SIP trunks to %s are disabled. Enable one on the console's page of trunks, or by PUT /api/sip/trunks/:key", status: 503, sip: 503 },
  TOO_MANY_HOPS: { message: "The call to %s has passed so many exchanges that it must be going round in circles, and is not sent on. See that the hotline it came from and the number it is sent to do not send each other their calls", status: 508, sip: 483 },
  TRUNK_FULL: { message: "All channels of the SIP trunks to %s are in use", status: 503, sip: 503 },
  TRUNK_RATE: { message: "The SIP trunks to %s take no more calls a second than they do, and the call would have waited for more than 2 s. Raise `outbound.maxCallsPerSecond` if the carrier allows it, add a trunk, or dial more slowly", status: 503, sip: 503 },
  OVERLOADED: { message: "Calls come in faster than they can be set up; some were refused with 503 within the last minute. Give the machine more processors, take load from it, or raise `settingUp`", status: 503, sip: 503 },
  MESSAGE_REFUSED: { message: "No trunk took a short message now (SIP %s). Give one `messages: true` and `outbound`, or look at its state", status: 502 },
  NO_MEDIA: { message: "The call has no sound yet: answer it first", status: 409 },
  KEYS_FULL: { message: "So many keys wait to be sent by INFO (of at most %s) that no more are taken. Wait until those before are answered", status: 429 },
  OFFER_REFUSED: { message: "The other side refused to change the call (%s)", status: 502 },
  MEDIA_FAILED: { message: "The media of the call could not be set up: %s", status: 503, sip: 503 },
  TLS_KEY_LOCKED: { message: "The private key for SIP over TLS (%s) asks for a passphrase, which nobody could type at a start. Decrypt it (openssl pkey -in locked.pem -out key.pem), let the user of this program alone read it, and put it in the place of the locked one" },
  TLS_NOT_VALID: { message: "The certificate for SIP over TLS (%s) %s, so phones and carriers refuse it. Put a valid one into its files, where it is taken without a restart, or check the clock of this machine" },
  TLS_EXPIRES: { message: "The certificate for SIP over TLS (%s) %s. Renew it in its files; it is taken without a restart" },
  TLS_INVALID: { message: "The certificate or key for SIP over TLS cannot be used: %s. Check HOTLINE_TLS_CERT and HOTLINE_TLS_KEY (PEM text or files), tlsNames and tlsCa" },
  NO_WEB_SOCKET: { message: "This hotline takes no phones in browsers: plugin-http is missing or the option `ws` is off", status: 503 },
  NOT_BANNED: { message: "The address %s is not banned", status: 404 },
  TRUNK_BANNED: { message: "The address %s belongs to a configured trunk and cannot be banned. Take it out of the trunk first", status: 409 },
  PROXY_BANNED: { message: "The address %s is that of a trusted proxy, behind which many people are, and cannot be banned. Ban the client, or take the proxy out of `trustedProxies`", status: 409 },
  GUESTS_FULL: { message: "Too many people are about to call from the web; try again in some minutes", status: 503 },
  REDIRECT_REFUSED: { message: "The other side refused to be transferred (%s)", status: 502 },
});

/** The two codes of core that every adapter answers with. Their meaning is declared there. */
export function notSupported(what: string): HotlineError {
  return new HotlineError("HTL_CORE_NOT_SUPPORTED", `sip does not support ${what}`, { status: 501, sip: 488 });
}

export function callEnded(reason: string): HotlineError {
  return new HotlineError("HTL_CORE_CALL_ENDED", `The call has ended (${reason})`, { status: 409, sip: 481 });
}
