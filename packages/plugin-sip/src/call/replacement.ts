import { errorText } from "@hotlinejs/core";
import type { Direction, SdpSession } from "../sdp/index.js";
import { replacesOf, SipParseError } from "../stack/index.js";
import type { IncomingInvite, Replaces, SipRequest } from "../stack/index.js";
import { isBrowser } from "./browsers.js";
import type { CallMedia } from "./call-media.js";
import { acceptsSdp, sdpBodyOf, warning } from "./message-body.js";

/** An INVITE with Replaces whose sound can take the place of that of a call. */
export interface Replacement {
  readonly sound: CallMedia;
  readonly sdp: SdpSession;
  /** Whether the newcomer is a browser. */
  readonly webRtc: boolean;
  /** It made no offer: `describe` writes ours, and the ACK brings its answer. */
  readonly late: boolean;
  /** Our description for the 200; to be called once, when it is to be sent. */
  describe(): string;
}

export interface ReplacementParts {
  readonly invite: IncomingInvite;
  /** Direction our side wants. */
  readonly wanted: Direction;
  /** The sound that goes on with a newcomer of that kind. */
  sound(webRtc: boolean): CallMedia;
  /** Goes on where it fits: at once, or where the sound has to learn to speak with a browser (or a phone) a moment later. */
  proceed(replacement: Replacement): void;
}

/** Looks whether the newcomer fits and refuses it if not: 400, 406, 415, 488; 503 when the media could not be made ready. Nothing of the call has changed then. */
export function admitReplacement({ invite, wanted, sound: soundFor, proceed }: ReplacementParts): void {
  if (!acceptsSdp(invite.request)) return invite.reject({ status: 406 });
  const offer = sdpBodyOf(invite.request);
  if (offer.kind === "other") return invite.reject({ status: 415, headers: { Accept: "application/sdp" } });
  // An offer tells by itself.
  let webRtc = isBrowser(invite.source.kind);
  const sdp = soundFor(webRtc).freshSdp();
  if (offer.kind === "sdp") {
    const negotiation = sdp.receiveOffer(offer.text, wanted);
    if (!negotiation.ok) return invite.reject({ status: negotiation.status, headers: warning(negotiation.reason) });
    webRtc = negotiation.audio.security.kind === "dtls";
  }
  const sound = soundFor(webRtc);
  const late = offer.kind === "none";
  const describe = (): string => (late ? sdp.offer(sound.localFor(webRtc), wanted) : sdp.answer(sound.localFor(webRtc), wanted).sdp);
  const answer = (): void => proceed({ sound, sdp, webRtc, late, describe });
  if (sound.speaks(webRtc)) return answer();
  sound.learn(webRtc).then(
    () => {
      if (invite.state !== "closed") answer();
    },
    (error: unknown) => invite.reject({ status: 503, headers: warning(errorText(error)) }),
  );
}

/** Takes the answer to an offer that was in the 200. `undefined`: agreed; otherwise why not. */
export function takeLateAnswer(sdp: SdpSession, ack: SipRequest): string | undefined {
  const body = sdpBodyOf(ack);
  const answer = body.kind === "sdp" ? sdp.receiveAnswer(body.text) : undefined;
  if (answer?.ok === true) return undefined;
  sdp.abandonOffer();
  return answer?.reason ?? "the ACK had no description";
}

/** The dialog that a Replaces names; `undefined`: it cannot be read. */
export function readReplaces(request: SipRequest): Replaces | undefined {
  try {
    return replacesOf(request);
  } catch (error) {
    if (error instanceof SipParseError) return undefined;
    throw error;
  }
}
