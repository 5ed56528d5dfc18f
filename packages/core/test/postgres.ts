import { execFile, execFileSync, spawn, type ChildProcess } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { chownSync, existsSync, readdirSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";

const run = promisify(execFile);

/** A private PostgreSQL server for one test file. */
export interface TestPostgres {
  readonly port: number;
  /** Makes an empty database and gives its URL. */
  database(): Promise<string>;
  /** Ends the server at once, as a crash would. */
  stop(): Promise<void>;
}

interface Account {
  readonly uid?: number;
  readonly gid?: number;
}

const PASSWORD = "test-password";

/** Folder of Debian's newest server binaries. */
function binaries(): string | undefined {
  const root = "/usr/lib/postgresql";
  if (!existsSync(root)) return undefined;
  const versions = readdirSync(root).sort((a, b) => Number(b) - Number(a));
  return versions.map((version) => join(root, version, "bin")).find((bin) => existsSync(join(bin, "postgres")) && existsSync(join(bin, "initdb")));
}

/** Whether tests on PostgreSQL can run. Without the peer: one line and a skip; under HOTLINE_REQUIRE_PEERS=1 a failure. */
export function postgresPresent(): boolean {
  if (binaries() !== undefined) return true;
  if (process.env.HOTLINE_REQUIRE_PEERS === "1") throw new Error("PostgreSQL is required (HOTLINE_REQUIRE_PEERS=1) but not installed: apt-get install postgresql");
  console.log("skipped: PostgreSQL is not installed (apt-get install postgresql)");
  return false;
}

/** Starts a server of its own on a free loopback port, in a folder of its own, without fsync. */
export async function startPostgres(): Promise<TestPostgres> {
  const bin = binaries();
  if (bin === undefined) throw new Error("PostgreSQL is not installed");
  const account = serverAccount();
  const folder = await mkdtemp(join(tmpdir(), "hotline-postgres-"));
  const data = join(folder, "data");
  const passwordFile = join(folder, "password");
  await writeFile(passwordFile, `${PASSWORD}\n`);
  if (account.uid !== undefined && account.gid !== undefined) {
    chownSync(folder, account.uid, account.gid);
    chownSync(passwordFile, account.uid, account.gid);
  }
  await run(join(bin, "initdb"), ["-D", data, "-U", "postgres", "--auth-local=trust", "--auth-host=scram-sha-256", `--pwfile=${passwordFile}`, "-E", "UTF8", "--locale=C.UTF-8", "-N"], { ...account, cwd: folder });
  const port = await freePort();
  const settings = ["listen_addresses=127.0.0.1", `port=${port}`, `unix_socket_directories=${folder}`, "fsync=off", "full_page_writes=off", "shared_buffers=16MB", "max_connections=100", "log_min_messages=fatal"];
  const server = spawn(join(bin, "postgres"), ["-D", data, ...settings.flatMap((setting) => ["-c", setting])], { ...account, cwd: folder, stdio: "ignore" });
  const kill = (): void => void server.kill("SIGQUIT");
  process.once("exit", kill);
  const sql = (database: string, statement: string) => run(join(bin, "psql"), ["-h", folder, "-p", String(port), "-U", "postgres", "-d", database, "-qAtc", statement], { ...account, cwd: folder });
  await untilReady(server, () => sql("postgres", "select 1"));
  return {
    port,
    async database() {
      const name = `t_${randomUUID().replaceAll("-", "")}`;
      await sql("postgres", `create database ${name}`);
      return `postgres://postgres:${PASSWORD}@127.0.0.1:${port}/${name}`;
    },
    async stop() {
      process.off("exit", kill);
      if (server.exitCode === null && server.signalCode === null) {
        const ended = once(server, "exit");
        kill();
        await ended;
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** PostgreSQL refuses to run as root. */
function serverAccount(): Account {
  if (process.getuid?.() !== 0) return {};
  const id = (flag: string): number => Number(execFileSync("id", [flag, "postgres"], { encoding: "utf8" }));
  return { uid: id("-u"), gid: id("-g") };
}

async function untilReady(server: ChildProcess, probe: () => Promise<unknown>): Promise<void> {
  for (let tries = 0; ; tries++) {
    if (server.exitCode !== null) throw new Error(`PostgreSQL ended with code ${server.exitCode}`);
    try {
      await probe();
      return;
    } catch (error) {
      if (tries > 150) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      const port = typeof address === "object" && address !== null ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
