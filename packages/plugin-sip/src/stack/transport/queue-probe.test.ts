import { expect, it } from "vitest";
import { QueueProbe } from "./queue-probe.js";

/** A socket whose queue is read when told. */
function queue() {
  let now = 0;
  const waiting: Buffer[] = [];
  const probe = new QueueProbe((bytes) => waiting.push(bytes), () => now);
  return {
    probe,
    waiting,
    pass: (ms: number) => void (now += ms),
    message: () => probe.took(Buffer.from("OPTIONS sip:x SIP/2.0\r\n\r\n")),
    read: () => probe.took(waiting.shift() ?? Buffer.alloc(0)),
  };
}

it("tells how long a datagram waits, also while it waits", () => {
  const { probe, waiting, pass, message, read } = queue();
  expect(probe.lagMs).toBe(0);
  expect(message()).toBe(false);
  expect(waiting).toHaveLength(1);
  pass(400);
  expect(probe.lagMs).toBe(400);
  expect(read()).toBe(true);
  pass(100);
  expect(probe.lagMs).toBe(300);
  message();
  pass(2);
  expect(read()).toBe(true);
  expect(probe.lagMs).toBe(2);
});

it("a standstill that is over is no wait any more, one that goes on is", () => {
  const { probe, pass, message, read } = queue();
  message();
  pass(800);
  read();
  expect(probe.lagMs).toBe(800);
  pass(800);
  expect(probe.lagMs).toBe(0);
  // Whoever comes while the queue stays as long: never told much less than it is.
  for (let at = 0; at < 5_000; at += 50) {
    message();
    pass(50);
    if (at >= 800 && at % 100 === 50) read();
    if (at >= 1_000) expect(probe.lagMs).toBeGreaterThanOrEqual(700);
  }
});

it("sends ten a second at most, and none at rest; what was measured long ago is nothing", () => {
  const { probe, waiting, pass, message, read } = queue();
  for (let i = 0; i < 1_000; i++) {
    message();
    pass(1);
  }
  expect(waiting).toHaveLength(10);
  expect(probe.lagMs).toBe(1_000);
  while (waiting.length > 0) read();
  pass(3_000);
  expect(probe.lagMs).toBe(0);
  expect(waiting).toHaveLength(0);
});

it("one that is lost counts for three seconds, or until a later one comes", () => {
  const { probe, waiting, pass, message, read } = queue();
  message();
  waiting.pop();
  pass(200);
  message();
  pass(1);
  read();
  expect(probe.lagMs).toBe(1);
  message();
  pass(200);
  message();
  waiting.splice(0);
  pass(2_999);
  expect(probe.lagMs).toBe(2_999);
  pass(1);
  expect(probe.lagMs).toBe(0);
});

it("takes nobody else's for its own", () => {
  const { probe, message, waiting } = queue();
  message();
  const other = Buffer.from(waiting[0] ?? Buffer.alloc(0));
  other[0] = (other[0] ?? 0) ^ 1;
  expect(probe.took(other)).toBe(false);
  expect(probe.took(Buffer.alloc(16))).toBe(false);
});
