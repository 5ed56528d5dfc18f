import { beforeEach, describe, expect, it } from "vitest";
import { RequestLine } from "./request-line.js";
import type { MessageSource } from "./types.js";

let now: number;
let served: string[];
let turns: (() => void)[];
let unread: string[];
let line: RequestLine;
/** What serving one request takes. */
let cost: number;
beforeEach(() => {
  now = 0;
  cost = 1;
  served = [];
  turns = [];
  unread = [];
  line = new RequestLine({
    now: () => now,
    unread: (address) => void unread.push(address),
    known: (address) => address.startsWith("192.0.2."),
    afterReading: (run) => void turns.push(run),
    serve: (bytes, { address }) => {
      served.push(`${bytes.toString().split(" ", 2).join(" ")} of ${address} after ${Math.round(line.waitedMs)}`);
      now += cost;
    },
  });
});

const source = (address: string): MessageSource => ({ kind: "udp", address, port: 5060, local: { address: "192.0.2.200", port: 5060 } });
const come = (text: string, address = "192.0.2.1"): void => line.take(Buffer.from(`${text} SIP/2.0\r\nVia: x\r\n\r\n`), source(address));
const turn = (): void => {
  for (const run of turns.splice(0)) run();
};

describe("requests that come faster than they are served", () => {
  it("are served at once while there is time, then in their order, a slice between two readings", () => {
    for (let i = 0; i < 6; i++) come(`INVITE sip:${i}`);
    expect(served).toHaveLength(2);
    expect(line.waitedMs).toBe(0);
    now += 10;
    expect(line.waitedMs).toBe(10);
    turn();
    turn();
    expect(served).toEqual(["INVITE sip:0 of 192.0.2.1 after 0", "INVITE sip:1 of 192.0.2.1 after 0", ...[10, 11, 12, 13].map((waited, i) => `INVITE sip:${i + 2} of 192.0.2.1 after ${waited}`)]);
    turn();
    expect(turns).toEqual([]);
    come("INVITE sip:6");
    expect(served.at(-1)).toBe("INVITE sip:6 of 192.0.2.1 after 0");
  });

  it("wait once, however often they are repeated", () => {
    cost = 5;
    come("INVITE sip:first");
    for (let i = 0; i < 5; i++) come("INVITE sip:repeated");
    come("INVITE sip:repeated", "192.0.2.2");
    while (turns.length > 0) turn();
    expect(served.filter((each) => each.includes("repeated"))).toHaveLength(2);
    expect(line.repeated).toBe(4);
  });

  it("hold up nothing of calls there are, and no response", () => {
    cost = 5;
    come("INVITE sip:a");
    come("INVITE sip:b");
    for (const each of ["ACK sip:c", "BYE sip:d", "PRACK sip:e", "UPDATE sip:f", "SIP/2.0 200 OK for"]) come(each, "198.51.100.1");
    expect(served.map((each) => each.split(" ")[0])).toEqual(["INVITE", "ACK", "BYE", "PRACK", "UPDATE", "SIP/2.0"]);
    // A CANCEL comes after the INVITE it is for.
    come("CANCEL sip:b");
    while (turns.length > 0) turn();
    expect(served.slice(6).map((each) => each.split(" ", 2).join(" "))).toEqual(["INVITE sip:b", "CANCEL sip:b"]);
  });

  it("of unknown sources wait for those of known ones, and are thrown away once their senders repeat them", () => {
    cost = 2;
    come("INVITE sip:first");
    for (let i = 0; i < 300; i++) come(`INVITE sip:${i}`, "198.51.100.1");
    for (let i = 0; i < 10; i++) come(`INVITE sip:known${i}`);
    for (let i = 0; i < 10; i++) turn();
    expect(served.slice(1)).toEqual(Array.from({ length: 10 }, (_, i) => expect.stringMatching(`^INVITE sip:known${i} of`)));
    turn();
    expect(served.at(-1)).toMatch("INVITE sip:0 of 198.51.100.1");
    while (turns.length > 0) turn();
    expect(served.length - 11).toBeLessThan(260);
    expect(line.unread).toBe(300 - (served.length - 11));
    come("INVITE sip:again", "198.51.100.1");
    expect(served.at(-1)).toMatch("INVITE sip:again");
  });

  it("fill no memory", () => {
    cost = 5;
    for (let i = 0; i < 10_000; i++) come(`INVITE sip:${i}`, "198.51.100.1");
    expect(line.unread).toBe(10_000 - 1 - 4_000);
    expect(unread).toHaveLength(line.unread);
    line.clear();
    turn();
    expect(served).toHaveLength(1);
  });
});
