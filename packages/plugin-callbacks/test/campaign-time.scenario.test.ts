import { afterEach, describe, expect, it } from "vitest";
import { ANNA, BEN, campaignStage, numbers } from "./campaign-stage.js";
import type { CampaignStage } from "./campaign-stage.js";
import { closeStages, HOUR, MINUTE } from "./stage.js";

afterEach(closeStages);

/** When phones rang, in the hotline's time: `02 10:00`. */
const rang = async (at: CampaignStage): Promise<readonly string[]> => (await at.rows<{ started_at: number }>("select started_at from core_interaction where direction = 'outbound' order by started_at")).map(({ started_at }) => hour(started_at));
const hour = (at: number): string => new Date(at + 8 * HOUR).toISOString().slice(8, 16).replace("T", " ");
const MONDAY = "2026-03-02";

describe("who is not reached", () => {
  it("is called again in another opening of the calendar, three times in all", async () => {
    const at = await campaignStage();
    at.phoneOf(ANNA);
    const id = await at.begin([ANNA]);
    await at.test.advance(MINUTE);
    expect(await at.person(id)).toMatchObject({ status: "open", attempts: 1, lastAttemptAt: expect.any(Number) });
    expect(hour((await at.person(id)).nextAt)).toBe("02 14:00");
    await at.until("14:01");
    await at.until("09:01");
    expect(await rang(at)).toEqual(["02 10:00", "02 14:00", "03 09:00"]);
    expect(await at.person(id)).toMatchObject({ status: "closed", result: "no-answer", attempts: 3 });
    expect(await at.campaign(id)).toMatchObject({ status: "done", counts: { attempts: 3, results: { "no-answer": 1 } } });
  }, 60_000);

  it("is called again within the opening where the campaign says so, after the waits of its rule", async () => {
    const at = await campaignStage();
    at.phoneOf(ANNA, (call) => call.finish("busy", "remote", 486));
    const id = await at.begin([ANNA], { retry: { maxAttempts: 3, waitMinutes: [20, 30], otherSlot: false } });
    await at.test.advance(2 * HOUR);
    expect(await rang(at)).toEqual(["02 10:00", "02 10:20", "02 10:50"]);
    expect(await at.person(id)).toMatchObject({ status: "closed", result: "busy", attempts: 3 });
  });

  it("is not called again when they declined", async () => {
    const at = await campaignStage();
    at.phoneOf(ANNA, (call) => call.finish("declined", "remote", 603));
    const id = await at.begin([ANNA]);
    await at.test.advance(MINUTE);
    expect(await at.person(id)).toMatchObject({ status: "closed", result: "declined", attempts: 1 });
  });
});

describe("hours", () => {
  it("outside the calendar nobody is called; the campaign begins at the next opening, and goes on the next day", async () => {
    const at = await campaignStage({ startAt: Date.parse(`${MONDAY}T19:31:00+08:00`) });
    for (const number of numbers(2)) at.phoneOf(number, (call) => void call.answer());
    const id = await at.begin(numbers(2), { atOnce: 1 });
    await at.test.advance(HOUR);
    expect(at.calls).toHaveLength(0);
    expect(await at.campaigns.check(id)).toMatchObject({ firstCallAt: Date.parse("2026-03-03T09:00:00+08:00") });
    await at.until("09:00");
    await at.test.advance(2 * MINUTE);
    expect((await rang(at))[0]).toBe("03 09:00");
    expect(await at.campaign(id)).toMatchObject({ status: "done" });
  });

  it("an agent who was being told when the calendar closed dials nobody", async () => {
    const at = await campaignStage({ startAt: Date.parse(`${MONDAY}T11:59:50+08:00`) });
    at.phoneOf(ANNA);
    const id = await at.begin([ANNA], { kind: "agent", queue: "q" });
    const agent = await at.phone();
    await at.test.advance(5_000);
    await agent.answer();
    await at.test.advance(MINUTE);
    expect(at.calls).toHaveLength(0);
    expect(agent.talking).toBe(false);
    expect(await at.person(id)).toMatchObject({ status: "open", attempts: 0 });
    expect(hour((await at.person(id)).nextAt)).toBe("02 14:00");
  });

  it("from and until hold: nobody before, nobody after, and who was left is done with", async () => {
    const at = await campaignStage();
    at.phoneOf(ANNA);
    const id = await at.begin(numbers(3), { atOnce: 1, from: Date.parse(`${MONDAY}T11:00:00+08:00`), until: Date.parse(`${MONDAY}T11:01:00+08:00`), retry: { maxAttempts: 3, waitMinutes: [30], otherSlot: false } });
    await at.test.advance(59 * MINUTE);
    expect(at.calls).toHaveLength(0);
    await at.test.advance(3 * MINUTE);
    // The first rang for half a minute, the others have no phone: all had their attempt, and none will have another.
    expect((await at.people(id)).map(({ result }) => result)).toEqual(["no-answer", "unreachable", "unreachable"]);
    expect(await at.campaign(id)).toMatchObject({ status: "done" });
    const late = await at.draft([ANNA], { until: at.test.clock.now() - 1 });
    await expect(at.campaigns.start(late, "u1")).rejects.toMatchObject({ code: "HTL_CALLBACKS_CAMPAIGN_NEVER_OPEN" });
  });

  it("who was never called when the time is over is skipped", async () => {
    const at = await campaignStage();
    for (const number of numbers(2)) at.phoneOf(number);
    const id = await at.begin(numbers(2), { atOnce: 1, until: Date.parse(`${MONDAY}T10:00:20+08:00`) });
    await at.test.advance(2 * MINUTE);
    expect((await at.people(id)).map(({ result }) => result)).toEqual(["no-answer", "skipped"]);
    expect(await at.campaign(id)).toMatchObject({ status: "done" });
  });
});

describe("two campaigns with one person", () => {
  it("do not call them twice in one opening, nor at once", async () => {
    const at = await campaignStage();
    at.phoneOf(ANNA, (call) => void call.answer());
    const one = await at.begin([ANNA]);
    const two = await at.draft([ANNA, BEN]);
    expect(await at.campaigns.check(two)).toMatchObject({ people: 2, elsewhere: 1 });
    await at.campaigns.start(two, "u1");
    await at.test.advance(HOUR);
    expect(at.calls).toHaveLength(1);
    expect(await at.person(one)).toMatchObject({ result: "completed" });
    expect(hour((await at.person(two)).nextAt)).toBe("02 14:00");
    await at.until("14:01");
    expect(at.calls).toHaveLength(2);
    expect(await at.person(two)).toMatchObject({ result: "completed" });
  });

  it("leave who is on the line alone, whoever called", async () => {
    const at = await campaignStage();
    at.phoneOf(ANNA, (call) => void call.answer());
    const caller = await at.test.dial("12333", { from: `+86${ANNA}` });
    await at.test.advance(1_000);
    const id = await at.begin([ANNA]);
    await at.test.advance(2 * MINUTE);
    expect(at.calls).toHaveLength(0);
    await caller.hangup();
    await at.test.advance(5 * MINUTE);
    expect(await at.person(id)).toMatchObject({ result: "completed" });
  });
});
