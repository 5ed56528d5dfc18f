import { createSocket } from "node:dgram";
import { createServer } from "node:net";

/** Below what the system gives to those who ask for any port, and without the ports a browser refuses; a stretch for each worker of the test run. */
const FIRST = 7_000;
const STRETCH = 1_000;
/** From one to the next: phones listen for TLS on the port after theirs. */
const STEP = 4;
const workerIndex = Number(process.env["VITEST_POOL_ID"] ?? process.pid) % 3;
const stretch = FIRST + workerIndex * STRETCH;
let next = (process.pid * STEP) % STRETCH;

/** A port nobody has at the moment, over TCP or UDP, and that no one else in this process was given. */
export async function freePort(): Promise<number> {
  for (let tried = 0; tried < STRETCH / STEP; tried++) {
    next = (next + STEP) % STRETCH;
    const port = stretch + next;
    if ((await overTcp(port)) && (await overUdp(port))) return port;
  }
  throw new Error(`no port is free from ${stretch} on`);
}

function overTcp(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}

function overUdp(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createSocket("udp4");
    socket.once("error", () => (socket.close(), resolve(false)));
    socket.bind(port, "127.0.0.1", () => socket.close(() => resolve(true)));
  });
}

const MEDIA_FIRST = 10_000;
const MEDIA_STRETCH = 660;
let nextMedia = (process.pid * 4) % MEDIA_STRETCH;

/** The first of four UDP ports for the media of a SIPp, which dies if another that starts at the same moment takes one of them in between. */
export function sippMediaPort(): number {
  nextMedia += 4;
  return MEDIA_FIRST + workerIndex * MEDIA_STRETCH + (nextMedia % MEDIA_STRETCH);
}

let nextRange = 12_000 + ((process.pid * 100) % 20_000);

/** A range of 400 RTP ports of this test's own. */
export function rtpRange(): string {
  nextRange = nextRange + 400 > 34_000 ? 12_000 : nextRange + 400;
  const from = nextRange + (nextRange % 2);
  return `${from}-${from + 399}`;
}
