import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { postgresPresent, startPostgres, type TestPostgres } from "../../core/test/postgres.js";
import { campaignStage, LEADER, numbers } from "./campaign-stage.js";
import { closeStages, MINUTE } from "./stage.js";

afterEach(closeStages);

describe.each([
  ["SQLite", false],
  ["PostgreSQL", true],
] as const)("on %s", (_name, onPostgres) => {
  const absent = onPostgres && !postgresPresent();
  let server: TestPostgres | undefined;
  beforeAll(async () => {
    if (onPostgres && !absent) server = await startPostgres();
  });
  afterAll(() => server?.stop());

  it.skipIf(absent)("a long list is taken in, counted, checked, called and cancelled as a short one is", async () => {
    const at = await campaignStage(server === undefined ? {} : { databaseUrl: await server.database() });
    const list = numbers(3_000);
    for (const [index, number] of list.slice(0, 100).entries()) at.phoneOf(number, (call) => void (index < 4 ? call.answer() : call.ring()));
    const other = await at.begin(list.slice(0, 1), { atOnce: 1, from: at.test.clock.now() + 40 * MINUTE });
    const id = await at.draft([]);
    await at.campaigns.addDoNotCall(list[5] ?? "", { actor: LEADER });
    // Texts that no database keeps are kept without what it cannot.
    const people = [...list, list[0] ?? "", "123"].map((number, index) => ({ number, name: "王\u0000芳\uD800", values: { index: String(index), "\u0000": "\u0000" } }));
    expect(await at.campaigns.add(id, people, LEADER)).toEqual({ added: 2_999, duplicate: 1, doNotCall: 1, invalid: 1, invalidLines: [3_002] });
    expect(await at.campaigns.add(id, people, LEADER)).toEqual({ added: 0, duplicate: 3_000, doNotCall: 1, invalid: 1, invalidLines: [3_002] });
    await at.campaigns.addDoNotCall(list[6] ?? "", { actor: LEADER });
    expect(await at.campaigns.check(id)).toMatchObject({ people: 2_999, doNotCall: 1, elsewhere: 1, attemptsAtMost: 2_998 * 3, obstacles: [] });
    await at.campaigns.start(id, LEADER);
    await at.test.advance(2_000);
    expect((await at.campaign(id)).counts).toMatchObject({ people: 2_999, calling: 10 });
    await at.test.advance(MINUTE);
    const { counts } = await at.campaign(id);
    expect(counts.results).toMatchObject({ completed: 4, "do-not-call": 1 });
    expect((await at.campaigns.people(id, { result: "completed", limit: 2 })).items.map(({ number, values }) => [number, values])).toEqual([[list[0], { index: "0" }], [list[1], { index: "1" }]]);
    await at.campaigns.cancel(id, LEADER);
    await at.test.advance(MINUTE);
    const end = await at.campaign(id);
    expect(end).toMatchObject({ status: "cancelled", counts: { people: 2_999, open: 0, calling: 0, closed: 2_999, results: { completed: 4, "do-not-call": 1 } } });
    expect(Object.values(end.counts.results).reduce((sum, count) => sum + count, 0)).toBe(2_999);
    expect((await at.campaigns.list({ status: ["cancelled", "running"] })).items.map((each) => each.id)).toEqual([id, other]);
  }, 90_000);
});
