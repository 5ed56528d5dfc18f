import { afterEach, describe, expect, it } from "vitest";
import type { CampaignSettings } from "../src/index.js";
import { ANNA, BEN, campaignStage, keptStage, LEADER, restarted, sweepFolders } from "./campaign-stage.js";
import type { CampaignStage } from "./campaign-stage.js";
import { closeStages, HOUR, MINUTE } from "./stage.js";

afterEach(async () => {
  await closeStages();
  sweepFolders();
});

const soon: Partial<CampaignSettings> = { kind: "agent", queue: "q", retry: { maxAttempts: 1, waitMinutes: [10], otherSlot: false } };

/** The person answers in the moment in which the agent hangs up, waits a while in the queue and gives up. */
async function answersNobody(at: CampaignStage, agent: Awaited<ReturnType<CampaignStage["phone"]>>): Promise<void> {
  const calls = at.calls.length;
  for (let tries = 0; !agent.ringing && tries < 30; tries++) await at.test.advance(MINUTE / 2);
  await agent.answer();
  await at.test.advance(9_000);
  expect(at.calls).toHaveLength(calls + 1);
  const answering = at.calls.at(-1)?.answer();
  agent.call?.finish("remote-hangup", "remote");
  await answering;
  // After-call work of the agent is over later.
  await at.test.advance(5_000);
  at.calls.at(-1)?.finish("remote-hangup", "remote");
  await at.test.advance(1_000);
}

describe("somebody who answers when the agent is gone", () => {
  it("is called again and talks with an agent; the call that we abandoned is counted", async () => {
    const at = await campaignStage();
    at.phoneOf(ANNA);
    const id = await at.begin([ANNA], soon);
    const agent = await at.phone();
    await answersNobody(at, agent);
    // More attempts than the list allows are not wanted of them: this one was ours.
    expect(await at.person(id)).toMatchObject({ status: "open", result: null, attempts: 1, abandoned: 1, nextAt: at.test.clock.now() - 1_000 + 10 * MINUTE });
    expect(await at.attemptsOf(id)).toMatchObject([{ result: "abandoned" }]);
    expect(await at.campaign(id)).toMatchObject({ status: "running", counts: { attempts: 1, abandoned: 1, open: 1, results: {} } });
    expect(await at.campaigns.check(id)).toMatchObject({ attemptsAtMost: 1 });
    await at.test.advance(9 * MINUTE);
    expect(agent.ringing).toBe(false);
    await at.test.advance(MINUTE + 10_000);
    await agent.answer();
    await at.test.advance(9_000);
    await at.calls[1]?.answer();
    await at.test.advance(5_000);
    await agent.hangup();
    await at.test.advance(1_000);
    expect(await at.person(id)).toMatchObject({ status: "closed", result: "completed", attempts: 2, abandoned: 1 });
    expect(await at.campaign(id)).toMatchObject({ status: "done", counts: { attempts: 2, abandoned: 1, results: { completed: 1 } } });
    expect(await at.rows("select attempts, abandoned, result from callbacks_campaign_person")).toEqual([{ attempts: 2, abandoned: 1, result: "completed" }]);
  });

  it("three times is left in peace, and stands in the results as ours", async () => {
    const at = await campaignStage();
    at.phoneOf(ANNA);
    const id = await at.begin([ANNA], soon);
    const agent = await at.phone();
    for (let times = 0; times < 3; times++) await answersNobody(at, agent);
    expect(await at.person(id)).toMatchObject({ status: "closed", result: "abandoned", attempts: 3, abandoned: 3 });
    await at.test.advance(HOUR);
    expect(at.calls).toHaveLength(3);
    expect(await at.campaign(id)).toMatchObject({ status: "done", counts: { abandoned: 3, results: { abandoned: 1 } } });
    const listed = (await at.route("GET", "/api/campaigns/:id/people", { params: { id }, query: { result: "abandoned" } })) as { items: unknown[] };
    expect(listed.items).toMatchObject([{ result: "abandoned", abandoned: 3 }]);
  });

  it("is called in another opening where the campaign says so", async () => {
    const at = await campaignStage();
    at.phoneOf(ANNA);
    const id = await at.begin([ANNA], { kind: "agent", queue: "q" });
    await answersNobody(at, await at.phone());
    expect(await at.person(id)).toMatchObject({ status: "open", nextAt: Date.parse("2026-03-02T14:00:00+08:00") });
  });

  it("and does not pick up later has all attempts of the list", async () => {
    const at = await campaignStage();
    at.phoneOf(ANNA);
    const id = await at.begin([ANNA], { ...soon, retry: { maxAttempts: 2, waitMinutes: [10], otherSlot: false } });
    const agent = await at.phone();
    await answersNobody(at, agent);
    for (let tries = 0; tries < 2; tries++) {
      for (let waits = 0; !agent.ringing && waits < 30; waits++) await at.test.advance(MINUTE / 2);
      await agent.answer();
      await at.test.advance(9_000);
      at.calls.at(-1)?.finish("busy", "remote");
      await at.test.advance(1_000);
    }
    expect(await at.person(id)).toMatchObject({ status: "closed", result: "busy", attempts: 3, abandoned: 1 });
  });

  it("or says meanwhile not to be called again, is not", async () => {
    const at = await campaignStage();
    at.phoneOf(ANNA);
    const id = await at.begin([ANNA], soon);
    const agent = await at.phone();
    await at.test.advance(500);
    await agent.answer();
    await at.test.advance(9_000);
    const answering = at.calls[0]?.answer();
    agent.call?.finish("remote-hangup", "remote");
    await answering;
    await at.campaigns.addDoNotCall(ANNA, { actor: LEADER });
    await at.test.advance(1_000);
    at.calls[0]?.finish("remote-hangup", "remote");
    await at.test.advance(1_000);
    expect(await at.person(id)).toMatchObject({ status: "closed", result: "refused-by-person", abandoned: 1 });
  });

  it("is not called again by a campaign that was cancelled meanwhile", async () => {
    const at = await campaignStage();
    at.phoneOf(ANNA);
    const id = await at.begin([ANNA, BEN], { ...soon, atOnce: 1 });
    const agent = await at.phone();
    await at.test.advance(500);
    await agent.answer();
    await at.test.advance(9_000);
    const answering = at.calls[0]?.answer();
    agent.call?.finish("remote-hangup", "remote");
    await answering;
    await at.campaigns.cancel(id, LEADER);
    at.calls[0]?.finish("remote-hangup", "remote");
    await at.test.advance(1_000);
    expect((await at.people(id)).map(({ result }) => result)).toEqual(["abandoned", "skipped"]);
  });

  it("because the process died is called again by the next", async () => {
    const before = await keptStage();
    before.phoneOf(ANNA);
    const id = await before.begin([ANNA], soon);
    const agent = await before.phone();
    await before.test.advance(500);
    await agent.answer();
    await before.test.advance(9_000);
    const answering = before.calls[0]?.answer();
    agent.call?.finish("remote-hangup", "remote");
    await answering;
    await before.test.advance(3_000);
    const at = await restarted(before);
    expect(await at.person(id)).toMatchObject({ status: "open", attempts: 1, abandoned: 1 });
    expect(await at.attemptsOf(id)).toMatchObject([{ result: "abandoned" }]);
  });
});
