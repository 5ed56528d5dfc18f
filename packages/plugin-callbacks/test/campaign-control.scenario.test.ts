import { HotlineError } from "@hotlinejs/core";
import { FAKE_TELEPHONY } from "@hotlinejs/testing";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ANNA, BEN, campaignStage, CORA, GOODBYE, keptStage, LEADER, numbers, restarted, sweepFolders } from "./campaign-stage.js";
import { DoNotCallList } from "../src/services/do-not-call-list.js";
import type { CampaignStage } from "./campaign-stage.js";
import { closeStages, HOUR, MINUTE } from "./stage.js";

afterEach(async () => {
  await closeStages();
  sweepFolders();
});

const statuses = async (at: CampaignStage, id: string) => (await at.people(id)).map(({ status, result }) => result ?? status);

describe("calls at once", () => {
  it("are never more than it says; the next is made when one is over", async () => {
    const at = await campaignStage();
    let live = 0;
    let most = 0;
    for (const number of numbers(7)) {
      at.phoneOf(number, (call) => {
        most = Math.max(most, ++live);
        void call.ended.then(() => live--);
        void call.answer();
      });
    }
    const id = await at.begin(numbers(7), { atOnce: 3 });
    await at.test.advance(1_000);
    expect(at.calls).toHaveLength(3);
    await at.test.advance(5 * MINUTE);
    expect(most).toBe(3);
    expect(await at.campaign(id)).toMatchObject({ status: "done", counts: { people: 7, closed: 7, results: { completed: 7 } } });
  });

  it("wait while all channels of the trunks are in use; that is no attempt, and asked one at a time", async () => {
    const at = await campaignStage();
    const telephony = at.test.services.get(FAKE_TELEPHONY);
    const dial = telephony.originate.bind(telephony);
    let tries = 0;
    vi.spyOn(telephony, "originate").mockImplementation((to, options) => {
      tries++;
      if (at.calls.filter(({ state }) => state !== "ended").length >= 2) return Promise.reject(new HotlineError("HTL_SIP_TRUNK_FULL", "all channels are in use", { status: 503 }));
      return dial(to, options);
    });
    for (const number of numbers(6)) at.phoneOf(number, (call) => void call.answer());
    const id = await at.begin(numbers(6), { atOnce: 6 });
    await at.test.advance(9_000);
    expect(at.calls).toHaveLength(2);
    const before = tries;
    await at.test.advance(2_000);
    expect(tries - before).toBeLessThanOrEqual(2);
    await at.test.advance(10 * MINUTE);
    expect(await at.campaign(id)).toMatchObject({ status: "done", counts: { attempts: 6, results: { completed: 6 } } });
  });
});

describe("a pause", () => {
  it("dials nobody new from that instant on, tells what still rings and who talks, and goes on", async () => {
    const at = await campaignStage();
    at.phoneOf(ANNA);
    at.phoneOf(BEN, (call) => void call.answer());
    for (const number of numbers(9).slice(2)) at.phoneOf(number);
    const id = await at.begin(numbers(9), { atOnce: 2 });
    await at.test.advance(1_000);
    expect(at.calls).toHaveLength(2);
    // One is over in the same moment: nobody comes in its place.
    at.calls[1]?.finish("remote-hangup", "remote");
    const { campaign, ringing, talking } = await at.campaigns.pause(id, LEADER);
    expect({ status: campaign.status, ringing, talking: talking <= 1 }).toEqual({ status: "paused", ringing: 1, talking: true });
    await at.test.advance(HOUR);
    expect(at.calls).toHaveLength(2);
    expect((await at.campaign(id)).counts).toMatchObject({ open: 8, calling: 0, closed: 1 });
    await expect(at.campaigns.pause(id, LEADER)).rejects.toMatchObject({ code: "HTL_CALLBACKS_CAMPAIGN_STATE" });
    await at.campaigns.start(id, LEADER);
    await at.test.advance(1_000);
    expect(at.calls).toHaveLength(4);
  });

  it("begun with the start, in one instant, leaves nobody dialled who is not told of", async () => {
    const at = await campaignStage();
    for (const number of numbers(5)) at.phoneOf(number);
    const id = await at.draft(numbers(5), { atOnce: 5 });
    await at.campaigns.start(id, LEADER);
    const { ringing } = await at.campaigns.pause(id, LEADER);
    await at.test.advance(1_000);
    expect(at.calls).toHaveLength(ringing);
    await at.test.advance(2 * MINUTE);
    expect(at.calls).toHaveLength(ringing);
    expect((await at.campaign(id)).counts).toMatchObject({ open: 5, calling: 0 });
  });

  it("an agent who is being rung for it dials nobody", async () => {
    const at = await campaignStage();
    at.phoneOf(ANNA);
    const id = await at.begin([ANNA], { kind: "agent", queue: "q" });
    const agent = await at.phone();
    await at.test.advance(500);
    expect(await at.campaigns.pause(id, LEADER)).toMatchObject({ ringing: 0, talking: 0 });
    await agent.answer();
    await at.test.advance(MINUTE);
    expect(at.calls).toHaveLength(0);
    expect(at.state()).toBe("available");
    expect(await at.person(id)).toMatchObject({ status: "open", attempts: 0 });
  });

  it("lasts over a restart; what ran goes on", async () => {
    const before = await keptStage();
    before.phoneOf(ANNA);
    const paused = await before.draft([BEN, CORA], { atOnce: 1 });
    await before.campaigns.start(paused, LEADER);
    await before.campaigns.pause(paused, LEADER);
    const running = await before.begin([ANNA], { retry: { maxAttempts: 2, waitMinutes: [10], otherSlot: false } });
    await before.test.advance(MINUTE);
    const at = await restarted(before);
    at.phoneOf(ANNA, (call) => void call.answer());
    await at.test.advance(30 * MINUTE);
    expect(await at.person(running)).toMatchObject({ result: "completed", attempts: 2 });
    expect(await at.campaign(paused)).toMatchObject({ status: "paused", counts: { closed: 0 } });
  });
});

