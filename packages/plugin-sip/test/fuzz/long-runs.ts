import { FEATURES, request } from "./corpus.js";

const RUNS = [" ", "\t", ",", ";", ":", "=", "?", "&", '"', "\\", "<", ">", "@", "%", "%41", "(", "/", "[", ".", "0", "a", "\r\n ", "\n", " ;", ";a", "a=", "?a", "sip:", "q.850", "\r\nc"];
/** Octets of a run: with the rest it still is a datagram. */
const LENGTH = 30_000;

/** Well-formed messages with one long run of one thing in the middle of a line, or in front of its value: what makes a reader slow that looks back. */
export function* longRuns(): Generator<Buffer> {
  for (const [index, parts] of FEATURES.entries()) {
    const text = request(parts, { uri: "sip:12333@192.0.2.1", from: "<sip:a@192.0.2.9>;tag=f", to: "<sip:12333@192.0.2.1>", callId: `r${index}`, cseq: 1, branch: `r${index}` }).toString("latin1");
    for (let at = 0, end = text.indexOf("\r\n"); end >= 0; at = end + 2, end = text.indexOf("\r\n", at)) {
      if (end === at) continue;
      // Of the headers all messages have, those of the first are enough.
      if (index > 0 && /^(Via|Max-Forwards|From|To|Call-ID|CSeq|Contact: <sip:a@192.0.2.9:5060>$)/.test(text.slice(at, end))) continue;
      const value = text.indexOf(": ", at);
      for (const place of [Math.floor((at + end) / 2), value > 0 && value < end ? value + 2 : end]) {
        for (const run of RUNS) yield Buffer.from(text.slice(0, place) + run.repeat(LENGTH / run.length) + text.slice(place), "latin1");
      }
    }
  }
}
