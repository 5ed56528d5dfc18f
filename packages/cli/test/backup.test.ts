import { spawn, type ChildProcess } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { buffer } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { BLOBS, createHotline, createSilentLogger, READ_POOL, type Hotline } from "@hotlinejs/core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { ArchiveWriter } from "../src/backup/archive-writer.js";
import { postgresPresent, startPostgres, type TestPostgres } from "../../core/test/postgres.js";

const here = dirname(fileURLToPath(import.meta.url));
const BIN = join(here, "../dist/bin.js");
const SERVE = join(here, "fixtures/serve.mjs");
const CONFIG = join(here, "fixtures/hotline.config.mjs");

const folders: string[] = [];
const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill("SIGKILL");
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function folder(): string {
  const path = mkdtempSync(join(tmpdir(), "hotline-cli-"));
  folders.push(path);
  return path;
}

type Environment = Record<string, string>;

/** The hotline as a process of its own, writing. */
async function serve(environment: Environment): Promise<{ child: ChildProcess; stop(signal?: NodeJS.Signals): Promise<void>; /** Waits until so many cases were written since the start. */ cases(count: number): Promise<void> }> {
  const child = spawn(process.execPath, [SERVE], { env: { PATH: process.env.PATH, HOTLINE_LOG: "silent", ...environment }, stdio: ["ignore", "pipe", "pipe"] });
  children.push(child);
  const exited = new Promise<void>((resolve) => child.once("exit", () => resolve()));
  let errors = "";
  child.stderr?.on("data", (text: Buffer) => (errors += text.toString()));
  let output = "";
  const until = (done: () => boolean): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (done()) resolve();
      };
      child.stdout?.on("data", look);
      child.once("exit", (code) => reject(new Error(`it ended with ${code}: ${errors}`)));
      look();
    });
  child.stdout?.on("data", (text: Buffer) => (output += text.toString()));
  await until(() => output.includes("ready"));
  return {
    child,
    cases: (count) => until(() => output.split("case ").length > count),
    stop: async (signal = "SIGTERM") => {
      child.kill(signal);
      await exited;
    },
  };
}

async function cli(args: readonly string[], environment: Environment = {}): Promise<{ code: number | null; out: string; err: string }> {
  const child = spawn(process.execPath, [BIN, ...args], { cwd: here, env: { PATH: process.env.PATH, ...environment }, stdio: ["ignore", "pipe", "pipe"] });
  children.push(child);
  const [out, err, code] = await Promise.all([buffer(child.stdout), buffer(child.stderr), new Promise<number | null>((resolve) => child.once("exit", resolve))]);
  return { code, out: out.toString(), err: err.toString() };
}

interface Case {
  readonly serial: number;
  readonly blob_id: string | null;
  readonly capture: string | null;
  readonly sha256: string;
}

/** What is in the data of a stopped hotline, every content compared with its sum. */
async function inspect(environment: Environment): Promise<{ cases: readonly Case[]; notes: number }> {
  const { busyHotline } = (await import("./fixtures/load.mjs" as string)) as { busyHotline(environment: Environment, options: object): Hotline };
  const hotline = busyHotline({ ...environment, HOTLINE_LOAD_BUSY: "false" }, { logger: createSilentLogger() });
  await hotline.start();
  try {
    const cases = await hotline.services.get(READ_POOL).read((em) => em.execute<Case[]>("select serial, blob_id, capture, sha256 from load_case order by serial"));
    const notes = await hotline.services.get(READ_POOL).read((em) => em.execute<{ text: string }[]>("select text from load_note"));
    for (const each of cases) {
      const content = each.blob_id === null ? readFileSync(join(environment.HOTLINE_DATA_DIR ?? "", "captures", each.capture ?? "")) : await buffer(await hotline.services.get(BLOBS).open(each.blob_id));
      expect(createHash("sha256").update(content).digest("hex"), `case ${each.serial}`).toBe(each.sha256);
    }
    expect(new Set(notes.map(({ text }) => text))).toEqual(new Set([`tab\there, "quote", 换行\nand \\N`]));
    return { cases, notes: notes.length };
  } finally {
    await hotline.stop();
  }
}

