// The far end of the bench: phones in a process of their own, so that their work is not measured.
import dgram from "node:dgram";
import { performance } from "node:perf_hooks";
import { clearInterval, setInterval } from "node:timers";

const sockets = [];
let received = 0;
let timer;
process.on("message", async (message) => {
  if (message.open !== undefined) {
    for (let i = 0; i < message.open; i++) {
      const socket = dgram.createSocket("udp4");
      await new Promise((resolve) => socket.bind(0, "127.0.0.1", resolve));
      socket.on("message", () => received++);
      sockets.push(socket);
    }
    process.send({ ports: sockets.map((socket) => socket.address().port) });
  } else if (message.speak !== undefined) {
    const packets = message.speak.map((port, i) => ({ socket: sockets[i], port, data: Buffer.alloc(172, 0x33), sequence: 0 }));
    for (const { data } of packets) data[0] = 0x80;
    for (const [i, { data }] of packets.entries()) data[1] = message.types[i];
    await Promise.all(packets.map(({ socket, port }) => new Promise((resolve) => socket.connect(port, "127.0.0.1", resolve))));
    const start = performance.now();
    let ticks = 0;
    timer = setInterval(() => {
      while (start + ticks * 20 <= performance.now()) {
        ticks++;
        for (const packet of packets) {
          packet.sequence = (packet.sequence + 1) & 0xffff;
          packet.data.writeUInt16BE(packet.sequence, 2);
          packet.data.writeUInt32BE((packet.sequence * 160) >>> 0, 4);
          packet.socket.send(packet.data);
        }
      }
    }, 10);
  } else if (message.count) {
    process.send({ received });
    received = 0;
  } else if (message.end) {
    clearInterval(timer);
    process.exit(0);
  }
});
