import { describe, expect, test } from "vitest";
import type { DtmfDigit } from "@hotlinejs/core";
import { TelephoneEventReceiver } from "./telephone-event-receiver.js";
import { TelephoneEventSender } from "./telephone-event-sender.js";

/** A receiver and what it said: `+1` down, `-1:100` up after 100 ms. */
function receiver(): { said: string[]; packet(timestamp: number, event: number, duration: number, options?: { end?: boolean; marker?: boolean; ssrc?: number; at?: number }): boolean; receiver: TelephoneEventReceiver } {
  const said: string[] = [];
  const made = new TelephoneEventReceiver({ down: (digit) => said.push(`+${digit}`), up: (digit, ms) => said.push(`-${digit}:${ms}`) });
  return {
    said,
    receiver: made,
    packet: (timestamp, event, duration, { end = false, marker = false, ssrc = 1, at = 0 } = {}) => made.packet(ssrc, timestamp, marker, Uint8Array.from([event, (end ? 0x80 : 0) | 10, duration >> 8, duration & 0xff]), 0, 4, at),
  };
}

describe("receiving RFC 4733", () => {
  test("one key with its end sent three times", () => {
    const { said, packet } = receiver();
    packet(1000, 5, 160, { marker: true });
    packet(1000, 5, 320);
    for (let i = 0; i < 3; i++) packet(1000, 5, 800, { end: true });
    expect(said).toEqual(["+5", "-5:100"]);
  });

  test("the same key twice is two keys, even with ends and markers lost", () => {
    const { said, packet } = receiver();
    packet(1000, 5, 160, { marker: true });
    packet(1000, 5, 480);
    packet(4000, 5, 160);
    packet(4000, 5, 800, { end: true });
    expect(said).toEqual(["+5", "-5:60", "+5", "-5:100"]);
  });

  test("only an end arrives", () => {
    const { said, packet } = receiver();
    packet(1000, 11, 800, { end: true });
    packet(1000, 11, 800, { end: true });
    expect(said).toEqual(["+#", "-#:100"]);
  });

  test("all ends lost: the key ends when nothing more comes", () => {
    const { said, packet, receiver: made } = receiver();
    packet(1000, 0, 160, { at: 0 });
    packet(1000, 0, 320, { at: 20 });
    made.poll(100);
    expect(made.active).toBe(true);
    made.poll(260);
    expect(made.active).toBe(false);
    packet(1000, 0, 480, { at: 300 }); // a straggler is no new key
    expect(said).toEqual(["+0", "-0:40"]);
  });

  test("reordered packets of an older key are no key", () => {
    const { said, packet } = receiver();
    packet(1000, 1, 800, { end: true });
    packet(3000, 2, 160);
    packet(1000, 1, 640);
    packet(3000, 2, 800, { end: true });
    expect(said).toEqual(["+1", "-1:100", "+2", "-2:100"]);
  });

  test("a key longer than the duration field is one key", () => {
    const { said, packet } = receiver();
    packet(1000, 9, 160, { marker: true });
    packet(1000, 9, 0xffff);
    packet(1000 + 0xffff, 9, 160);
    packet(1000 + 0xffff, 9, 1600, { end: true });
    expect(said).toEqual(["+9", `-9:${Math.round((0xffff + 1600) / 8)}`]);
  });

  test("a sender whose timestamp runs during the key gives one key", () => {
    const { said, packet } = receiver();
    for (let i = 1; i <= 5; i++) packet(1000 + i * 160, 4, i * 160, { marker: i === 1 });
    for (let i = 5; i <= 7; i++) packet(1000 + i * 160, 4, 800, { end: true });
    expect(said).toEqual(["+4", "-4:100"]);
  });

  test("timestamps wrap, sources change", () => {
    const { said, packet } = receiver();
    packet(0xffffff00, 1, 800, { end: true });
    packet(0x00000400, 2, 800, { end: true });
    packet(5, 3, 160, { ssrc: 2 });
    packet(5, 4, 160, { ssrc: 3 });
    expect(said).toEqual(["+1", "-1:100", "+2", "-2:100", "+3", "-3:20", "+4"]);
  });

  test("other events and short payloads are refused", () => {
    const { said, packet, receiver: made } = receiver();
    expect(packet(1, 16, 160)).toBe(false); // flash
    expect(packet(1, 255, 160)).toBe(false);
    expect(made.packet(1, 1, true, Uint8Array.from([5, 0, 0]), 0, 3, 0)).toBe(false);
    expect(said).toEqual([]);
  });
});

describe("sending RFC 4733", () => {
  test("the duration grows, the end comes three times, and our receiver reads one key", () => {
    const sender = new TelephoneEventSender("7", 4711, 100);
    const { said, receiver: made } = receiver();
    const packets: number[][] = [];
    const payload = new Uint8Array(4);
    while (!sender.done) {
      const marker = sender.first;
      sender.write(payload, 0);
      packets.push([...payload, Number(marker)]);
      made.packet(1, sender.timestamp, marker, payload, 0, 4, 0);
    }
    expect(packets.map(([, , high = 0, low = 0]) => high * 256 + low)).toEqual([160, 320, 480, 640, 800, 800, 800]);
    expect(packets.map(([, flags = 0]) => flags >> 7)).toEqual([0, 0, 0, 0, 1, 1, 1]);
    expect(packets.map(([, , , , marker]) => marker)).toEqual([1, 0, 0, 0, 0, 0, 0]);
    expect(said).toEqual(["+7", "-7:100"]);
  });

  test("all sixteen keys", () => {
    for (const digit of "0123456789*#ABCD") {
      const { said, receiver: made } = receiver();
      const sender = new TelephoneEventSender(digit as DtmfDigit, 1, 10);
      const payload = new Uint8Array(4);
      while (!sender.done) {
        sender.write(payload, 0);
        made.packet(1, 1, false, payload, 0, 4, 0);
      }
      expect(said).toEqual([`+${digit}`, `-${digit}:40`]);
    }
  });
});