const kinds = ["sqlite", "postgres"] as const;

describe.each(kinds)("backup and restore on %s", (kind) => {
  const absent = kind === "postgres" && !postgresPresent();
  let server: TestPostgres | undefined;
  beforeAll(async () => {
    if (kind === "postgres" && !absent) server = await startPostgres();
  });
  afterAll(async () => {
    await server?.stop();
  });
  async function fresh(): Promise<Environment> {
    return { HOTLINE_DATA_DIR: join(folder(), "data"), ...(server === undefined ? {} : { HOTLINE_DATABASE_URL: await server.database() }) };
  }

  it.skipIf(absent)("of a hotline that writes all the time: every case has its recording, numbers go on without a gap", async () => {
    const source = await fresh();
    const running = await serve(source);
    await running.cases(8);
    const place = folder();
    const made: string[] = [];
    for (let round = 0; round < 3; round++) {
      const file = join(place, `${round}.tar`);
      const { code, out, err } = await cli(["backup", file, "--hotline", CONFIG, "--json", "--include-key"], source);
      expect(err).toBe("");
      expect(code).toBe(0);
      expect(JSON.parse(out)).toMatchObject({ file, database: kind, damagedBlobs: [] });
      expect(statSync(file).mode & 0o077).toBe(0);
      made.push(file);
    }
    expect(readdirSync(place).sort()).toEqual(["0.tar", "1.tar", "2.tar"]);
    await running.stop();
    const after = await inspect(source);

    let previous = 0;
    for (const file of made) {
      const target = await fresh();
      const restored = await cli(["restore", file, "--hotline", CONFIG, "--json"], target);
      expect(restored.err).toBe("");
      expect(restored.code).toBe(0);
      const { cases, notes } = await inspect(target);
      expect(cases.map(({ serial }) => serial)).toEqual(cases.map((_, index) => index + 1));
      expect(notes).toBe(cases.length);
      expect(cases.length).toBeGreaterThanOrEqual(previous);
      expect(cases.length).toBeLessThanOrEqual(after.cases.length);
      previous = cases.length;
      if (file !== made.at(-1)) continue;
      // It goes on where the backup ended, notes with a number nobody had.
      const again = await serve(target);
      await again.cases(3);
      await again.stop();
      const more = await inspect(target);
      expect(more.cases.length).toBeGreaterThan(cases.length);
      expect(more.cases.map(({ serial }) => serial)).toEqual(more.cases.map((_, index) => index + 1));
      expect(more.cases.slice(0, cases.length).map(({ serial }) => serial)).toEqual(cases.map(({ serial }) => serial));
    }
    expect(previous).toBeGreaterThan(3);
  }, 600_000);

  it.skipIf(absent)("refuses what does not fit, and then has touched nothing", async () => {
    const source = await fresh();
    const writing = await serve(source);
    await writing.cases(3);
    await writing.stop();
    const file = join(folder(), "b.tar");
    expect((await cli(["backup", file, "--hotline", CONFIG], source)).code).toBe(0);
    const again = await cli(["backup", file, "--hotline", CONFIG], source);
    expect(again).toMatchObject({ code: 1, err: expect.stringContaining("HTL_CLI_BACKUP_EXISTS") as string });

    // Data are there.
    expect(await cli(["restore", file, "--hotline", CONFIG], source)).toMatchObject({ code: 1, err: expect.stringContaining("HTL_CLI_TARGET_NOT_EMPTY") as string });
    const before = await inspect(source);
    expect(await cli(["restore", file, "--hotline", CONFIG, "--force"], source)).toMatchObject({ code: 0 });
    expect((await inspect(source)).cases.length).toBe(before.cases.length);

    // The key is not in, and not there.
    const target = await fresh();
    expect(await cli(["restore", file, "--hotline", CONFIG], target)).toMatchObject({ code: 1, err: expect.stringContaining("HTL_CLI_KEY_MISSING") as string });
    expect(readdirSync(target.HOTLINE_DATA_DIR ?? "").filter((name) => name !== "lock.db")).toEqual([]);

    // Another version of a plugin.
    const newer = { ...(await fresh()), TEST_MIGRATIONS: "2" };
    const older = await cli(["restore", file, "--hotline", CONFIG], newer);
    expect(older).toMatchObject({ code: 1, err: expect.stringContaining("HTL_CLI_BACKUP_OLDER") as string });
    expect(older.err).toContain("load/0002-more");
    expect(older.err).toContain("load 1.2.3");
    await (await serve(newer)).stop();
    const file2 = join(folder(), "b2.tar");
    expect((await cli(["backup", file2, "--hotline", CONFIG, "--include-key"], newer)).code).toBe(0);
    expect(await cli(["restore", file2, "--hotline", CONFIG], await fresh())).toMatchObject({ code: 1, err: expect.stringContaining("HTL_CLI_BACKUP_NEWER") as string });

    // One bit is wrong; the end is missing; it is no backup at all.
    const octets = readFileSync(file2);
    for (const [name, change] of [
      ["bit", () => { const copy = Buffer.from(octets); copy[700] = (copy[700] ?? 0) ^ 1; return copy; }],
      ["end", () => octets.subarray(0, octets.length - 8_192)],
      ["no", () => Buffer.from("no backup")],
    ] as const) {
      const damaged = join(folder(), `${name}.tar`);
      writeFileSync(damaged, change());
      const empty: Environment = { ...(await fresh()), TEST_MIGRATIONS: "2" };
      expect(await cli(["restore", damaged, "--hotline", CONFIG], empty), name).toMatchObject({ code: 1, err: expect.stringContaining("HTL_CLI_BACKUP_DAMAGED") as string });
      expect(existsSync(empty.HOTLINE_DATA_DIR ?? "")).toBe(false);
    }
    expect(await cli(["restore", "/nowhere/b.tar", "--hotline", CONFIG], target)).toMatchObject({ code: 1, err: expect.stringContaining("HTL_CLI_BACKUP_MISSING") as string });
  }, 600_000);

  it.skipIf(absent)("migrate lists and runs what is to do, and keeps off a running hotline", async () => {
    const source = await fresh();
    const dry = await cli(["migrate", "--dry-run", "--hotline", CONFIG, "--json"], source);
    expect(dry.code).toBe(0);
    expect(JSON.parse(dry.out)).toMatchObject({ applied: [], pending: expect.arrayContaining(["core/0001-data", "load/0001-init"]) as string[] });
    expect(existsSync(source.HOTLINE_DATA_DIR ?? "")).toBe(false);
    const running = await serve(source);
    expect(await cli(["migrate", "--hotline", CONFIG], source)).toMatchObject({ code: 1, err: expect.stringContaining("HTL_CORE_DATA_IN_USE") as string });
    expect(JSON.parse((await cli(["migrate", "--dry-run", "--hotline", CONFIG, "--json"], { ...source, TEST_MIGRATIONS: "2" })).out)).toMatchObject({ pending: ["load/0002-more"] });
    await running.stop();
    expect(JSON.parse((await cli(["migrate", "--hotline", CONFIG, "--json"], { ...source, TEST_MIGRATIONS: "2" })).out)).toMatchObject({ done: ["load/0002-more"], pending: [] });
    for (const more of [[], ["--dry-run"]]) expect(await cli(["migrate", "--hotline", CONFIG, ...more], source)).toMatchObject({ code: 1, err: expect.stringContaining("HTL_CORE_MIGRATION_UNKNOWN") as string });
  }, 300_000);
});

