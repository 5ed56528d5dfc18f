import { createSocket } from "node:dgram";
import { createServer } from "node:net";
import { claimPort } from "./port-claims.js";

/** Below what the system gives to those who ask for any port, above the examples' defaults, and without the ports a browser refuses. */
const FIRST = 7_000;
const COUNT = 3_000;
/** From one to the next: phones listen for TLS on the port after theirs. */
const STEP = 4;
let next = (process.pid * 60) % COUNT;

/** A port nobody has at the moment, over TCP or UDP, and that no one else in these test runs was given. */
export async function freePort(): Promise<number> {
  for (let tried = 0; tried < COUNT / STEP; tried++) {
    next = (next + STEP) % COUNT;
    const port = FIRST + next;
    if (claimPort(port) && (await overTcp(port)) && (await overUdp(port))) return port;
  }
  throw new Error(`no port is free from ${FIRST} on`);
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
