import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dtmfTone, sines, sineSecond } from "../src/audio/tones.js";
import { alawLevel } from "../src/codec/level.js";
import { ALAW_TO_ULAW, ULAW_TO_ALAW } from "../src/codec/g711.js";
import { DtmfDetector } from "../src/dsp/dtmf-detector.js";
import { sequenceDistance, timestampDistance } from "../src/rtp/rtp-packet.js";
import { delay, MediaBench, powerAt, purity, until } from "./engine-setup.js";
import type { RtpPeer } from "./rtp-peer.js";

const second = (hz: number): Uint8Array => sineSecond(hz, -12);
/** The middle of what a phone heard. */
const middle = (peer: RtpPeer): Uint8Array => peer.heard.subarray(2400, 6400);

describe("bridges", () => {
  let bench: MediaBench;
  beforeAll(async () => {
    bench = await MediaBench.start();
  });
  afterAll(() => bench.stop());

  test("two talkers are relayed octet by octet, both ways, with our own headers", async () => {
    const a = await bench.call();
    const b = await bench.call({ near: a.leg, remote: { payloadType: 97 } });
    const bridge = await bench.engine.createBridge({ near: a.leg });
    await bridge.join(a.leg);
    await bridge.join(b.leg);
    expect(bridge.members).toEqual([
      { leg: a.leg, role: "talk" },
      { leg: b.leg, role: "talk" },
    ]);
    a.peer.payloadType = 8;
    const toB = second(1000);
    const toA = second(700);
    b.peer.payloadType = 97;
    await Promise.all([a.peer.speak(a.leg.localPort, toB), b.peer.speak(b.leg.localPort, toA)]);
    await until(() => b.peer.packets.length >= 50 && a.peer.packets.length >= 50);
    expect(Buffer.compare(b.peer.heard, toB)).toBe(0);
    expect(Buffer.compare(a.peer.heard, toA)).toBe(0);
    for (const [peer, other] of [[a.peer, b.peer], [b.peer, a.peer]] as const) {
      expect(new Set(peer.packets.map(({ ssrc }) => ssrc)).size).toBe(1);
      expect(peer.packets[0]!.ssrc).not.toBe(other.ssrc);
      expect(peer.packets[0]!.marker).toBe(true);
    }
    expect(b.peer.packets[0]!.payloadType).toBe(97);
    // Losses and reordering pass through as they are.
    const before = b.peer.packets.length;
    const base = a.peer.sequence + 1; // one is missing
    a.peer.timestamp += 160;
    for (const [i, n] of [0, 2, 1].entries()) a.peer.sendPacket(a.leg.localPort, toB.subarray(i * 160, i * 160 + 160), { sequence: (base + n) & 0xffff, timestamp: (a.peer.timestamp + n * 160) >>> 0 });
    await until(() => b.peer.packets.length >= before + 3);
    const last = b.peer.packets[before - 1]!;
    expect(b.peer.packets.slice(before).map(({ sequence }) => sequenceDistance(last.sequence, sequence))).toEqual([2, 4, 3]);
    expect(b.peer.packets.slice(before).map(({ timestamp }) => timestampDistance(last.timestamp, timestamp))).toEqual([320, 640, 480]);
    await bridge.close();
    await bridge.close();
    expect(bridge.members).toEqual([]);
    await expect(bridge.join(a.leg)).rejects.toMatchObject({ code: "HTL_MEDIA_BRIDGE_CLOSED" });
    await Promise.all([a.leg.close(), b.leg.close()]);
  });

  test("A-law and µ-law are relayed through the table", async () => {
    const a = await bench.call();
    const b = await bench.call({ near: a.leg, remote: { codec: "PCMU", payloadType: 0 } });
    const bridge = await bench.engine.createBridge({ near: a.leg });
    await Promise.all([bridge.join(a.leg), bridge.join(b.leg)]);
    const sound = second(1000).subarray(0, 1600);
    await a.peer.speak(a.leg.localPort, sound);
    await b.peer.speak(b.leg.localPort, sound.map((octet) => ALAW_TO_ULAW[octet]!));
    await until(() => a.peer.packets.length >= 10 && b.peer.packets.length >= 10);
    expect([...b.peer.heard]).toEqual([...sound].map((octet) => ALAW_TO_ULAW[octet]));
    expect([...a.peer.heard]).toEqual([...sound].map((octet) => ULAW_TO_ALAW[ALAW_TO_ULAW[octet]!]));
    await bridge.close();
    await Promise.all([a.leg.close(), b.leg.close()]);
  });

  test("keys pass a relay as packets, and as sound to a peer that takes none", async () => {
    const a = await bench.call();
    const b = await bench.call({ near: a.leg, remote: { telephoneEventPayloadType: 96 } });
    const bridge = await bench.engine.createBridge({ near: a.leg });
    await Promise.all([bridge.join(a.leg), bridge.join(b.leg)]);
    const entry = a.leg.collect({ firstDigitTimeoutMs: 15_000 });
    await a.peer.press(a.leg.localPort, 6);
    await until(() => b.peer.packets.filter(({ payloadType }) => payloadType === 96).length >= 7);
    const events = b.peer.packets.filter(({ payloadType }) => payloadType === 96);
    expect(new Set(events.map(({ timestamp }) => timestamp)).size).toBe(1);
    expect(events.every(({ payload }) => payload[0] === 6)).toBe(true);
    expect(events[0]!.marker).toBe(true);
    expect(await entry).toMatchObject({ digits: "6" }); // the hotline hears it too
    const c = await bench.call({ near: a.leg, remote: { telephoneEventPayloadType: undefined } });
    await bridge.leave(b.leg);
    await bridge.join(c.leg);
    await a.peer.press(a.leg.localPort, 3);
    await until(() => c.peer.packets.length >= 5);
    expect(powerAt(c.peer.heard.subarray(0, 640), 697)).toBeGreaterThan(1e6);
    expect(powerAt(c.peer.heard.subarray(0, 640), 1477)).toBeGreaterThan(1e6);
    await bridge.close();
    await Promise.all([a.leg.close(), b.leg.close(), c.leg.close()]);
  });

  test("keys pass between all kinds: packets, tones and signalling, each once, a tone not beside its key", async () => {
    const packets = await bench.call();
    const tones = await bench.call({ near: packets.leg, remote: { telephoneEventPayloadType: undefined } });
    const info = await bench.call({ near: packets.leg, keys: "signalling" });
    const bridge = await bench.engine.createBridge({ near: packets.leg });
    const quiet = new Uint8Array(1600).fill(0xd5);
    const told = (): readonly string[] => info.events.flatMap((event) => (event.type === "send-key" ? [event.digit] : []));
    const sent = (): readonly number[] => [...new Map(packets.peer.packets.filter(({ payloadType }) => payloadType === 101).map(({ timestamp, payload }) => [timestamp, payload[0] ?? -1])).values()];
    const heard = (): string => {
      let digits = "";
      const detector = new DtmfDetector({ down: (digit) => (digits += digit), up: () => undefined });
      detector.feed(tones.peer.heard, 0, tones.peer.heard.length);
      return digits;
    };
    // Tones to packets: sent as an event, the tone itself is cut off but for its beginning.
    await Promise.all([bridge.join(packets.leg), bridge.join(tones.leg)]);
    await tones.peer.speak(tones.leg.localPort, Buffer.concat([dtmfTone("5", 200), quiet]));
    await until(() => sent().length === 1);
    expect(sent()).toEqual([5]);
    const tone = packets.peer.sound.length;
    expect(tone).toBeLessThan(18);
    // Signalling to packets and to tones; with a packet of its own beside it, once.
    packets.leg.injectDtmf("1");
    await until(() => heard() === "1");
    await packets.peer.press(packets.leg.localPort, 1); // the twin of the INFO
    await packets.peer.press(packets.leg.localPort, 2);
    await until(() => heard().endsWith("2"));
    expect(heard()).toBe("12");
    tones.leg.injectDtmf("6");
    await until(() => sent().length === 2);
    expect(sent()).toEqual([5, 6]);
    await bridge.leave(tones.leg);
    // Packets to signalling, and back.
    await bridge.join(info.leg);
    await packets.peer.press(packets.leg.localPort, 7);
    await until(() => told().length === 1);
    packets.leg.injectDtmf("7"); // its twin
    packets.leg.injectDtmf("8");
    await until(() => told().length === 2);
    expect(told()).toEqual(["7", "8"]);
    expect(info.peer.packets.some(({ payloadType }) => payloadType === 101)).toBe(false);
    info.leg.injectDtmf("9");
    await until(() => sent().length === 3);
    expect(sent()).toEqual([5, 6, 9]);
    await bridge.leave(packets.leg);
    // Tones to signalling, and back.
    await bridge.join(tones.leg);
    await tones.peer.speak(tones.leg.localPort, Buffer.concat([dtmfTone("3", 120), quiet]));
    await until(() => told().length === 3);
    expect(told()).toEqual(["7", "8", "3"]);
    info.leg.injectDtmf("4");
    await until(() => heard().endsWith("4"));
    expect(heard()).toBe("124");
    await bridge.close();
    await Promise.all([packets.leg.close(), tones.leg.close(), info.leg.close()]);
  }, 30_000);

  test("three parties hear the sum of the others, and back to two they are relayed again", async () => {
    const a = await bench.call();
    const b = await bench.call({ near: a.leg });
    const c = await bench.call({ near: a.leg, remote: { codec: "PCMU", payloadType: 0 } });
    const bridge = await bench.engine.createBridge({ near: a.leg });
    for (const { leg } of [a, b, c]) await bridge.join(leg);
    await Promise.all([
      a.peer.speak(a.leg.localPort, second(500)),
      b.peer.speak(b.leg.localPort, second(1000)),
      c.peer.speak(c.leg.localPort, second(2000).map((octet) => ALAW_TO_ULAW[octet]!)),
    ]);
    const own = powerAt(second(1000), 1000);
    const share = (peer: RtpPeer, hz: number): number => powerAt(peer === c.peer ? middle(peer).map((octet) => ULAW_TO_ALAW[octet]!) : middle(peer), hz) / own;
    for (const [peer, hears, not] of [[a.peer, [1000, 2000], 500], [b.peer, [500, 2000], 1000], [c.peer, [500, 1000], 2000]] as const) {
      for (const hz of hears) expect(share(peer, hz)).toBeGreaterThan(0.6);
      expect(share(peer, not)).toBeLessThan(0.02);
    }
    await bridge.leave(c.leg);
    await a.peer.speak(a.leg.localPort, second(500).subarray(0, 800));
    // What was mixed before may still be on its way.
    const relayed = (): Buffer => Buffer.concat(b.peer.packets.slice(-5).map(({ payload }) => Buffer.from(payload)));
    await until(() => relayed().equals(Buffer.from(second(500).subarray(0, 800))));
    b.peer.packets.reduce((last, packet) => {
      expect(sequenceDistance(last.sequence, packet.sequence)).toBe(1);
      expect(timestampDistance(last.timestamp, packet.timestamp)).toBeGreaterThan(0);
      return packet;
    });
    await bridge.close();
    await Promise.all([a.leg.close(), b.leg.close(), c.leg.close()]);
  });

  test("four parties hear the three others and not themselves; one leaves, and the rest go on", async () => {
    const tones = [500, 900, 1300, 2100];
    const a = await bench.call();
    const parties = [a, await bench.call({ near: a.leg }), await bench.call({ near: a.leg }), await bench.call({ near: a.leg })];
    const bridge = await bench.engine.createBridge({ near: a.leg });
    for (const { leg } of parties) await bridge.join(leg);
    expect(bridge.members.map(({ role }) => role)).toEqual(["talk", "talk", "talk", "talk"]);
    const speak = async (): Promise<void> => {
      await Promise.all(parties.map(({ leg, peer }, i) => peer.speak(leg.localPort, second(tones[i]!))));
    };
    const own = powerAt(second(900), 900);
    /** The frequencies in what each of these hears: all there are but its own. */
    const check = (present: number[]): void => {
      for (const i of present) {
        const sound = middle(parties[i]!.peer);
        for (const [j, hz] of tones.entries()) {
          const share = powerAt(sound, hz) / own;
          if (j !== i && present.includes(j)) expect(share, `${hz} Hz at ${tones[i]} Hz`).toBeGreaterThan(0.6);
          else expect(share, `${hz} Hz at ${tones[i]} Hz`).toBeLessThan(0.02);
        }
      }
    };
    await speak();
    check([0, 1, 2, 3]);
    const gone = parties[1]!;
    await bridge.leave(gone.leg);
    expect(bridge.members.map(({ leg }) => leg)).toEqual([0, 2, 3].map((i) => parties[i]!.leg));
    for (const { peer } of parties) peer.packets.length = 0;
    // It speaks on, and nobody is there to hear it.
    await speak();
    check([0, 2, 3]);
    // What was mixed before may still have been on its way.
    expect(gone.peer.heard.length).toBeLessThan(1600);
    // Who hangs up has left too.
    await parties[3]!.leg.close();
    expect(bridge.members).toHaveLength(2);
    await bridge.close();
    await Promise.all([0, 1, 2].map((i) => parties[i]!.leg.close()));
  });

  test("a listener is heard by nobody, a whisper by its target alone", async () => {
    const citizen = await bench.call();
    const agent = await bench.call({ near: citizen.leg });
    const supervisor = await bench.call({ near: citizen.leg });
    const bridge = await bench.engine.createBridge({ near: citizen.leg });
    await bridge.join(citizen.leg);
    await bridge.join(agent.leg);
    await bridge.join(supervisor.leg, { role: "listen" });
    const speak = (): Promise<unknown> =>
      Promise.all([
        citizen.peer.speak(citizen.leg.localPort, second(500)),
        agent.peer.speak(agent.leg.localPort, second(1000)),
        supervisor.peer.speak(supervisor.leg.localPort, second(2000)),
      ]);
    const own = powerAt(second(1000), 1000);
    await speak();
    expect(powerAt(middle(supervisor.peer), 500) / own).toBeGreaterThan(0.6);
    expect(powerAt(middle(supervisor.peer), 1000) / own).toBeGreaterThan(0.6);
    expect(powerAt(middle(citizen.peer), 2000) / own).toBeLessThan(0.02);
    expect(powerAt(middle(agent.peer), 2000) / own).toBeLessThan(0.02);
    await bridge.join(supervisor.leg, { role: "whisper", whisperTo: [agent.leg] });
    expect(bridge.members.find(({ leg }) => leg === supervisor.leg)?.role).toBe("whisper");
    for (const { peer } of [citizen, agent, supervisor]) peer.packets.length = 0;
    await speak();
    expect(powerAt(middle(agent.peer), 2000) / own).toBeGreaterThan(0.6);
    expect(powerAt(middle(citizen.peer), 2000) / own).toBeLessThan(0.02);
    expect(powerAt(middle(citizen.peer), 1000) / own).toBeGreaterThan(0.6);
    // Who leaves the call leaves the bridge.
    await supervisor.leg.close();
    expect(bridge.members).toHaveLength(2);
    await Promise.all([citizen.leg.close(), agent.leg.close()]);
    expect(bridge.members).toHaveLength(0);
    await bridge.close();
  });

  test("a play-out has the floor over the bridge, on its own leg only", async () => {
    const a = await bench.call();
    const b = await bench.call({ near: a.leg });
    const bridge = await bench.engine.createBridge({ near: a.leg });
    await Promise.all([bridge.join(a.leg), bridge.join(b.leg)]);
    const talking = a.peer.speak(a.leg.localPort, second(500));
    await until(() => b.peer.packets.length >= 5);
    await b.leg.play({ kind: "sine", hz: 2000, durationMs: 400 }).done;
    await talking;
    await until(() => b.peer.packets.length >= 45);
    const sound = b.peer.heard;
    expect(purity(sound.subarray(0, 640), 500)).toBeGreaterThan(0.95);
    expect(powerAt(sound, 2000)).toBeGreaterThan(1e5);
    const mixed = b.peer.packets.filter(({ payload }) => purity(payload, 500) < 0.9 && purity(payload, 2000) < 0.9);
    expect(mixed.length).toBeLessThanOrEqual(1);
    expect(a.peer.packets).toHaveLength(0);
    await bridge.close();
    await Promise.all([a.leg.close(), b.leg.close()]);
  });

  test("hold: nothing goes in or out, afterwards the sound is back", async () => {
    const a = await bench.call();
    const b = await bench.call({ near: a.leg });
    const bridge = await bench.engine.createBridge({ near: a.leg });
    await Promise.all([bridge.join(a.leg), bridge.join(b.leg)]);
    a.leg.setDirection("inactive");
    await a.leg.stats();
    await Promise.all([a.peer.speak(a.leg.localPort, second(500).subarray(0, 1600)), b.peer.speak(b.leg.localPort, second(500).subarray(0, 1600))]);
    await delay(40);
    expect(a.peer.packets).toHaveLength(0);
    expect(b.peer.packets).toHaveLength(0);
    a.leg.setDirection("sendrecv");
    a.leg.setRemote({ ...a.peer.remote, direction: "sendonly" }); // the other side has put us on hold, music may go out
    await a.leg.stats();
    await Promise.all([a.peer.speak(a.leg.localPort, second(500).subarray(0, 1600)), b.peer.speak(b.leg.localPort, second(500).subarray(0, 1600))]);
    await until(() => a.peer.packets.length >= 10);
    expect(b.peer.packets).toHaveLength(0);
    a.leg.setRemote(a.peer.remote);
    await a.leg.stats();
    await a.peer.speak(a.leg.localPort, second(500).subarray(0, 1600));
    await until(() => b.peer.packets.length >= 10);
    await bridge.close();
    await Promise.all([a.leg.close(), b.leg.close()]);
  });

  test("moves of one leg through bridges at once end in a clear state", async () => {
    const legs = await Promise.all([bench.call(), bench.call(), bench.call()]);
    const [one, two] = await Promise.all([bench.engine.createBridge(), bench.engine.createBridge()]);
    const [a, b, c] = legs.map(({ leg }) => leg);
    await Promise.all([one.join(a!), one.join(b!), two.join(c!)]);
    await Promise.all([two.join(b!), one.leave(a!), one.join(a!)]);
    expect(one.members.map(({ leg }) => leg)).toEqual([a]);
    expect(new Set(two.members.map(({ leg }) => leg))).toEqual(new Set([b, c]));
    const joining = one.join(c!);
    const closing = c!.close();
    await Promise.allSettled([joining, closing]);
    expect(one.members.every(({ leg }) => !leg.ended)).toBe(true);
    expect(two.members.every(({ leg }) => !leg.ended)).toBe(true);
    await expect(one.join(c!)).rejects.toMatchObject({ code: "HTL_MEDIA_LEG_ENDED" });
    await Promise.all([one.close(), two.close(), a!.close(), b!.close()]);
  });
});