it("a backup killed in the middle leaves no file of its name, and the next one clears up", async () => {
  const source = { HOTLINE_DATA_DIR: join(folder(), "data") };
  const running = await serve(source);
  await running.cases(40);
  await running.stop("SIGKILL");
  const place = folder();
  const file = join(place, "b.tar");
  const child = spawn(process.execPath, [BIN, "backup", file, "--hotline", CONFIG], { cwd: here, env: { PATH: process.env.PATH, ...source }, stdio: "ignore" });
  children.push(child);
  const exited = new Promise((resolve) => child.once("exit", resolve));
  while (!readdirSync(place).some((name) => name.includes(".partial-")) && child.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 1));
  child.kill("SIGKILL");
  await exited;
  expect(readdirSync(place)).not.toContain("b.tar");
  expect(readdirSync(place).length).toBeGreaterThan(0);
  // What a killed hotline left (its log of the database, captures) is in.
  expect(await cli(["backup", file, "--hotline", CONFIG, "--include-key"], source)).toMatchObject({ code: 0 });
  expect(readdirSync(place)).toEqual(["b.tar"]);
  const target = { HOTLINE_DATA_DIR: join(folder(), "data") };
  expect(await cli(["restore", file, "--hotline", CONFIG], target)).toMatchObject({ code: 0 });
  expect((await inspect(target)).cases.length).toBeGreaterThan(0);
}, 300_000);

