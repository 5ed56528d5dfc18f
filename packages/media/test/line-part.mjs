import { writeFileSync } from "node:fs";

/** A line for tests: says what it is sent, keeps what it hears, hands it over when asked and at the end. */
export function openLine(options, port) {
  const heard = [];
  let speech = [];
  port.post({ opened: options });
  if (options?.neverOpens) return new Promise(() => undefined);
  if (options?.failsAtOnce) port.fail(new Error("no line at all"));
  if (options?.refuse) throw new Error("no dial tone");
  return {
    read(frame) {
      if (options?.fails) throw new Error("the driver broke");
      const next = speech.shift();
      if (next === undefined) return options?.silent !== true && (frame.fill(0xd5), true);
      frame.set(next);
      return true;
    },
    write(frame) {
      heard.push(frame.slice());
    },
    message(message) {
      if (message.say !== undefined) for (let at = 0; at + 160 <= message.say.length; at += 160) speech.push(message.say.slice(at, at + 160));
      if (message.tell === true) port.post({ heard: Buffer.concat(heard) });
      if (message.hang === true) for (;;);
      if (message.die === true) process.exit(3);
      if (message.throwLater > 0) for (let i = 0; i < message.throwLater; i++) setTimeout(() => { throw new Error("out of a timer"); });
      if (message.rejectLater === true) void Promise.reject(new Error("out of a promise"));
      if (message.sayNothing === true) setTimeout(() => port.post(() => "nothing that can be sent"));
      if (message.fail === true) port.fail(new Error("unplugged"));
    },
    close() {
      if (options?.staysOpen) throw new Error("the line cannot be closed");
      if (options?.closedFile !== undefined) writeFileSync(options.closedFile, "");
      speech = [];
      port.post({ closed: true, heard: Buffer.concat(heard) });
    },
  };
}