describe("a cancel", () => {
  it("skips who is open; what rings and who talks end by themselves, and nobody is called again", async () => {
    const at = await campaignStage();
    at.phoneOf(ANNA);
    at.phoneOf(BEN, (call) => void call.answer());
    const id = await at.begin(numbers(5), { atOnce: 2 });
    await at.test.advance(1_000);
    expect(await at.campaigns.cancel(id, LEADER)).toMatchObject({ status: "cancelled", counts: { calling: 2, results: { skipped: 3 } } });
    await at.test.advance(2 * HOUR);
    expect(await statuses(at, id)).toEqual(["no-answer", "completed", "skipped", "skipped", "skipped"]);
    expect(at.calls).toHaveLength(2);
    await expect(at.campaigns.start(id, LEADER)).rejects.toMatchObject({ code: "HTL_CALLBACKS_CAMPAIGN_OVER" });
    await expect(at.campaigns.add(id, [{ number: CORA }], LEADER)).rejects.toMatchObject({ code: "HTL_CALLBACKS_CAMPAIGN_OVER" });
  });

  it("of a long list skips all of them", async () => {
    const at = await campaignStage();
    const id = await at.draft(numbers(1_200));
    await at.campaigns.cancel(id, LEADER);
    await at.test.advance(5_000);
    expect((await at.campaign(id)).counts).toMatchObject({ people: 1_200, open: 0, results: { skipped: 1_200 } });
  });
});

describe("a stop of the hotline", () => {
  it("dials nobody new, not for an agent who answers meanwhile either; who talks goes on, and nothing was an attempt", async () => {
    const before = await keptStage();
    before.phoneOf(ANNA, (call) => void call.answer());
    const talking = await before.begin([ANNA, BEN], { atOnce: 1 });
    const agents = await before.begin([CORA], { kind: "agent", queue: "q" });
    const agent = await before.phone();
    await before.test.advance(1_000);
    expect(agent.ringing).toBe(true);
    const stopped = before.test.hotline.stop({ drain: true });
    await before.test.advance(100);
    if (agent.ringing) await agent.answer();
    await before.test.advance(MINUTE);
    await stopped;
    expect(before.calls).toHaveLength(1);
    expect(before.calls[0]?.leg?.texts.at(-1)).toBe(GOODBYE);
    // At noon nobody is called: what is found is what was left.
    const at = await restarted(before, { afterMs: 2.5 * HOUR });
    expect((await at.people(talking)).map(({ status, result, attempts }) => `${result ?? status} ${attempts}`)).toEqual(["completed 1", "open 0"]);
    expect(await at.person(agents)).toMatchObject({ status: "open", attempts: 0 });
  });
});

