import { dtmfOfInfo } from "../../src/call/dtmf-info.js";
import { causeOf, q850Of } from "../../src/call/end-reasons.js";
import { acceptsSdp, sdpBodyOf } from "../../src/call/message-body.js";
import { parseChallenge, parseCredentials } from "../../src/digest/digest-header.js";
import { attributesOf, calledParty, callingParty } from "../../src/parties.js";
import { buildSdp, parseSdp, SdpError, SdpSession } from "../../src/sdp/index.js";
import { parseMessage } from "../../src/stack/message/parser.js";
import { DEFAULT_LIMITS } from "../../src/stack/transport/limits.js";
import { replacesOf, SipError, SipParseError, SipRequest, uriEquals } from "../../src/stack/index.js";
import type { AnySipMessage } from "../../src/stack/index.js";

const LOCAL = { address: "192.0.2.1", port: 20_000 };
const TERMS = { version: 0, maxBitRate: 14_400, redundancy: true };
const SOURCE = { kind: "udp", address: "192.0.2.9", port: 5060 };

/** Runs what may refuse its input, but only in the words of its own errors. */
function may(run: () => unknown): void {
  try {
    run();
  } catch (error) {
    if (!(error instanceof SipParseError) && !(error instanceof SdpError) && !(error instanceof SipError)) throw error;
  }
}

/** Reads all of a message that anything in this package reads; throws what is no coded refusal. */
export function readEverything(bytes: Buffer): void {
  const { message, problem } = parseMessage(bytes, DEFAULT_LIMITS);
  if (message === undefined) return;
  may(() => message.contacts().forEach((contact) => contact.parsedUri()));
  for (const name of new Set([...message.headers.entries()].map(([each]) => each))) may(() => message.headers.list(name));
  for (const [name, value] of message.headers.entries()) {
    if (/authori|authenticate/.test(name)) {
      parseCredentials(value);
      parseChallenge(value);
    }
  }
  const carried = sdpBodyOf(message);
  readDescription(carried.kind === "sdp" ? carried.text : message.body.toString("utf8"));
  q850Of(message);
  if (problem === undefined) readWhole(message);
}

/** Of one that the stack takes for good: written out and read again it is the same. */
function readWhole(message: AnySipMessage): void {
  if (message instanceof SipRequest) {
    const uri = message.parsedUri();
    if (!uriEquals(uri, uri)) throw new Error("a URI does not equal itself");
    may(() => replacesOf(message));
    calledParty(message);
    callingParty(message, true);
    attributesOf(message, SOURCE);
    acceptsSdp(message);
    causeOf(message);
    for (const type of ["application/dtmf-relay", "application/dtmf"]) dtmfOfInfo(type, message.body.toString("utf8"));
  }
  const again = parseMessage(message.toBuffer(), DEFAULT_LIMITS);
  if (again.message === undefined || again.problem !== undefined) throw new Error(`written again it is refused: ${again.garbage ?? again.problem?.reason ?? ""}`);
  if (again.message.callId !== message.callId || again.message.cseq.seq !== message.cseq.seq) throw new Error("written again it is another");
}

function readDescription(text: string): void {
  if (!text.startsWith("v=")) return;
  may(() => parseSdp(buildSdp(parseSdp(text))));
  const answerer = new SdpSession({ sessionId: "1", codecs: ["PCMA", "PCMU"], comfortNoise: "accept" });
  const { ok } = answerer.receiveOffer(text);
  if (ok) parseSdp(answerer.answer(LOCAL).sdp);
  else if (answerer.receiveImageOffer(text) !== undefined) parseSdp(answerer.answerImage(LOCAL, TERMS));
  const offerer = new SdpSession({ sessionId: "1", codecs: ["PCMA", "PCMU"], srtp: "offer", comfortNoise: "offer", rtcpXr: "offer" });
  offerer.offer(LOCAL);
  offerer.receiveAnswer(text);
}
