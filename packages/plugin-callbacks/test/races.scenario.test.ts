import { UNIT_OF_WORK } from "@hotlinejs/core";
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from "vitest";
import { postgresPresent, startPostgres, type TestPostgres } from "../../core/test/postgres.js";
import { CALLBACKS } from "../src/index.js";
import { CallbackStore } from "../src/services/callback-store.js";
import { CampaignStore } from "../src/services/campaign-store.js";
import { DoNotCallList } from "../src/services/do-not-call-list.js";
import { ANNA, BEN, campaignStage, LEADER, numbers } from "./campaign-stage.js";
import type { CampaignStage } from "./campaign-stage.js";
import { CITIZEN, closeStages, MINUTE } from "./stage.js";

afterEach(async () => {
  vi.restoreAllMocks();
  await closeStages();
});

/** A method that stops, once, before or after its work and inside its unit of work, until it is told to go on. */
function stop<K extends string>(when: "before" | "after", prototype: Record<K, (...args: never[]) => Promise<unknown>>, method: K): { readonly reached: Promise<void>; readonly goOn: () => void } {
  const work = prototype[method];
  let goOn = (): void => undefined;
  let reach = (): void => undefined;
  const reached = new Promise<void>((resolve) => (reach = resolve));
  const gate = new Promise<void>((resolve) => (goOn = resolve));
  let first = true;
  vi.spyOn(prototype, method as never).mockImplementation(async function (this: unknown, ...args: never[]) {
    if (!first) return work.apply(this, args);
    first = false;
    const result = when === "after" ? await work.apply(this, args) : undefined;
    reach();
    await gate;
    return when === "after" ? result : work.apply(this, args);
  } as never);
  return { reached, goOn };
}

