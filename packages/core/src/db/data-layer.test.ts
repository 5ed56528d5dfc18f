import { mkdir, readFile, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { freshData, onBothDatabases } from "../../test/data-layers.js";
import { assertNoSchemaDiff } from "./schema-diff.js";

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
    expect(names).toEqual([{ name: "core/0001-data" }]);
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
