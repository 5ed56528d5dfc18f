import { CALENDARS, READ_POOL, UNIT_OF_WORK } from "@hotlinejs/core";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { postgresPresent, startPostgres, type TestPostgres } from "../../core/test/postgres.js";
import { AgentIntervalEntity } from "../src/entities/agent-interval.entity.js";
import { QueueIntervalEntity } from "../src/entities/queue-interval.entity.js";
import { IntervalBook } from "../src/services/interval-book.js";
import { addsUp } from "./adds-up.js";
import { closeStages, stage, team } from "./stage.js";

const QUARTER = Date.UTC(2026, 10, 26, 2, 0);

describe("on SQLite", () => quarterHours(() => Promise.resolve(undefined)));
describe.skipIf(!postgresPresent())("on PostgreSQL", () => {
  let server: TestPostgres | undefined;
  beforeAll(async () => {
    server = await startPostgres();
  });
  afterAll(() => server?.stop());
  quarterHours(async () => server?.database());
});

function quarterHours(database: () => Promise<string | undefined>): void {
  afterEach(closeStages);

  it("a row is made once and added to by whoever comes, at the same time too; nothing is lost, the longest stays the longest", { timeout: 60_000 }, async () => {
    const databaseUrl = await database();
    const { test } = await stage(databaseUrl === undefined ? {} : { databaseUrl });
    const book = new IntervalBook(test.services.get(CALENDARS).get("default"));
    const unitOfWork = test.services.get(UNIT_OF_WORK);
    const at = Date.UTC(2026, 10, 26, 2, 7);
    const of = { queue: "q", channel: "voice" };
    const waits = Array.from({ length: 40 }, (_, index) => ((index * 17) % 40) * 100_000_000);
    await Promise.all(
      waits.map((waitMs) =>
        unitOfWork.run(async (uow) => {
          await book.queue(uow, of, at, { offered: 1, answered: 1, waitMs, longestWaitMs: waitMs });
          await book.agent(uow, "1001", QUARTER, { handled: 1, busyMs: 0.4 });
        }),
      ),
    );
    // What is undone was never there.
    await expect(
      unitOfWork.run(async (uow) => {
        await book.queue(uow, of, at, { offered: 1 });
        throw new Error("undone");
      }),
    ).rejects.toThrow("undone");
    await unitOfWork.run((uow) => book.queue(uow, { queue: "q", channel: "chat" }, at, { offered: 1, longestWaitMs: 5 }));
    const rows = await test.services.get(READ_POOL).read((em) => em.find(QueueIntervalEntity, {}, { orderBy: { channel: "asc" } }));
    expect(rows).toMatchObject([
      { channel: "chat", offered: 1, answered: 0, longestWaitMs: 5 },
      { channel: "voice", startsAt: QUARTER, offered: 40, answered: 40, abandoned: 0, waitMs: waits.reduce((sum, wait) => sum + wait, 0), longestWaitMs: 3_900_000_000, businessDate: "2026-11-26", businessHour: 10 },
    ]);
    const agents = await test.services.get(READ_POOL).read((em) => em.find(AgentIntervalEntity, { agent: "1001", startsAt: QUARTER }));
    expect(agents).toMatchObject([{ handled: 40, busyMs: 0 }]);
  });

  it("calls that are answered, given up and turned away add up with their entries", { timeout: 60_000 }, async () => {
    const databaseUrl = await database();
    const at = await stage({ startAt: Date.UTC(2026, 10, 26, 2, 1), acd: team({ connectPrompt: false, whisper: false, maxLength: 1 }, ["1001"]), ...(databaseUrl === undefined ? {} : { databaseUrl }) });
    const phone = await at.phone("1001");
    const first = await at.dial("111");
    await phone.answer();
    await at.test.advance(20_000);
    const second = await at.dial("222");
    const third = await at.dial("333");
    await at.test.advance(8_000);
    await second.hangup();
    await first.hangup();
    await third.hangup();
    await at.test.advance(15_000);
    const day = { from: 0, to: Number.MAX_SAFE_INTEGER };
    const { total, intervals } = await at.acd.figures({ queue: "q", ...day });
    expect(total).toMatchObject({ offered: 3, answered: 1, abandoned: 1, otherwise: 1 });
    expect(total).toEqual(at.acd.queue("q")?.today);
    expect(intervals).toHaveLength(1);
    await addsUp(at);
  });
}
