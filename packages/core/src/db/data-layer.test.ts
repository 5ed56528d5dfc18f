import { chmod, mkdir, readdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { freshData, onBothDatabases } from "../../test/data-layers.js";
import { postgresPresent, startPostgres, type TestPostgres } from "../../test/postgres.js";
import { assertNoSchemaDiff } from "./schema-diff.js";
import { SqliteHandle } from "./sqlite-handle.js";

onBothDatabases("data layer", (fresh, kind) => {
  test("opens an empty folder, migrates, and opens again what is there", async () => {
    const data = await fresh();
    const first = data.layer();
    await first.layer.open([], []);
    await assertNoSchemaDiff(first.layer.database);
    await first.layer.start();
    await first.layer.drain();
    await first.layer.close();
    const second = data.layer();
    await second.layer.open([], []);
    await assertNoSchemaDiff(second.layer.database);
    const names = await second.layer.readPool.read((em) => em.execute<{ name: string }[]>("select name from core_migration"));
    expect(names).toEqual([{ name: "core/0001-data" }, { name: "core/0002-messages" }, { name: "core/0003-forgotten-words" }, { name: "core/0004-leg-quality" }, { name: "core/0005-reported-quality" }]);
  });

  test("a second hotline on the same data is refused, and let in when the first has gone", async () => {
    const data = await fresh();
    const first = data.layer();
    await first.layer.open([], []);
    const second = data.layer(kind === "postgres" ? { dataDir: join(data.dataDir, "other") } : {});
    await expect(second.layer.open([], [])).rejects.toMatchObject({ code: "HTL_CORE_DATA_IN_USE" });
    await first.layer.close();
    const third = data.layer();
    await third.layer.open([], []);
  });

  test("readers cannot write and writers see constraint errors", async () => {
    const { layer } = (await fresh()).layer();
    await layer.open([], []);
    await expect(layer.readPool.read((em) => em.execute("insert into core_state (key, value) values ('a', 'b')"))).rejects.toThrow(/read-?only/i);
    await layer.unitOfWork.run(async ({ em }) => {
      await em.execute("insert into core_state (key, value) values ('a', 'b')");
    });
    expect(await layer.readPool.read((em) => em.execute("select value from core_state where key = 'a'"))).toEqual([{ value: "b" }]);
  });

  test("before open and after close everything is refused with a code, closing twice is fine", async () => {
    const { layer } = (await fresh()).layer();
    await expect(layer.unitOfWork.run(() => Promise.resolve())).rejects.toMatchObject({ code: "HTL_CORE_DATA_STATE" });
    await layer.open([], []);
    await layer.close();
    await layer.close();
    await expect(layer.unitOfWork.run(() => Promise.resolve())).rejects.toMatchObject({ code: "HTL_CORE_DATA_STATE" });
    await expect(layer.readPool.read(() => Promise.resolve())).rejects.toMatchObject({ code: "HTL_CORE_DATA_STATE" });
  });
});

describe("SQLite", () => {
  const fresh = freshData(() => Promise.resolve(undefined));

  test("another program that has the file locked for a moment is waited for", async () => {
    const data = await fresh();
    const { layer } = data.layer();
    await layer.open([], []);
    const other = await SqliteHandle.open(join(data.dataDir, "hotline.db"));
    await other.exec("begin immediate");
    const unit = layer.unitOfWork.run(({ em }) => em.execute("insert into core_state (key, value) values ('a', 'b')", [], "run"));
    await new Promise((resolve) => setTimeout(resolve, 200));
    await other.exec("commit");
    await unit;
    await other.close();
  });

  test("a folder that was there keeps its mode, and the files in it are for their owner alone", async () => {
    const data = await fresh();
    await chmod(data.dataDir, 0o755);
    const { layer } = data.layer();
    await layer.open([], []);
    expect((await stat(data.dataDir)).mode & 0o777).toBe(0o755);
    for (const name of await readdir(data.dataDir)) expect([name, (await stat(join(data.dataDir, name))).mode & 0o077]).toEqual([name, 0]);
  });
});

describe.skipIf(!postgresPresent())("PostgreSQL", () => {
  let server: TestPostgres | undefined;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server?.stop());
  const fresh = freshData(() => server?.database() ?? Promise.reject(new Error("no server")));

  test("wrong password, no such database: DATABASE_UNREACHABLE without the password", async () => {
    const data = await fresh();
    const good = new URL(data.databaseUrl ?? "");
    for (const change of [(url: URL) => (url.password = "hunter2"), (url: URL) => (url.pathname = "/nowhere")]) {
      const url = new URL(good);
      change(url);
      const error: Error = await data.layer({ databaseUrl: url.href }).layer.open([], []).then(
        () => new Error("opened"),
        (failure: Error) => failure,
      );
      expect(error).toMatchObject({ code: "HTL_CORE_DATABASE_UNREACHABLE" });
      expect(error.message).not.toMatch(/hunter2|test-password/);
    }
  });

  test("connections the server ends are replaced, and the lock is taken again", async () => {
    const data = await fresh();
    const { layer, lines, clock } = data.layer();
    await layer.open([], []);
    const end = layer.unitOfWork.run(({ em }) => em.execute("select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() order by pid = pg_backend_pid()"));
    await expect(end).rejects.toMatchObject({ code: "HTL_CORE_DATABASE_UNREACHABLE" });
    await expect.poll(() => lines.filter((line) => line.message.includes("taking the lock again")).length, { timeout: 5000 }).toBe(1);
    await clock.advance(0);
    await expect.poll(() => lines.filter((line) => line.message.includes("is held again")).length, { timeout: 5000 }).toBe(1);
    await layer.unitOfWork.run(({ em }) => em.execute("insert into core_state (key, value) values ('a', 'b')", [], "run"));
    expect(await layer.readPool.read((em) => em.execute("select value from core_state where key = 'a'"))).toEqual([{ value: "b" }]);
    await expect(data.layer({ dataDir: join(data.dataDir, "other") }).layer.open([], [])).rejects.toMatchObject({ code: "HTL_CORE_DATA_IN_USE" });
  });
});

