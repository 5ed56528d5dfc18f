import { createHmac, randomBytes } from "node:crypto";
import { crc32 } from "node:zlib";
import { describe, expect, it } from "vitest";
import { IceLite } from "./ice-lite.js";
import { isStun, readStunRequest, stunSuccess } from "./stun-message.js";

const hex = (text: string): Buffer => Buffer.from(text.replaceAll(/\s/g, ""), "hex");

/** RFC 5769 section 2.1, the sample request. Password VOkJxbRl1RmTxUk/WvJxBt. */
const SAMPLE = hex(`
  00010058 2112a442 b7e7a701bc34d686fa87dfae 80220010 5354554e20746573 7420636c69656e74 00240004 6e0001ff 80290008 932ff9b151263b36
  00060009 6576746a3a683676 59202020 00080014 9aeaa70cbfd8cb56781ef2b5 b2d3f249c1b571a2 80280004 e57a3bcf`);
const PASSWORD = "VOkJxbRl1RmTxUk/WvJxBt";
const from = (port: number, address = "127.0.0.1") => ({ address, port });

function attribute(type: number, value: Buffer): Buffer {
  const out = Buffer.alloc(4 + ((value.length + 3) & ~3));
  out.writeUInt16BE(type, 0);
  out.writeUInt16BE(value.length, 2);
  value.copy(out, 4);
  return out;
}

function request(username: string, password: string, options: { priority?: number; nominate?: boolean; controlled?: boolean } = {}): Buffer {
  const priority = Buffer.alloc(4);
  priority.writeUInt32BE(options.priority ?? 100);
  const content = Buffer.concat([
    attribute(6, Buffer.from(username)),
    attribute(0x24, priority),
    attribute(options.controlled === true ? 0x8029 : 0x802a, randomBytes(8)),
    ...(options.nominate === true ? [attribute(0x25, Buffer.alloc(0))] : []),
  ]);
  const header = Buffer.concat([Buffer.from([0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42]), randomBytes(12)]);
  header.writeUInt16BE(content.length + 24, 2);
  const integrity = attribute(8, createHmac("sha1", password).update(header).update(content).digest());
  header.writeUInt16BE(content.length + 32, 2);
  const whole = Buffer.concat([header, content, integrity]);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE((crc32(whole) ^ 0x5354554e) >>> 0);
  return Buffer.concat([whole, attribute(0x8028, sum)]);
}

describe("STUN", () => {
  it("reads the sample request of RFC 5769", () => {
    const read = readStunRequest(SAMPLE)!;
    expect(read.username).toBe("evtj:h6vY");
    expect(read.priority).toBe(0x6e0001ff);
    expect(read.peerIsControlled).toBe(true);
    expect(read.genuine(PASSWORD)).toBe(true);
    expect(read.genuine("another")).toBe(false);
  });

  it("writes an answer as in RFC 5769 section 2.2, but for the name of the software", () => {
    const answer = stunSuccess(hex("b7e7a701bc34d686fa87dfae"), "192.0.2.1", 32_853, PASSWORD);
    expect(answer.subarray(0, 2)).toEqual(hex("0101"));
    expect(answer.subarray(20, 32)).toEqual(hex("00200008 0001a147 e112a643"));
    expect(answer.readUInt16BE(2)).toBe(answer.length - 20);
    const six = stunSuccess(hex("b7e7a701bc34d686fa87dfae"), "2001:db8:1234:5678:11:2233:4455:6677", 32_853, PASSWORD);
    expect(six.subarray(20, 44)).toEqual(hex("00200014 0002a147 0113a9faa5d3f179bc25f4b5bed2b9d9")); // section 2.3
  });

  it("passes over what is damaged", () => {
    for (let length = 0; length < SAMPLE.length; length++) expect(readStunRequest(SAMPLE.subarray(0, length))).toBeUndefined();
    for (let at = 0; at < SAMPLE.length; at++) {
      const damaged = Buffer.from(SAMPLE);
      damaged[at]! ^= 0xff;
      expect(readStunRequest(damaged)?.genuine(PASSWORD) ?? false).toBe(false);
    }
    expect(isStun(Buffer.alloc(40))).toBe(false);
  });
});