describe.each([
  ["SQLite", false],
  ["PostgreSQL", true],
] as const)("two at the same time, on %s", (_name, onPostgres) => {
  const absent = onPostgres && !postgresPresent();
  let server: TestPostgres | undefined;
  beforeAll(async () => {
    if (onPostgres && !absent) server = await startPostgres();
  });
  afterAll(() => server?.stop());

  const stage = async (): Promise<CampaignStage> => campaignStage(server === undefined ? {} : { databaseUrl: await server.database() });

  /** Looks until `over`, or until somebody waits for a unit of work that is open; then no more comes by itself. */
  const settled = async (at: CampaignStage, over: () => boolean | Promise<boolean>): Promise<"over" | "waits"> => {
    for (;;) {
      if (await over()) return "over";
      const waiting = onPostgres
        ? Number((await at.rows<{ waiting: string }>("select count(*) as waiting from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"))[0]?.waiting)
        : (at.test.services.get(UNIT_OF_WORK) as unknown as { health: { waiting: number } }).health.waiting;
      if (waiting > 0) return "waits";
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const attemptsEnded = async (at: CampaignStage, id: string): Promise<boolean> => (await at.attemptsOf(id)).every(({ result }) => result !== null);

  it.skipIf(absent)("a call ends while its campaign is cancelled: nobody stays open", async () => {
    const at = await stage();
    at.phoneOf(ANNA);
    const id = await at.begin([ANNA]);
    await at.test.advance(1_000);
    const cancel = stop("after", CampaignStore.prototype as never, "closeOpen");
    const cancelled = at.campaigns.cancel(id, LEADER);
    await cancel.reached;
    at.calls[0]?.finish("busy", "remote");
    await settled(at, () => attemptsEnded(at, id));
    cancel.goOn();
    await cancelled;
    await at.test.advance(MINUTE);
    expect(await at.campaign(id)).toMatchObject({ status: "cancelled", counts: { people: 1, open: 0, calling: 0, results: { busy: 1 } } });
  });

  it.skipIf(absent).each([
    ["declared done", "anybodyLeft"],
    ["cancelled", "closeOpen"],
  ] as const)("people are added while the campaign is %s: they are called, or the list is refused, never taken and forgotten", async (_what, method) => {
    const at = await stage();
    at.phoneOf(ANNA);
    const id = await at.begin([ANNA], { retry: { maxAttempts: 1, waitMinutes: [30], otherSlot: false } });
    await at.test.advance(1_000);
    const end = stop("after", CampaignStore.prototype as never, method);
    let ended: Promise<unknown> = Promise.resolve();
    if (method === "closeOpen") ended = at.campaigns.cancel(id, LEADER);
    else at.calls[0]?.finish("busy", "remote");
    await end.reached;
    let taken: string | undefined;
    const added = at.campaigns.add(id, [{ number: BEN }], LEADER).then(
      () => (taken = "taken"),
      (error: { code: string }) => (taken = error.code),
    );
    await settled(at, () => taken !== undefined);
    end.goOn();
    await Promise.all([ended, added]);
    await at.test.advance(MINUTE);
    expect(taken).toBe("HTL_CALLBACKS_CAMPAIGN_OVER");
    expect((await at.campaign(id)).counts).toMatchObject({ people: 1, open: 0 });
  });

  it.skipIf(absent)("a number is listed while it is about to be dialled: the entry is there after the dial, and finds the call", async () => {
    const at = await stage();
    at.phoneOf(ANNA);
    const dial = stop("after", DoNotCallList.prototype as never, "since");
    const id = await at.draft([ANNA]);
    await at.campaigns.start(id, LEADER);
    await dial.reached;
    let listed = false;
    const added = at.campaigns.addDoNotCall(ANNA, { actor: LEADER }).then(() => (listed = true));
    expect(await settled(at, () => listed)).toBe("waits");
    dial.goOn();
    await added;
    await at.test.advance(1_000);
    expect(at.calls).toHaveLength(1);
    expect(await at.person(id)).toMatchObject({ status: "calling" });
  });

  it.skipIf(absent)("somebody is about to be dialled while the number is listed: nobody is", async () => {
    const at = await stage();
    at.phoneOf(ANNA);
    const id = await at.draft([ANNA]);
    const list = stop("after", CampaignStore.prototype as never, "forbid");
    const added = at.campaigns.addDoNotCall(ANNA, { actor: LEADER });
    await list.reached;
    const started = at.campaigns.start(id, LEADER);
    expect(await settled(at, () => at.calls.length > 0)).toBe("waits");
    list.goOn();
    await Promise.all([added, started]);
    await at.test.advance(MINUTE);
    expect(at.calls).toHaveLength(0);
    expect(await at.person(id)).toMatchObject({ status: "closed", result: "do-not-call" });
  });

  it.skipIf(absent)("a leader closes somebody who wants no more calls while another lists the number: one of them is told, neither waits for the other crosswise", async () => {
    const at = await stage();
    const id = await at.begin([ANNA], { from: at.test.clock.now() + 60 * MINUTE });
    const person = await at.person(id);
    const list = stop("before", CampaignStore.prototype as never, "forbid");
    const added = at.campaigns.addDoNotCall(ANNA, { actor: "user-other" });
    await list.reached;
    let closed: string | undefined;
    const closing = at.campaigns.closePerson(id, person.id, { result: "refused-by-person", actor: LEADER }).then(
      ({ result }) => (closed = result ?? ""),
      (error: { code: string }) => (closed = error.code),
    );
    await settled(at, () => closed !== undefined);
    list.goOn();
    await Promise.all([added, closing]);
    expect(closed).toMatch(/^HTL_CALLBACKS_(CONFLICT|PERSON_CLOSED)$/);
    expect(await at.person(id)).toMatchObject({ status: "closed", result: "do-not-call" });
  });

  it.skipIf(absent)("a campaign whose time is over is paused, to be given more: who is not closed by then stays open", async () => {
    const at = await stage();
    // Nobody is signed in who could call.
    const id = await at.begin(numbers(600), { kind: "agent", queue: "q", until: at.test.clock.now() + MINUTE });
    const closes = stop("after", CampaignStore.prototype as never, "closeOpen");
    const passed = at.test.advance(2 * MINUTE);
    await closes.reached;
    let paused = false;
    const pause = at.campaigns.pause(id, LEADER).then(() => (paused = true));
    expect(await settled(at, () => paused)).toBe("waits");
    closes.goOn();
    await Promise.all([pause, passed]);
    expect(await at.campaign(id)).toMatchObject({ status: "paused", counts: { open: 100, closed: 500 } });
  });

  it.skipIf(absent)("a wish of the same number is noted twice: one callback", async () => {
    const at = await stage();
    const service = at.test.services.get(CALLBACKS);
    const put = stop("after", CallbackStore.prototype as never, "put");
    const one = service.create({ number: CITIZEN, actor: "user-1001" });
    await put.reached;
    let noted: string | undefined;
    const two = service.create({ number: CITIZEN, note: "关于社保卡", actor: "user-1002" }).then(
      ({ id }) => (noted = id),
      (error: Error) => (noted = error.message),
    );
    await settled(at, () => noted !== undefined);
    put.goOn();
    const { id } = await one;
    await two;
    expect(noted).toBe(id);
    expect(await at.task()).toMatchObject({ note: "关于社保卡" });
  });
});