describe("bridges across workers", () => {
  let bench: MediaBench;
  beforeAll(async () => {
    bench = await MediaBench.start({ workers: 2 });
  });
  afterAll(() => bench.stop());

  test("legs of two workers hear each other over shared memory", async () => {
    const a = await bench.call();
    const b = await bench.call();
    expect(new Set([a.leg.worker, b.leg.worker]).size).toBe(2);
    const near = await bench.call({ near: a.leg });
    expect(near.leg.worker).toBe(a.leg.worker);
    await near.leg.close();
    const bridge = await bench.engine.createBridge({ near: a.leg });
    await bridge.join(a.leg);
    await bridge.join(b.leg);
    await Promise.all([a.peer.speak(a.leg.localPort, second(500)), b.peer.speak(b.leg.localPort, second(1000))]);
    await delay(100);
    expect(purity(middle(a.peer), 1000)).toBeGreaterThan(0.9);
    expect(purity(middle(b.peer), 500)).toBeGreaterThan(0.9);
    await bridge.leave(b.leg);
    const count = b.peer.packets.length;
    await a.peer.speak(a.leg.localPort, sines([{ hz: 500, level: -10 }], 1600));
    expect(b.peer.packets.length - count).toBeLessThanOrEqual(2);
    expect(alawLevel(second(500))).toBeCloseTo(-12, 0);
    await bridge.close();
    await Promise.all([a.leg.close(), b.leg.close()]);
    const health = await bench.engine.health();
    expect(health.map(({ legs }) => legs)).toEqual([0, 0]);
  });

  /** The keys a peer was sent as packets, in their order: event, ms, packets that told the end, packets with the marker. */
  function keysAt(peer: RtpPeer, payloadType: number): readonly (readonly number[])[] {
    const keys = new Map<number, number[]>();
    for (const { payloadType: type, timestamp, payload, marker } of peer.packets) {
      if (type !== payloadType) continue;
      const key = keys.get(timestamp) ?? [payload[0]!, 0, 0, 0];
      key[1] = (payload[2]! * 256 + payload[3]!) / 8;
      key[2]! += payload[1]! >> 7;
      key[3]! += marker ? 1 : 0;
      keys.set(timestamp, key);
    }
    return [...keys.values()];
  }

  test("keys cross as packets, in order and with their length, both ways", async () => {
    const a = await bench.call();
    const b = await bench.call({ remote: { telephoneEventPayloadType: 96 } });
    expect(a.leg.worker).not.toBe(b.leg.worker);
    const bridge = await bench.engine.createBridge({ near: a.leg });
    await Promise.all([bridge.join(a.leg), bridge.join(b.leg)]);
    for (const [event, ms] of [[1, 100], [2, 300], [11, 160], [2, 80]] as const) await a.peer.press(a.leg.localPort, event, { ms });
    await until(() => keysAt(b.peer, 96).filter(([, , ends]) => ends === 3).length === 4);
    expect(keysAt(b.peer, 96)).toEqual([[1, 100, 3, 1], [2, 300, 3, 1], [11, 160, 3, 1], [2, 80, 3, 1]]);
    b.leg.injectDtmf("7");
    await until(() => keysAt(a.peer, 101).filter(([, , ends]) => ends === 3).length === 1);
    expect(keysAt(a.peer, 101)).toEqual([[7, 100, 3, 1]]);
    // Not as tones beside.
    let digits = "";
    const detector = new DtmfDetector({ down: (digit) => (digits += digit), up: () => undefined });
    detector.feed(b.peer.heard, 0, b.peer.heard.length);
    expect(digits).toBe("");
    await bridge.close();
    await Promise.all([a.leg.close(), b.leg.close()]);
  });

  test("tones become packets for a peer in the other worker that takes them, packets tones for one that does not; with three who talk a key is for the hotline", async () => {
    const a = await bench.call();
    const b = await bench.call({ remote: { telephoneEventPayloadType: undefined } });
    const third = await bench.call({ near: a.leg });
    expect(a.leg.worker).not.toBe(b.leg.worker);
    const heard = (): string => {
      let digits = "";
      const detector = new DtmfDetector({ down: (digit) => (digits += digit), up: () => undefined });
      detector.feed(b.peer.heard, 0, b.peer.heard.length);
      return digits;
    };
    const bridge = await bench.engine.createBridge({ near: a.leg });
    await Promise.all([bridge.join(a.leg), bridge.join(b.leg)]);
    await b.peer.speak(b.leg.localPort, Buffer.concat([dtmfTone("5", 200), new Uint8Array(1600).fill(0xd5)]));
    await until(() => keysAt(a.peer, 101).filter(([, , ends]) => ends === 3).length === 1);
    expect(keysAt(a.peer, 101).map(([event]) => event)).toEqual([5]);
    const tone = a.peer.sound.filter(({ payload }) => powerAt(payload, 770) > 1e6 && powerAt(payload, 1336) > 1e6).length;
    expect(tone).toBeLessThan(8); // of ten: cut off but for its beginning
    await a.peer.press(a.leg.localPort, 3);
    await until(() => heard() === "3");
    await bridge.join(third.leg);
    const entry = a.leg.collect({ flush: true, firstDigitTimeoutMs: 15_000 });
    const before = b.peer.packets.length;
    await a.peer.press(a.leg.localPort, 9);
    expect(await entry).toMatchObject({ digits: "9" });
    await until(() => b.peer.packets.length > before + 25);
    expect(heard()).toBe("3");
    expect(keysAt(third.peer, 101)).toEqual([]);
    await bridge.close();
    await Promise.all([a.leg.close(), b.leg.close(), third.leg.close()]);
  });
});
