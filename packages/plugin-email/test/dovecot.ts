import { spawn, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { chmod, chown, mkdir, mkdtemp, readdir, rename, rm, writeFile } from "node:fs/promises";
import { createServer, connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const BINARY = "/usr/sbin/dovecot";
export const PASSWORD = "mailbox-secret";

/** Whether Dovecot is there. A missing one is told once; under HOTLINE_REQUIRE_PEERS=1 it fails the run. */
export function hasDovecot(): boolean {
  if (existsSync(BINARY)) return true;
  if (process.env.HOTLINE_REQUIRE_PEERS === "1") throw new Error("Dovecot is not installed: run scripts/install-peers.sh");
  process.stdout.write("skipped: Dovecot is not installed (scripts/install-peers.sh installs it)\n");
  return false;
}

/** An IMAP server of this test's own, with Maildirs. */
export interface Dovecot {
  readonly port: number;
  /** Puts a letter into a user's INBOX as a mail server would. */
  deliver(user: string, letter: string | Buffer): Promise<void>;
  /** Letters of the INBOX with their flags: `S` is seen. */
  flags(user: string): Promise<readonly string[]>;
  stop(): Promise<void>;
  start(): Promise<void>;
  remove(): Promise<void>;
}

export async function startDovecot(): Promise<Dovecot> {
  const folder = await mkdtemp(join(tmpdir(), "hotline-dovecot-"));
  const [uid, gid] = accountOf("nobody");
  const root = process.getuid?.() === 0;
  const own = root ? { uid, gid } : { uid: process.getuid?.() ?? uid, gid: process.getgid?.() ?? gid };
  const name = root ? undefined : (process.env.USER ?? "nobody");
  const port = await freePort();
  const mail = join(folder, "mail");
  await mkdir(mail);
  await chmod(folder, 0o755);
  if (root) await chown(mail, own.uid, own.gid);
  const config = join(folder, "dovecot.conf");
  await writeFile(
    config,
    `protocols = imap
base_dir = ${folder}/run
log_path = ${folder}/log
ssl = no
disable_plaintext_auth = no
listen = 127.0.0.1
first_valid_uid = 1
mail_location = maildir:${mail}/%u
${name === undefined ? "" : `default_internal_user = ${name}\ndefault_login_user = ${name}\n`}
service imap-login {
  chroot =
  inet_listener imap { 
    port = ${port}
  }
  inet_listener imaps { 
    port = 0
  }
}
service anvil {
  chroot =
}
passdb {
  driver = static
  args = password=${PASSWORD}
}
userdb {
  driver = static
  args = uid=${own.uid} gid=${own.gid} home=${mail}/%u
}
`,
  );
  let process_: ChildProcess | undefined;
  let count = 0;

  const inbox = async (user: string): Promise<string> => {
    const box = join(mail, user);
    for (const each of [box, join(box, "tmp"), join(box, "new"), join(box, "cur")]) {
      await mkdir(each, { recursive: true });
      if (root) await chown(each, own.uid, own.gid);
    }
    return box;
  };
  const dovecot: Dovecot = {
    port,
    async deliver(user, letter) {
      const box = await inbox(user);
      const file = `${1_700_000_000 + count++}.${randomUUID()}.test`;
      await writeFile(join(box, "tmp", file), typeof letter === "string" ? letter.replace(/\r?\n/g, "\r\n") : letter);
      if (root) await chown(join(box, "tmp", file), own.uid, own.gid);
      await rename(join(box, "tmp", file), join(box, "new", file));
    },
    async flags(user) {
      const box = await inbox(user);
      const cur = (await readdir(join(box, "cur"))).map((file) => file.split(":2,")[1] ?? "");
      return [...cur, ...(await readdir(join(box, "new"))).map(() => "new")].sort();
    },
    async start() {
      process_ = spawn(BINARY, ["-F", "-c", config], { stdio: "ignore", detached: true });
      for (let tries = 0; !(await greets(port)); tries++) {
        if (tries > 100 || process_.exitCode !== null) throw new Error(`Dovecot does not start: ${existsSync(join(folder, "log")) ? readFileSync(join(folder, "log"), "utf8") : ""}`);
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
    },
    async stop() {
      const running = process_;
      process_ = undefined;
      if (running === undefined || running.exitCode !== null) return;
      const ended = new Promise((resolve) => running.once("exit", resolve));
      running.kill("SIGTERM");
      await ended;
      // Its children share the listening socket and may outlive it: the next one would find the port taken, and we would meet a server that is going.
      try {
        process.kill(-(running.pid ?? 0), "SIGKILL");
      } catch {
        // none is left
      }
      while (await accepts(port)) await new Promise((resolve) => setTimeout(resolve, 20));
    },
    async remove() {
      await dovecot.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
  await dovecot.start();
  return dovecot;
}

function accountOf(user: string): [number, number] {
  const line = readFileSync("/etc/passwd", "utf8").split("\n").find((each) => each.startsWith(`${user}:`));
  const [, , uid, gid] = (line ?? ":::65534:65534").split(":");
  return [Number(uid), Number(gid)];
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => socket.destroy());
    socket.once("error", () => undefined);
    socket.once("close", (failed) => resolve(!failed));
  });
}

/** Whether an IMAP server is there and says so (RFC 3501, 7.1.1). */
function greets(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.setTimeout(2_000, () => socket.destroy());
    socket.once("data", (data) => {
      resolve(data.toString().startsWith("* OK"));
      socket.destroy();
    });
    socket.once("error", () => undefined);
    socket.once("close", () => resolve(false));
  });
}

export function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => (typeof address === "object" && address !== null ? resolve(address.port) : reject(new Error("no port"))));
    });
  });
}
