/*
 * What the bare runtime costs on this machine, as a process of its own: `relay` passes packets
 * between the two ports of a pair, `echo` returns each datagram, and that is all they do.
 */
import { createSocket, type Socket } from "node:dgram";

function bind(): Promise<Socket> {
  // A numeric address needs no look-up; answering at once is what any Node program that sends much does.
  const socket = createSocket({ type: "udp4", lookup: (host, _options, done) => done(null, host, 4) });
  socket.on("error", () => undefined);
  return new Promise((resolve) => socket.bind(0, "127.0.0.1", () => resolve(socket)));
}

/** Connects a side to where its first packet came from. */
function known(side: Socket): Promise<void> {
  return new Promise((resolve) => side.once("message", (_packet, peer) => side.connect(peer.port, peer.address, resolve)));
}

/** Every packet of one side goes out of the other socket, once both sides are known. */
async function relay(a: Socket, b: Socket): Promise<void> {
  await Promise.all([known(a), known(b)]);
  a.on("message", (packet) => b.send(packet));
  b.on("message", (packet) => a.send(packet));
}

const [, , kind = "echo", count = "1"] = process.argv;
const ports: number[] = [];
if (kind === "relay") {
  for (let pair = 0; pair < Number(count); pair++) {
    const a = await bind();
    const b = await bind();
    void relay(a, b);
    ports.push(a.address().port, b.address().port);
  }
} else {
  const socket = await bind();
  socket.on("message", (packet, peer) => socket.send(packet, peer.port, peer.address));
  ports.push(socket.address().port);
}

process.on("message", (message) => {
  if (message === "usage") {
    const { user, system } = process.cpuUsage();
    process.send?.({ cpuMs: (user + system) / 1_000, rss: process.memoryUsage().rss, active: ports.length });
  }
  if (message === "stop") process.exit(0);
});
process.send?.({ ports });