describe("a process that dies", () => {
  it("while the phone rings leaves the person uncertain: listed, never dialled again by itself, closed by hand", async () => {
    const before = await keptStage();
    before.phoneOf(ANNA);
    const id = await before.begin([ANNA]);
    await before.test.advance(5_000);
    expect(before.calls).toHaveLength(1);
    const at = await restarted(before);
    at.phoneOf(ANNA);
    await at.test.advance(6 * HOUR);
    expect(at.calls).toHaveLength(0);
    expect(await at.person(id)).toMatchObject({ status: "uncertain", attempts: 1 });
    expect(await at.attemptsOf(id)).toMatchObject([{ result: "uncertain" }]);
    // Nobody else is left: it is done, and what became of them can still be told.
    expect(await at.campaign(id)).toMatchObject({ status: "done", counts: { uncertain: 1 } });
    expect(await at.campaigns.closePerson(id, (await at.person(id)).id, { result: "completed", note: "已电话核实", actor: LEADER })).toMatchObject({ status: "closed", result: "completed", note: "已电话核实" });
  });

  it("while the agent's phone rings has dialled nobody: called again, and no attempt counts", async () => {
    const before = await keptStage();
    const id = await before.begin([ANNA], { kind: "agent", queue: "q" });
    const agent = await before.phone();
    await before.test.advance(500);
    expect(agent.ringing).toBe(true);
    const at = await restarted(before);
    expect(await at.person(id)).toMatchObject({ status: "open", attempts: 0 });
    expect(await at.attemptsOf(id)).toMatchObject([{ result: "cancelled", dialledAt: null }]);
    const again = await at.phone();
    await at.test.advance(1_000);
    expect(again.ringing).toBe(true);
  });

  it("in the talk closes the person with what they have heard by then", async () => {
    const before = await keptStage();
    before.phoneOf(ANNA, (call) => void call.answer());
    const id = await before.begin([ANNA, BEN]);
    await before.test.advance(8_000);
    // Heard to its end, and the keys are being told; the other one answers late.
    before.phoneOf(CORA, (call) => void call.answer());
    await before.campaigns.add(id, [{ number: CORA }], LEADER);
    await before.test.advance(2_000);
    const at = await restarted(before);
    expect((await at.people(id)).filter(({ number }) => number !== BEN).map(({ status, result }) => `${status} ${result}`)).toEqual(["closed completed", "closed incomplete"]);
  });

  it("after key 9 has lost nothing", async () => {
    const before = await keptStage();
    before.phoneOf(ANNA, (call) => void call.answer());
    const id = await before.begin([ANNA]);
    await before.test.advance(1_000);
    before.calls[0]?.leg?.injectDtmf("9");
    await before.test.advance(500);
    const at = await restarted(before);
    expect(await at.person(id)).toMatchObject({ result: "refused-by-person" });
    expect((await at.campaigns.doNotCall({ number: ANNA })).items).toHaveLength(1);
  });
});

describe("the do-not-call list", () => {
  it("holds from the moment it is written: for who waits, and for who is about to be dialled", async () => {
    const at = await campaignStage();
    for (const number of [ANNA, BEN]) at.phoneOf(number);
    const id = await at.begin([ANNA, BEN], { kind: "agent", queue: "q" });
    const agent = await at.phone();
    await at.test.advance(500);
    // Permission was given before the agent was rung.
    await agent.answer();
    await at.campaigns.addDoNotCall(ANNA, { actor: LEADER });
    await at.campaigns.addDoNotCall(BEN, { actor: LEADER, note: "信访要求" });
    await at.test.advance(MINUTE);
    expect(at.calls).toHaveLength(0);
    expect(await statuses(at, id)).toEqual(["do-not-call", "do-not-call"]);
    expect(await at.campaign(id)).toMatchObject({ status: "done", counts: { attempts: 0 } });
  });

  it("closes who was listed before the start when their turn comes; who is taken off may be called", async () => {
    const at = await campaignStage();
    for (const number of [ANNA, BEN]) at.phoneOf(number, (call) => void call.answer());
    const id = await at.draft([ANNA, BEN]);
    await at.campaigns.addDoNotCall(`+86 ${ANNA}`, { actor: LEADER });
    await at.campaigns.addDoNotCall(BEN, { actor: LEADER });
    await at.campaigns.removeDoNotCall(BEN, LEADER);
    await expect(at.campaigns.removeDoNotCall(BEN, LEADER)).rejects.toMatchObject({ code: "HTL_CALLBACKS_NOT_LISTED" });
    expect(await at.campaigns.check(id)).toMatchObject({ people: 2, doNotCall: 1, attemptsAtLeast: 1, attemptsAtMost: 3 });
    await at.campaigns.start(id, LEADER);
    await at.test.advance(MINUTE);
    expect(await statuses(at, id)).toEqual(["do-not-call", "completed"]);
  });

  it("fails closed: what cannot be looked up is not dialled, and nobody is given up for that", async () => {
    const at = await campaignStage();
    at.phoneOf(ANNA, (call) => void call.answer());
    const asked = vi.spyOn(DoNotCallList.prototype, "refusal").mockRejectedValue(new Error("the database is gone"));
    const id = await at.begin([ANNA]);
    await at.test.advance(MINUTE);
    expect(at.calls).toHaveLength(0);
    expect(await at.person(id)).toMatchObject({ status: "open", attempts: 0 });
    // Asked less and less often.
    expect(asked.mock.calls.length).toBeLessThanOrEqual(3);
    vi.restoreAllMocks();
    await at.test.advance(2 * MINUTE);
    expect(await at.person(id)).toMatchObject({ result: "completed", attempts: 1 });
  });
});