it("a hotline does not start on a restore that did not end", async () => {
  const data = folder();
  writeFileSync(join(data, "restore-incomplete"), "x\n");
  await expect(createHotline({ dataDir: data, plugins: [], logger: createSilentLogger() }).start()).rejects.toMatchObject({ code: "HTL_CORE_RESTORE_INCOMPLETE" });
});

it("damaged data are no fault of the place a backup goes to", async () => {
  const source = { HOTLINE_DATA_DIR: join(folder(), "data") };
  expect(await cli(["migrate", "--hotline", CONFIG], source)).toMatchObject({ code: 0 });
  const database = join(source.HOTLINE_DATA_DIR, "hotline.db");
  truncateSync(database, Math.floor(statSync(database).size / 2));
  const place = folder();
  expect(await cli(["backup", join(place, "b.tar"), "--hotline", CONFIG], source)).toMatchObject({ code: 1, err: expect.stringContaining("HTL_CLI_DATA_DAMAGED") as string });
  expect(readdirSync(place)).toEqual([]);
}, 60_000);

it("a name that another backup took meanwhile is not overwritten", async () => {
  const place = folder();
  const target = join(place, "b.tar");
  const write = async (partial: string): Promise<ArchiveWriter> => {
    const archive = new ArchiveWriter(join(place, partial), 0);
    await archive.addText("who", partial);
    return archive;
  };
  const [first, second, third] = await Promise.all(["one", "two", "three"].map(write));
  await first?.finish(target, false);
  const written = readFileSync(target);
  await expect(second?.finish(target, false)).rejects.toMatchObject({ code: "HTL_CLI_BACKUP_EXISTS" });
  expect(readFileSync(target).equals(written)).toBe(true);
  await third?.finish(target, true);
  expect(readFileSync(target).equals(written)).toBe(false);
  expect(readdirSync(place).sort()).toEqual(["b.tar", "two"]);
});

it("a reader that has seen enough (`hotline plugins | head`) is no error", async () => {
  const child = spawn(process.execPath, [BIN, "plugins", "--hotline", CONFIG], { cwd: here, env: { PATH: process.env.PATH, HOTLINE_DATA_DIR: join(folder(), "data") }, stdio: ["ignore", "pipe", "pipe"] });
  children.push(child);
  child.stdout.destroy();
  const [err, code] = await Promise.all([buffer(child.stderr), new Promise<number | null>((resolve) => child.once("exit", resolve))]);
  expect([code, err.toString()]).toEqual([0, ""]);
}, 60_000);
