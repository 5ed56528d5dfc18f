import { spawn } from "node:child_process";
import { createInterface } from "node:readline";

/**
 * Takes RTP of many senders on one port and notes when the kernel got each packet (SO_TIMESTAMPNS), which does not depend on when this
 * process had its turn; Node has no such call. Of each sender (SSRC): how far the time since its packet before is from what the sequence
 * numbers say. Commands by line: `note X` begins to note under the heading X, `pause` ends it, `tell X` answers with the figures under it.
 */
const RECEIVER = `
import json, os, select, socket, struct, sys
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
s.setsockopt(socket.SOL_SOCKET, 35, 1)
s.bind(("127.0.0.1", 0))
s.setblocking(False)
print(json.dumps({"port": s.getsockname()[1]}), flush=True)
last, headings, noting = {}, {}, None
poll = select.poll()
poll.register(s, select.POLLIN); poll.register(sys.stdin, select.POLLIN)
while True:
    for fd, event in poll.poll():
        if fd == sys.stdin.fileno():
            commands = os.read(fd, 4096).decode()
            if commands == "": sys.exit(0)
            for command in commands.splitlines():
                word, _, heading = command.partition(" ")
                if word == "tell":
                    found = sorted(headings.get(heading, []))
                    at = lambda share: found[min(len(found) - 1, int(len(found) * share))] if found else 0
                    print(json.dumps({"packets": len(found), "senders": len(last), "p50": at(0.5), "p99": at(0.99), "max": at(1)}), flush=True)
                else: noting = headings.setdefault(heading, []) if word == "note" else None
            continue
        while True:
            try: data, ancillary, _, _ = s.recvmsg(2048, 64)
            except BlockingIOError: break
            if len(data) < 12: continue
            seconds, nanos = struct.unpack("qq", ancillary[0][2])
            now = seconds * 1000 + nanos / 1e6
            kind, sequence, _, ssrc = struct.unpack("!xBHII", data[:12])
            if 192 <= kind <= 223: continue
            before = last.get(ssrc)
            if before and noting is not None:
                steps = (sequence - before[0]) & 0xffff
                if 0 < steps < 50: noting.append(abs(now - before[1] - 20 * steps))
            last[ssrc] = (sequence, now)
`;

/** Deviations in ms. */
export interface Deviations {
  readonly packets: number;
  readonly senders: number;
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export interface Arrivals {
  /** Where the senders are to send. */
  readonly port: number;
  /** Until `pause`, what arrives counts under this heading. */
  note(heading: string): void;
  pause(): void;
  tell(heading: string): Promise<Deviations>;
  close(): Promise<void>;
}

/** A receiver of RTP with the kernel's clock; `undefined` without python3. */
export async function openArrivals(): Promise<Arrivals | undefined> {
  const child = spawn("python3", ["-u", "-c", RECEIVER], { stdio: ["pipe", "pipe", "inherit"] });
  const gone = new Promise<void>((resolve) => {
    child.once("error", () => resolve());
    child.once("exit", () => resolve());
  });
  const lines = createInterface({ input: child.stdout });
  const answer = (): Promise<unknown> =>
    new Promise((resolve, reject) => {
      void gone.then(() => reject(new Error("the receiver ended")));
      lines.once("line", (line) => resolve(JSON.parse(line)));
    });
  let port: number;
  try {
    ({ port } = (await answer()) as { port: number });
  } catch {
    return undefined;
  }
  const command = (text: string): void => void child.stdin.write(`${text}\n`);
  return {
    port,
    note: (heading) => command(`note ${heading}`),
    pause: () => command("pause"),
    tell: (heading) => {
      const told = answer();
      command(`tell ${heading}`);
      return told as Promise<Deviations>;
    },
    close: () => {
      child.stdin.end();
      return gone;
    },
  };
}
