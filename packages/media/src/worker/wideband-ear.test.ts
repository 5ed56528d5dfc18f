import { expect, test } from "vitest";
import { signalToNoise, sine } from "../../test/wideband-sound.js";
import { decodeAlaw } from "../codec/g711.js";
import { G722Encoder } from "../codec/g722.js";
import { RTP_HEADER_BYTES } from "../rtp/rtp-packet.js";
import type { InboundSound, SoundSource } from "./inbound-sound.js";
import { WidebandEar } from "./wideband-ear.js";

const source: SoundSource = { discarded: () => undefined, narrowed: (sound) => sound };
const PACKETS = 60;
const octets = new Uint8Array(PACKETS * 160);
new G722Encoder().encode(sine(700, 9000, octets.length * 2), octets);

function packet(number: number, ssrc = 5): InboundSound {
  const data = new Uint8Array(RTP_HEADER_BYTES + 160);
  data.set(octets.subarray(number * 160, number * 160 + 160), RTP_HEADER_BYTES);
  return { source, codec: "G722", event: false, noise: false, ssrc, sequence: (number + 65_520) & 0xffff, timestamp: number * 160, marker: false, packet: data, offset: RTP_HEADER_BYTES, length: 160 };
}

/** Hears the packets in this order and puts them where they belong. */
function heard(order: readonly number[]): { pcm: Int16Array; refused: number[] } {
  const ear = new WidebandEar(source);
  const out = new Uint8Array(octets.length).fill(0xd5);
  const refused: number[] = [];
  let newest = -1;
  for (const number of order) {
    const sound = ear.hear(packet(number), number < newest);
    newest = Math.max(newest, number);
    if (sound === undefined) refused.push(number);
    else out.set(sound.packet.subarray(sound.offset, sound.offset + sound.length), number * 160);
  }
  return { pcm: decodeAlaw(out), refused };
}

const inOrder = Array.from({ length: PACKETS }, (_, i) => i);
const straight = heard(inOrder).pcm;
const part = (pcm: Int16Array, number: number, count = 1): Int16Array => pcm.subarray(number * 160, (number + count) * 160);

/** dB between what was heard in order and otherwise. */
function likeness(pcm: Int16Array, number: number, count = 1): number {
  let signal = 0;
  let error = 1e-3;
  part(straight, number, count).forEach((sample, i) => {
    signal += sample ** 2;
    error += (sample - (part(pcm, number, count)[i] as number)) ** 2;
  });
  return 10 * Math.log10(signal / error);
}

test("hears the sound as A-law, with room for a header", () => {
  const sound = new WidebandEar(source).hear(packet(3), false);
  expect(sound).toMatchObject({ source, codec: "PCMA", ssrc: 5, timestamp: 480, offset: RTP_HEADER_BYTES, length: 160 });
  expect(sound?.packet).toHaveLength(RTP_HEADER_BYTES + 160);
  expect(signalToNoise(sine(700, 9000, octets.length, 8000).subarray(0, 8000), straight)).toBeGreaterThan(30);
});

test("a packet that comes after the next one is decoded where it belongs, and disturbs nothing", () => {
  const { pcm, refused } = heard([...inOrder.slice(0, 20), 21, 20, ...inOrder.slice(22)]);
  expect(refused).toEqual([]);
  expect(part(pcm, 20)).toEqual(part(straight, 20));
  expect(likeness(pcm, 21)).toBeGreaterThan(8);
  expect(likeness(pcm, 24, 20)).toBeGreaterThan(25);
});

test("several late ones, in their order", () => {
  const { pcm, refused } = heard([...inOrder.slice(0, 20), 23, 20, 21, 22, ...inOrder.slice(24)]);
  expect(refused).toEqual([]);
  for (const number of [20, 21, 22]) expect(part(pcm, number)).toEqual(part(straight, number));
});

test("one whose place has gone by is refused, and disturbs nothing", () => {
  const order = [...inOrder.slice(0, 20), 21, 23, 20, 24, 22, ...inOrder.slice(25)];
  const { pcm, refused } = heard(order);
  expect(refused).toEqual([20]);
  expect(likeness(pcm, 27, 20)).toBeGreaterThan(25);
});

test("after losses the sound is right again within 40 ms", () => {
  const { pcm } = heard([...inOrder.slice(0, 20), ...inOrder.slice(25)]);
  expect(likeness(pcm, 27, 20)).toBeGreaterThan(25);
});

test("another stream begins anew", () => {
  const ear = new WidebandEar(source);
  for (const number of inOrder) ear.hear(packet(number), false);
  const first = ear.hear(packet(0, 6), false);
  expect(decodeAlaw(first!.packet.subarray(first!.offset))).toEqual(part(straight, 0));
});
