import { readdir } from "node:fs/promises";
import { expect, test } from "vitest";
import { freshData } from "../../test/data-layers.js";

const fresh = freshData(() => Promise.resolve(undefined));

test("statements that are kept give what each run gives: rows, counts, errors; and do not keep the database open", async () => {
  const { dataDir, layer: open } = await fresh();
  const { layer } = open();
  await layer.open([], []);
  // Through knex with values apart from the text: only such statements are kept.
  const set = (key: string, value: string): Promise<unknown> =>
    layer.unitOfWork.run(async ({ em }) => void (await em.getKnex().raw("insert into core_state (key, value) values (?, ?)", [key, value]).transacting(em.getTransactionContext() as never)));
  const found = (keys: readonly string[]): Promise<unknown> => layer.readPool.read((em) => em.getKnex()("core_state").select("value").whereIn("key", keys).orderBy("key"));
  await set("a", "1");
  await expect(set("a", "2")).rejects.toThrow(/UNIQUE/);
  await set("b", "3");
  expect(await found(["a"])).toEqual([{ value: "1" }]);
  expect(await found(["b"])).toEqual([{ value: "3" }]);
  // A table that changes under a kept statement.
  await layer.unitOfWork.run(async ({ em }) => void (await em.execute("alter table core_state add column note text")));
  await set("c", "4");
  // At once, and more different ones than are kept.
  const lists = Array.from({ length: 300 }, (_, length) => ["a", "b", "c", ...Array.from({ length }, (__, each) => `x${each}`)]);
  const results = await Promise.all(lists.map(found));
  expect(results.every((rows) => JSON.stringify(rows) === JSON.stringify([{ value: "1" }, { value: "3" }, { value: "4" }]))).toBe(true);
  await layer.close();
  // Whoever closes the last connection clears the log away; one with statements would stay open.
  expect((await readdir(dataDir)).filter((name) => name.includes("-wal"))).toEqual([]);
});
