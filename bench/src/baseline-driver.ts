/*
 * Sends the packets of the baseline rows from a process of its own, so that the subject has as many
 * other processes next to it as under SIPp.
 *
 *   relay <ports>: 172 octets to each port every 20 ms
 *   echo <port> <rate>: three datagrams of the size of a SIP message, `rate` times a second
 */
import { createSocket, type Socket } from "node:dgram";

function connected(port: number): Promise<Socket> {
  const socket = createSocket("udp4");
  socket.on("error", () => undefined);
  socket.on("message", () => answers++);
  return new Promise((resolve) => socket.connect(port, "127.0.0.1", () => resolve(socket)));
}

let answers = 0;
const [, , kind = "echo", targets = "", rate = "0"] = process.argv;
const sockets = await Promise.all(targets.split(",").map((port) => connected(Number(port))));
const packet = Buffer.alloc(kind === "relay" ? 172 : 600, 0x95);
const started = performance.now();
let sent = 0;
/** How often SIPp was seen to send: its streams go out in handfuls of some twenty packets. */
const HANDFUL_MS = 4;

if (kind === "relay") {
  setInterval(() => {
    const due = Math.floor(((performance.now() - started) / 20) * sockets.length);
    for (; sent < due; sent++) sockets[sent % sockets.length]?.send(packet);
  }, HANDFUL_MS);
} else {
  setInterval(() => {
    const due = Math.floor(((performance.now() - started) / 1_000) * Number(rate) * 3);
    for (; sent < due; sent++) sockets[0]?.send(packet);
  }, 1);
}
process.on("message", () => process.send?.({ sent, answers }));
process.on("disconnect", () => process.exit(0));
