import { expect, test } from "vitest";
import { onBothDatabases, type TestLayer } from "../../test/data-layers.js";

async function started(made: TestLayer): Promise<void> {
  await made.layer.open([], []);
  await made.layer.start();
}

const write = ({ layer }: TestLayer, statement: string) => layer.unitOfWork.run(({ em }) => em.execute(statement, [], "run"));

onBothDatabases("audit", (fresh) => {
  test("seals within a second, numbers without gaps, and verifies over restarts", async () => {
    const data = await fresh();
    const first = data.layer();
    await started(first);
    await first.layer.audit.record({ actor: "system", action: "a.done", subject: { type: "thing", id: "1" }, details: { 名: ["值", 1] } });
    await first.layer.unitOfWork.run((uow) => {
      uow.audit({ actor: "u1", action: "b.vetoed", outcome: "vetoed" });
      return Promise.resolve();
    });
    expect(await first.layer.audit.verify()).toEqual({ ok: true, rows: 0 });
    await first.advance(1000);
    expect(await first.layer.audit.verify()).toEqual({ ok: true, rows: 2 });
    await first.layer.audit.record({ actor: "system", action: "c.done" });
    await first.layer.close();
    const second = data.layer();
    await started(second);
    await second.advance(1000);
    expect(await second.layer.audit.verify()).toEqual({ ok: true, rows: 3 });
  });

  test("seals many at once", async () => {
    const made = (await fresh()).layer();
    await started(made);
    await made.layer.unitOfWork.run((uow) => {
      for (let i = 0; i < 700; i++) uow.audit({ actor: "system", action: `a.${i}` });
      return Promise.resolve();
    });
    await made.advance(1000);
    expect(await made.layer.audit.verify()).toEqual({ ok: true, rows: 700 });
  });

  for (const [what, statement, brokenAt] of [
    ["a changed row", "update core_audit set actor = 'somebody' where number = 2", 2],
    ["changed details", `update core_audit set details = '{"n":9}' where number = 3`, 3],
    ["a deleted row", "delete from core_audit where number = 2", 2],
    ["rows cut off at the end", "delete from core_audit where number >= 3", 3],
    ["an inserted row", "insert into core_audit (id, at, actor, action, outcome, number, previous, hash) values ('x', 1, 'a', 'b', 'done', 5, 'p', 'h')", 5],
  ] as const) {
    test(`notices ${what}`, async () => {
      const made = (await fresh()).layer();
      await started(made);
      for (let n = 1; n <= 4; n++) await made.layer.audit.record({ actor: "system", action: "a.done", details: { n } });
      await made.advance(1000);
      expect(await made.layer.audit.verify()).toEqual({ ok: true, rows: 4 });
      await write(made, statement);
      expect(await made.layer.audit.verify()).toEqual({ ok: false, brokenAt });
    });
  }
});