const fresh = freshData(() => Promise.resolve(undefined));

test("the data folder and the key file are for their owner alone", async () => {
  const data = await fresh();
  const { layer } = data.layer({ dataDir: join(data.dataDir, "made", "here") });
  await layer.open([], []);
  expect((await stat(join(data.dataDir, "made", "here"))).mode & 0o777).toBe(0o700);
  expect((await stat(join(data.dataDir, "made", "here", "secret.key"))).mode & 0o777).toBe(0o600);
});

test("a data folder that is a file or lies below one: DATA_UNWRITABLE", async () => {
  const data = await fresh();
  const file = join(data.dataDir, "file");
  await writeFile(file, "x");
  await expect(data.layer({ dataDir: file }).layer.open([], [])).rejects.toMatchObject({ code: "HTL_CORE_DATA_UNWRITABLE" });
  await expect(data.layer({ dataDir: join(file, "below") }).layer.open([], [])).rejects.toMatchObject({ code: "HTL_CORE_DATA_UNWRITABLE" });
  await expect(data.layer({ dataDir: "/proc/hotline" }).layer.open([], [])).rejects.toMatchObject({ code: "HTL_CORE_DATA_UNWRITABLE" });
});

test("a database file that is none: DATABASE_CORRUPT, and the folder is free again", async () => {
  const data = await fresh();
  await writeFile(join(data.dataDir, "hotline.db"), "this is not a database file, however long it may be, and never was one\n".repeat(50));
  await expect(data.layer().layer.open([], [])).rejects.toMatchObject({ code: "HTL_CORE_DATABASE_CORRUPT" });
  await expect(data.layer().layer.open([], [])).rejects.toMatchObject({ code: "HTL_CORE_DATABASE_CORRUPT" });
  expect(await readFile(join(data.dataDir, "hotline.db"), "utf8")).toContain("this is not a database");
});

test("a database path that is a folder: a coded error", async () => {
  const data = await fresh();
  await mkdir(join(data.dataDir, "hotline.db"));
  await expect(data.layer().layer.open([], [])).rejects.toMatchObject({ code: "HTL_CORE_DATA_UNWRITABLE" });
});

test("URLs that cannot work: one coded error that never shows the password", async () => {
  const data = await fresh();
  for (const databaseUrl of ["nonsense hunter2", "mysql://root:hunter2@localhost/x", "postgres://u:hunter2@localhost", "postgres://u:hunter2@localhost/x?sslmode=maybe", "postgres://u:hunter2%@localhost/x", "postgres://u:hunter2@localhost/x?options=1"]) {
    const error: Error = await data.layer({ databaseUrl }).layer.open([], []).then(
      () => new Error("opened"),
      (failure: Error) => failure,
    );
    expect(error).toMatchObject({ code: "HTL_CORE_DATABASE_URL" });
    expect(`${error.message} ${String(error.cause)}`).not.toContain("hunter2");
  }
});

test("nobody listens, no such host: DATABASE_UNREACHABLE without the password", async () => {
  const data = await fresh();
  for (const host of ["127.0.0.1:1", "no-such-host.invalid:5432"]) {
    const error: Error = await data.layer({ databaseUrl: `postgres://u:hunter2@${host}/x` }).layer.open([], []).then(
      () => new Error("opened"),
      (failure: Error) => failure,
    );
    expect(error).toMatchObject({ code: "HTL_CORE_DATABASE_UNREACHABLE" });
    expect(error.message).not.toContain("hunter2");
    expect(error.message).toContain(host);
  }
});

test("a database sealed with a key that is gone does not open", async () => {
  const data = await fresh();
  const first = data.layer();
  await first.layer.open([], []);
  await first.layer.close();
  await writeFile(join(data.dataDir, "secret.key"), Buffer.alloc(32, 7).toString("hex"));
  await expect(data.layer().layer.open([], [])).rejects.toMatchObject({ code: "HTL_CORE_SECRET_KEY_MISSING" });
});
