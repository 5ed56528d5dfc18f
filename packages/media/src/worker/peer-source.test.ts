import { describe, expect, test } from "vitest";
import { emptyRtpHeader } from "../rtp/rtp-packet.js";
import { PeerSource, RELEARN_MS } from "./peer-source.js";

const ANNOUNCED = { address: "192.168.1.20", port: 4000 };
const HOST = { address: "192.168.1.20", port: 5000 };
const NAT = { address: "198.51.100.7", port: 61_000 };
const STRANGER = { address: "203.0.113.9", port: 7000 };

function learner(options: { symmetric?: boolean; expected?: boolean; signalledFrom?: string } = {}): PeerSource {
  const source = new PeerSource();
  source.symmetric = options.symmetric ?? true;
  source.expected = options.expected ?? true;
  source.announce({ ...ANNOUNCED, ...(options.signalledFrom === undefined ? {} : { signalledFrom: options.signalledFrom }) });
  return source;
}

/** Sends packets; tells after which one the source was turned to. */
function send(source: PeerSource, from: { address: string; port: number }, count: number, options: { first?: number; ssrc?: number; signed?: boolean; silentMs?: number; step?: number } = {}): number | undefined {
  for (let i = 0; i < count; i++) {
    const header = { ...emptyRtpHeader(), ssrc: options.ssrc ?? 7, sequence: ((options.first ?? 100) + i * (options.step ?? 1)) & 0xffff };
    if (source.turnsTo(from, header, options.signed ?? false, options.silentMs ?? 0)) return i + 1;
  }
  return undefined;
}

describe("who the peer is", () => {
  test("the announced source at once; strangers after four packets in sequence, over the turn of the number too", () => {
    const source = learner();
    expect(send(source, STRANGER, 3)).toBeUndefined();
    expect(send(source, STRANGER, 9, { first: 65_534, ssrc: 8 })).toBe(4);
    expect(source.heard).toBe(true);
    expect([source.address, source.port]).toEqual([STRANGER.address, STRANGER.port]);
    expect(send(source, ANNOUNCED, 1)).toBe(1);
    expect(source.asAnnounced).toBe(true);
  });

  test("packets that have no order never", () => {
    const source = learner();
    expect(send(source, STRANGER, 100, { step: 2 })).toBeUndefined();
    for (let i = 0; i < 100; i++) expect(send(source, STRANGER, 1, { first: 100 + i, ssrc: i })).toBeUndefined();
    for (let i = 0; i < 100; i++) expect(send(source, { ...STRANGER, port: 1000 + i }, 3)).toBeUndefined();
  });

  test("a stranger on trial is not disturbed by three others", () => {
    const source = learner();
    let turned: number | undefined;
    for (let i = 0; i < 4; i++) {
      for (const port of [1, 2, 3]) send(source, { ...STRANGER, port }, 1, { first: i * 7 });
      turned ??= send(source, NAT, 1, { first: 100 + i }) === 1 ? i + 1 : undefined;
    }
    expect(turned).toBe(4);
  });

  test("the host that signals and the announced host go before strangers, at once", () => {
    for (const known of [NAT, HOST]) {
      const source = learner({ signalledFrom: NAT.address });
      expect(send(source, STRANGER, 9)).toBe(4);
      expect(send(source, known, 1)).toBe(1);
      expect(send(source, STRANGER, 500)).toBeUndefined();
      expect(send(source, STRANGER, 500, { silentMs: 60_000 })).toBeUndefined();
    }
  });

  test("who is heard is left for another port of a known host only when silent, and after a trial", () => {
    const source = learner();
    send(source, ANNOUNCED, 1);
    expect(send(source, HOST, 9)).toBeUndefined();
    expect(send(source, HOST, 9, { silentMs: RELEARN_MS, first: 1000 })).toBe(4);
    expect(send(source, ANNOUNCED, 1)).toBe(1);
  });

  test("whoever can sign is known, wherever it is", () => {
    const source = learner();
    expect(send(source, STRANGER, 1, { signed: true })).toBe(1);
  });

  test("only what was announced, where nobody else may be the peer; no stranger, where the peer does not send", () => {
    const strict = learner({ symmetric: false, signalledFrom: NAT.address });
    for (const from of [HOST, NAT, STRANGER]) expect(send(strict, from, 9, { signed: true, silentMs: 9999 })).toBeUndefined();
    expect(send(strict, ANNOUNCED, 1)).toBe(1);
    const listening = learner({ expected: false, signalledFrom: NAT.address });
    expect(send(listening, STRANGER, 9)).toBeUndefined();
    expect(send(listening, NAT, 1)).toBe(1);
  });

  test("settled: the announced at once, a known host after two seconds of sound, a stranger never", () => {
    const settledAfter = (from: { address: string; port: number }): number => {
      const source = learner({ signalledFrom: NAT.address });
      send(source, from, 9);
      for (let i = 1; i <= 1000; i++) if (source.settles()) return i;
      return Infinity;
    };
    expect([ANNOUNCED, NAT, STRANGER].map(settledAfter)).toEqual([1, 101, Infinity]);
    const source = learner();
    send(source, ANNOUNCED, 1);
    expect([source.settles(), source.settles()]).toEqual([true, false]);
    source.unsettle();
    expect([source.settles(), source.settles()]).toEqual([true, false]);
  });

  test("announced anew elsewhere nothing is known any more; as before all is", () => {
    const source = learner();
    send(source, NAT, 9);
    expect(source.announce({ ...ANNOUNCED, signalledFrom: NAT.address })).toBe(false);
    expect(source.is(NAT)).toBe(true);
    expect(source.announce(STRANGER)).toBe(true);
    expect([source.heard, source.is(STRANGER)]).toEqual([false, true]);
  });
});
