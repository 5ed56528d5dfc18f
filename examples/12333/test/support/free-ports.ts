export { freePort } from "../../../../packages/plugin-sip/test/support/free-port.js";

let nextRange = 12_000 + ((process.pid * 100) % 20_000);

/** A range of 400 RTP ports of this test's own. */
export function rtpRange(): string {
  nextRange = nextRange + 400 > 34_000 ? 12_000 : nextRange + 400;
  const from = nextRange + (nextRange % 2);
  return `${from}-${from + 399}`;
}
