import { createServer } from "node:net";

/** A TCP port nobody listens on at the moment. */
export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => (typeof address === "object" && address !== null ? resolve(address.port) : reject(new Error("no port"))));
    });
  });
}

let nextRange = 12_000 + ((process.pid * 100) % 20_000);

/** A range of 400 RTP ports of this test's own. */
export function rtpRange(): string {
  nextRange = nextRange + 400 > 34_000 ? 12_000 : nextRange + 400;
  const from = nextRange + (nextRange % 2);
  return `${from}-${from + 399}`;
}
