import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { createDtlsCertificate } from "./dtls-certificate.js";
import { HANDSHAKE, RecordWriter } from "./dtls-record.js";
import { DtlsServer } from "./dtls-server.js";
import { HandshakeType, writeHandshake } from "./handshake.js";
import { number, vector } from "./octets.js";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const extension = (type: number, content = Buffer.alloc(0)): Buffer => Buffer.concat([number(type, 2), vector(2, content)]);

/** What any WebRTC peer begins with. */
const HELLO = writeHandshake(
  HandshakeType.clientHello,
  0,
  Buffer.concat([Buffer.from([0xfe, 0xfd]), Buffer.alloc(32, 7), vector(1), vector(1), vector(2, number(0xc02b, 2)), vector(1, Buffer.from([0])), vector(2, extension(23), extension(14, Buffer.concat([vector(2, number(1, 2)), vector(1)])))]),
);

function begin(): { readonly server: DtlsServer; readonly sent: Buffer[]; readonly failed: string[] } {
  const sent: Buffer[] = [];
  const failed: string[] = [];
  const server = new DtlsServer({ certificate: createDtlsCertificate(Date.UTC(2026, 0, 1)), fingerprints: [], send: (datagram) => void sent.push(datagram), established: () => undefined, failed: (why) => void failed.push(why) });
  return { server, sent, failed };
}

it("takes the genuine hello after one that was damaged or forged", () => {
  const { server, sent, failed } = begin();
  const writer = new RecordWriter();
  for (const body of [Buffer.alloc(0), Buffer.alloc(34, 9), HELLO.subarray(12, 60)]) server.receive(writer.write(HANDSHAKE, 0, writeHandshake(HandshakeType.clientHello, 0, body)));
  expect([sent.length, failed]).toEqual([0, []]);
  server.receive(writer.write(HANDSHAKE, 0, HELLO));
  expect([sent.length, failed]).toEqual([1, []]);
  server.close();
});

it("sends its flight again to who repeats the hello, but not for each of many, nor without end", () => {
  const { server, sent } = begin();
  const writer = new RecordWriter();
  server.receive(writer.write(HANDSHAKE, 0, HELLO));
  expect(sent).toHaveLength(1);
  /** The smallest thing that looks like a repetition: the first octet of the hello. */
  const scrap = Buffer.concat([HELLO.subarray(0, 9), number(1, 3), HELLO.subarray(12, 13)]);
  const many = (): Buffer => Buffer.concat(Array.from({ length: 40 }, () => writer.write(HANDSHAKE, 0, scrap)));
  server.receive(many());
  expect(sent).toHaveLength(1);
  // Until the first repetition of its own there is time for some.
  vi.advanceTimersByTime(100);
  server.receive(writer.write(HANDSHAKE, 0, HELLO));
  expect(sent).toHaveLength(2);
  for (let i = 0; i < 500; i++) {
    server.receive(many());
    vi.advanceTimersByTime(51);
  }
  // 32 on request, and some ten in its own time.
  expect(sent.length).toBeLessThan(45);
  server.close();
});