describe("ICE, the lite side", () => {
  const local = { ufrag: "ours", pwd: "a-password-of-ours-1234" };
  const setUp = (): { ice: IceLite; sent: { answer: Buffer; port: number }[]; check: (datagram: Buffer, port: number, now?: number) => boolean } => {
    const ice = new IceLite(local);
    const sent: { answer: Buffer; port: number }[] = [];
    return { ice, sent, check: (datagram, port, now = 0) => ice.check(datagram, from(port), now, (answer, to) => sent.push({ answer, port: to.port })) };
  };

  it("answers checks and goes where the peer nominates, the higher priority first", () => {
    const { ice, sent, check } = setUp();
    expect(check(request("ours:theirs", local.pwd), 1000)).toBe(true);
    expect(ice.path).toBeUndefined();
    expect(ice.knows(from(1000))).toBe(true);
    check(request("ours:theirs", local.pwd, { priority: 50, nominate: true }), 1001);
    expect(ice.path).toMatchObject({ port: 1001 });
    check(request("ours:theirs", local.pwd, { priority: 100, nominate: true }), 1000);
    expect(ice.path).toMatchObject({ port: 1000 });
    check(request("ours:theirs", local.pwd, { priority: 50, nominate: true }), 1001, 1000);
    expect(ice.path).toMatchObject({ port: 1000 });
    // The better path has died.
    check(request("ours:theirs", local.pwd, { priority: 50, nominate: true }), 1001, 9000);
    expect(ice.path).toMatchObject({ port: 1001 });
    expect(sent.map(({ port }) => port)).toEqual([1000, 1001, 1000, 1001, 1001]);
  });

  it("says nothing to strangers, and a peer in the wrong role that it is", () => {
    const { ice, sent, check } = setUp();
    expect(check(request("ours:theirs", "guessed", { nominate: true }), 1)).toBe(false);
    expect(check(request("other:theirs", local.pwd, { nominate: true }), 2)).toBe(false);
    expect(check(SAMPLE, 3)).toBe(false);
    expect(sent).toEqual([]);
    expect(ice.refused).toBe(3);
    expect(ice.knows(from(1))).toBe(false);
    check(request("ours:theirs", local.pwd, { controlled: true }), 4);
    expect(sent[0]!.answer.readUInt16BE(0)).toBe(0x0111);
    expect(ice.path).toBeUndefined();
  });

  it("follows a restart: both credentials hold until the new path is chosen", () => {
    const { ice, check } = setUp();
    check(request("ours:theirs", local.pwd, { priority: 100, nominate: true }), 1000);
    const next = { ufrag: "newer", pwd: "another-password-of-ours" };
    ice.restart(next);
    expect(ice.path).toMatchObject({ port: 1000 });
    expect(check(request("ours:theirs", local.pwd), 1000)).toBe(true);
    expect(check(request("newer:theirs2", next.pwd, { priority: 10, nominate: true }), 2000)).toBe(true);
    expect(ice.path).toMatchObject({ port: 2000 });
    ice.restart({ ufrag: "third", pwd: "yet-another-password-1" });
    expect(check(request("ours:theirs", local.pwd), 1000)).toBe(false);
  });

  it("remembers a bounded number of paths, the chosen one always", () => {
    const { ice, check } = setUp();
    check(request("ours:theirs", local.pwd, { nominate: true }), 1000);
    for (let port = 2000; port < 2100; port++) check(request("ours:theirs", local.pwd), port, port);
    expect(ice.knows(from(1000))).toBe(true);
    expect(ice.knows(from(2000))).toBe(false);
    expect(ice.knows(from(2099))).toBe(true);
  });
});
