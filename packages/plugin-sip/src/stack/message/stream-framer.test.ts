import { describe, expect, it } from "vitest";
import { seededRandom } from "../random.js";
import { StreamFramer } from "./stream-framer.js";

function frame(limits = { maxHeadBytes: 2000, maxBodyBytes: 2000 }) {
  const messages: string[] = [];
  const failures: number[] = [];
  let pings = 0;
  const framer = new StreamFramer(limits, { message: (bytes) => messages.push(bytes.toString()), ping: () => void pings++, failed: (_head, status) => failures.push(status) });
  return { framer, messages, failures, pings: () => pings };
}

const message = (body: string, name = "Content-Length"): string => `INFO sip:a SIP/2.0\r\nX: content-length: 99\r\n${name}: ${Buffer.byteLength(body)}\r\nCall-ID: c\r\n\r\n${body}`;

describe("the stream framer", () => {
  it("finds the same messages however the bytes are cut", () => {
    const all = [message("hello"), message(""), message("x".repeat(1500)), message("你好", "l"), message("\r\n\r\n")];
    const stream = Buffer.from(all.join(""));
    for (let seed = 1; seed < 60; seed++) {
      const random = seededRandom(seed);
      const { framer, messages, failures } = frame();
      for (let at = 0; at < stream.length; ) {
        const next = at + 1 + Math.floor(random.number() ** 4 * 900);
        framer.push(stream.subarray(at, next));
        at = next;
      }
      expect(messages).toEqual(all);
      expect(failures).toEqual([]);
      expect(framer.partial).toBe(false);
    }
  });

  it("answers double CRLF as keep-alive, ignores single ones", () => {
    const { framer, messages, pings } = frame();
    framer.push(Buffer.from(`\r\n\r\n${message("a")}\r\n${message("b")}\r\n\r\n`));
    expect(pings()).toBe(2);
    expect(messages).toHaveLength(2);
  });

  it.each([
    ["no Content-Length", "INFO sip:a SIP/2.0\r\nCall-ID: c\r\n\r\n", 400],
    ["a bad one", "INFO sip:a SIP/2.0\r\nContent-Length: 5x\r\n\r\n", 400],
    ["a negative one", "INFO sip:a SIP/2.0\r\nl: -5\r\n\r\n", 400],
    ["two that differ", "INFO sip:a SIP/2.0\r\nl: 5\r\nContent-Length: 6\r\n\r\n", 400],
    ["a body beyond the bound", "INFO sip:a SIP/2.0\r\nl: 2001\r\n\r\n", 513],
    ["a head beyond the bound", `INFO sip:a SIP/2.0\r\nX: ${"y".repeat(2100)}`, 513],
  ])("gives up at %s", (_name, text, status) => {
    const { framer, messages, failures } = frame();
    framer.push(Buffer.from(text));
    framer.push(Buffer.from(message("later")));
    expect(failures).toEqual([status]);
    expect(messages).toEqual([]);
  });
});
