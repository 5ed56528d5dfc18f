import { defineErrors, PROMPTS } from "@hotlinejs/core";
import { ACD, AGENT_CALLS } from "@hotlinejs/plugin-acd";
import { ivr } from "@hotlinejs/plugin-ivr";
import type { FlowDefinition } from "@hotlinejs/plugin-ivr/contract";
import { afterEach, describe, expect, it, vi } from "vitest";
import { ANNA, BEN, campaignStage, CORA, GOODBYE, KEYS, WORDS } from "./campaign-stage.js";
import type { CampaignStage } from "./campaign-stage.js";
import { closeStages, MINUTE } from "./stage.js";

afterEach(closeStages);

/** Presses a key so long after the answer. */
async function pressing(at: CampaignStage, key: "0" | "1" | "5" | "9", afterMs: number): Promise<void> {
  await at.test.advance(afterMs);
  at.calls.at(-1)?.leg?.injectDtmf(key);
  await at.test.advance(500);
}

describe("an announcement", () => {
  it("is played to who answers, then the keys, twice; heard to its end it is completed, and the campaign done", async () => {
    const at = await campaignStage();
    at.phoneOf(ANNA, (call) => void call.answer());
    const id = await at.begin([ANNA], { queue: "q" });
    await at.test.advance(MINUTE);
    expect(at.calls[0]?.from.number).toBe("12333");
    expect(at.calls[0]?.leg?.texts).toEqual([WORDS, KEYS, KEYS, GOODBYE]);
    expect(at.calls[0]?.state).toBe("ended");
    expect(at.asked).toEqual([`campaign tel:${ANNA}`]);
    expect(await at.people(id)).toMatchObject([{ status: "closed", result: "completed", attempts: 1 }]);
    expect(await at.campaign(id)).toMatchObject({ status: "done", counts: { people: 1, closed: 1, attempts: 1, results: { completed: 1 } } });
    expect(await at.attemptsOf(id)).toMatchObject([{ agent: null, result: "answered" }]);
    expect(await at.rows("select direction, called_number from core_interaction")).toEqual([{ direction: "outbound", called_number: ANNA }]);
  });

  it("says the values of the person", async () => {
    const at = await campaignStage();
    at.phoneOf(ANNA, (call) => void call.answer());
    const { id } = await at.campaigns.create({ name: "补贴", kind: "announcement", prompt: { text: "{{name}}（{{姓名}}）您好，您可领取{{金额|money}}。" }, calendar: "office" }, "u1");
    await at.campaigns.add(id, [{ number: ANNA, name: "安娜", values: { 金额: "1500" } }], "u1");
    await at.campaigns.start(id, "u1");
    await at.test.advance(MINUTE);
    expect(at.calls[0]?.leg?.texts[0]).toBe("安娜（安娜）您好，您可领取1500。");
    // Where no queue is named nobody is promised an agent.
    expect(at.calls[0]?.leg?.texts[1]).toBe("重听请按1，不再接收此类来电请按9。");
  });

  it("passes over whose values it cannot say, with the reason, and keeps nobody else waiting for that, nor another campaign", async () => {
    const at = await campaignStage();
    const prompts = at.test.services.get(PROMPTS);
    const resolve = prompts.resolve.bind(prompts);
    // As plugin-tts answers, which the stand-in for it does not.
    const { MISSING_VALUE } = defineErrors("TTS", { MISSING_VALUE: { message: "The prompt needs a value for %s", status: 422 } });
    vi.spyOn(prompts, "resolve").mockImplementation((ref, options) => (typeof ref === "object" && "text" in ref && ref.text.includes("金额") && ref.values?.["金额"] === undefined ? Promise.reject(MISSING_VALUE("金额")) : resolve(ref, options)));
    for (const number of [ANNA, BEN, CORA]) at.phoneOf(number, (call) => void call.answer());
    const id = await at.draft([], { prompt: { text: "您可领取{{金额|text}}元。" }, atOnce: 1 });
    await at.campaigns.add(id, [{ number: ANNA, values: { 金额: "1500" } }, { number: BEN }, { number: CORA, values: { 金额: "300" } }], "u1");
    await at.campaigns.start(id, "u1");
    const other = await at.begin(["13800100009"]);
    await at.test.advance(2 * MINUTE);
    expect(await at.people(id)).toMatchObject([
      { number: ANNA, status: "closed", result: "completed" },
      { number: BEN, status: "closed", result: "skipped", attempts: 0, lastAttemptAt: null, note: "The prompt needs a value for 金额" },
      { number: CORA, status: "closed", result: "completed" },
    ]);
    expect(at.calls.map(({ to }) => to.number)).toEqual([ANNA, CORA]);
    expect(await at.campaign(id)).toMatchObject({ status: "done" });
    expect((await at.attemptsOf(other)).length).toBeGreaterThan(0);
  });

  it("is incomplete for who hangs up in the middle, and they are not called again", async () => {
    const at = await campaignStage();
    at.phoneOf(ANNA, (call) => void call.answer());
    const id = await at.begin([ANNA]);
    await at.test.advance(2_000);
    at.calls[0]?.finish("remote-hangup", "remote");
    await at.test.advance(1_000);
    expect(await at.people(id)).toMatchObject([{ status: "closed", result: "incomplete" }]);
    expect(await at.campaign(id)).toMatchObject({ status: "done" });
  });

  it("key 1 plays it again, also before its end; another key is none", async () => {
    const at = await campaignStage();
    at.phoneOf(ANNA, (call) => void call.answer());
    await at.begin([ANNA], { queue: "q" });
    await pressing(at, "5", 1_000);
    await pressing(at, "1", 1_000);
    expect(at.calls[0]?.leg?.texts).toEqual([WORDS, WORDS]);
    await at.test.advance(15_000);
    expect(at.calls[0]?.leg?.texts.at(-1)).toBe(KEYS);
  });

  it("key 0 leads to the queue and an agent, who sees whom and why; that is a success", async () => {
    const at = await campaignStage();
    const agent = await at.phone();
    at.phoneOf(ANNA, (call) => void call.answer());
    const id = await at.begin([ANNA], { queue: "q", script: "请提醒其携带身份证" });
    await pressing(at, "0", 1_000);
    await at.test.advance(500);
    expect(agent.ringing).toBe(true);
    await agent.answer();
    await at.test.advance(5_000);
    expect(agent.call?.leg?.bridgedWith.has(at.calls[0]?.leg as never)).toBe(true);
    const [row] = await at.rows<{ data: string }>("select data from core_interaction where direction = 'outbound'");
    expect(JSON.parse(row?.data ?? "{}")).toMatchObject({ campaign: { v: 1, campaignId: id, campaignName: "资格认证提醒", name: null, values: {}, script: "请提醒其携带身份证" } });
    await agent.hangup();
    await at.test.advance(2_000);
    expect(await at.person(id)).toMatchObject({ status: "closed", result: "completed" });
  });

  it("key 9 is never again: on the list, confirmed, and nobody of any campaign or the plan calls", async () => {
    const at = await campaignStage({ callbacks: { automatic: true } });
    at.phoneOf(ANNA, (call) => void call.answer());
    const id = await at.begin([ANNA]);
    const other = await at.begin([ANNA, BEN], { name: "另一个任务", retry: { maxAttempts: 2, waitMinutes: [1], otherSlot: false } });
    await pressing(at, "9", 1_000);
    await at.test.advance(20_000);
    expect(at.calls[0]?.leg?.texts).toEqual([WORDS, "好的，我们不再给您拨打此类电话。再见。"]);
    expect(await at.person(id)).toMatchObject({ status: "closed", result: "refused-by-person" });
    expect((await at.people(other)).map(({ number, result }) => `${number} ${result}`)).toEqual([`${ANNA} do-not-call`, `${BEN} null`]);
    expect((await at.campaigns.doNotCall()).items).toMatchObject([{ number: ANNA, source: "person", createdBy: "citizen" }]);
    // The plan of callbacks leaves them alone as well.
    await at.abandons(ANNA);
    const agent = await at.phone();
    await at.test.advance(MINUTE);
    expect(agent.calls).toHaveLength(0);
    expect(await at.task()).toMatchObject({ status: "closed", result: "refused" });
    // What they ask for themselves is done.
    const wished = (await at.route("POST", "/api/callbacks", { body: { number: ANNA } })) as { body: { id: string } };
    await at.test.advance(1_000);
    expect(agent.calls).toHaveLength(1);
    expect(wished.body.id).toBeTypeOf("string");
    expect(at.calls).toHaveLength(1);
  });
});

describe("a flow", () => {
  const poll: FlowDefinition = {
    id: "poll",
    start: "ask",
    nodes: [
      { id: "ask", type: "menu", prompt: { text: "{{name}}您好，您对{{topic|text}}是否了解？了解请按1，不了解请按2。" }, keys: "12", on: { "1": "thanks", "2": "thanks", invalid: "thanks", timeout: "thanks" } },
      { id: "thanks", type: "play", prompt: { text: "感谢您的参与。" }, next: "end" },
      { id: "end", type: "hangup" },
    ],
  };

  it("is gone through with the values of the person: completed at its end, incomplete for who hangs up before", async () => {
    const at = await campaignStage({ plugins: [ivr({ flows: [poll] })] });
    for (const number of [ANNA, BEN]) at.phoneOf(number, (call) => void call.answer());
    const { id } = await at.campaigns.create({ name: "民意调查", kind: "flow", flow: "poll", calendar: "office", atOnce: 1 }, "u1");
    await at.campaigns.add(id, [{ number: ANNA, name: "安娜", values: { topic: "延迟退休政策" } }, { number: BEN }], "u1");
    await at.campaigns.start(id, "u1");
    await at.test.advance(3_000);
    expect(at.calls[0]?.leg?.texts[0]).toBe("安娜您好，您对延迟退休政策是否了解？了解请按1，不了解请按2。");
    at.calls[0]?.leg?.injectDtmf("1");
    await at.test.advance(10_000);
    expect(at.calls[0]?.leg?.texts.at(-1)).toBe("感谢您的参与。");
    expect(at.calls).toHaveLength(2);
    at.calls[1]?.finish("remote-hangup", "remote");
    await at.test.advance(6_000);
    expect((await at.people(id)).map(({ result }) => result)).toEqual(["completed", "incomplete"]);
    expect(await at.campaign(id)).toMatchObject({ status: "done" });
  });
});

describe("agents", () => {
  it("are rung first, told the number, see the script; who answers never waits", async () => {
    const at = await campaignStage();
    at.phoneOf(ANNA);
    const id = await at.begin([ANNA], { kind: "agent", queue: "q", script: "您好，这里是12333" });
    await at.test.advance(MINUTE);
    expect(at.calls).toHaveLength(0);
    const agent = await at.phone();
    await at.test.advance(500);
    expect(agent.ringing).toBe(true);
    expect(agent.call?.from.number).toBe(ANNA);
    expect(at.state()).toBe("occupied");
    await agent.answer();
    await at.test.advance(500);
    expect(agent.call?.leg?.texts).toEqual([`外呼任务，现在呼叫${ANNA}，请稍候。`]);
    await at.test.advance(9_000);
    expect(at.calls).toHaveLength(1);
    await at.calls[0]?.answer();
    await at.test.advance(1_000);
    expect(agent.call?.leg?.bridgedWith.has(at.calls[0]?.leg as never)).toBe(true);
    expect(at.test.services.get(AGENT_CALLS).current("1001")).toMatchObject({ state: "talking", direction: "outbound", citizenNumber: ANNA });
    await agent.hangup();
    await at.test.advance(1_000);
    expect(at.state()).toBe("wrap-up");
    expect(await at.person(id)).toMatchObject({ status: "closed", result: "completed", attempts: 1 });
    expect(await at.attemptsOf(id)).toMatchObject([{ agent: "1001", result: "answered" }]);
    expect(await at.campaign(id)).toMatchObject({ status: "done" });
  });

  it("come after callers who wait and after callbacks that are due, and rest when they did not pick up", async () => {
    const at = await campaignStage({ callbacks: { automatic: true, agentPauseSeconds: 60 } });
    await at.abandons(CORA);
    const waits = await at.test.dial("12333", { from: "13700137000" });
    at.phoneOf(ANNA);
    const id = await at.begin([ANNA], { kind: "agent", queue: "q" });
    const agent = await at.phone();
    await at.test.advance(1_000);
    expect(agent.call?.from.number).toBe("13700137000");
    await agent.answer();
    await at.test.advance(5_000);
    await waits.hangup();
    await at.test.advance(11_000);
    // The callback, then the campaign.
    expect(agent.calls.at(-1)?.from.number).toBe(CORA);
    await agent.decline();
    await at.test.advance(30_000);
    expect(agent.calls).toHaveLength(2);
    await at.test.services.get(ACD).setAgentState("1001", "not-ready", { actor: "u1" });
    const second = await at.phone("1002");
    await at.test.advance(500);
    // The callback waits a minute for its next attempt: the campaign has its turn.
    expect(second.call?.from.number).toBe(ANNA);
    await at.test.advance(21_000);
    expect(await at.attemptsOf(id)).toMatchObject([{ result: "no-agent", dialledAt: null }]);
    expect(await at.person(id)).toMatchObject({ status: "open", attempts: 0 });
    expect(at.calls).toHaveLength(0);
  });

  it("are all the callbacks' where as many are due", async () => {
    const at = await campaignStage({ callbacks: { automatic: true } });
    const acd = at.test.services.get(ACD);
    for (const number of ["1001", "1002"]) await acd.setAgentState(number, "not-ready", { actor: "u1" });
    const phones = [await at.phone("1001"), await at.phone("1002")];
    for (const number of [BEN, CORA]) await at.abandons(number);
    await at.begin([ANNA], { kind: "agent", queue: "q" });
    await at.test.advance(MINUTE);
    await Promise.all(["1001", "1002"].map((number) => acd.setAgentState(number, "available", { actor: "u1" })));
    await at.test.advance(500);
    expect(phones.map((phone) => phone.call?.from.number).sort()).toEqual([BEN, CORA]);
  });

  it("who is lost when the person answers: the queue goes on with them, and that counts", async () => {
    const at = await campaignStage();
    at.phoneOf(ANNA);
    const id = await at.begin([ANNA], { kind: "agent", queue: "q" });
    const agent = await at.phone();
    await at.test.advance(500);
    await agent.answer();
    await at.test.advance(9_000);
    const other = await at.phone("1002");
    const answering = at.calls[0]?.answer();
    agent.call?.finish("remote-hangup", "remote");
    await answering;
    await at.test.advance(500);
    expect(other.ringing).toBe(true);
    await other.answer();
    await at.test.advance(6_000);
    await other.hangup();
    await at.test.advance(2_000);
    expect(await at.person(id)).toMatchObject({ status: "closed", result: "completed" });
  });

  it("told by the person not to call again put the number on the list: refused by the person", async () => {
    const at = await campaignStage();
    at.phoneOf(ANNA, (call) => void call.answer());
    const id = await at.begin([ANNA], { kind: "agent", queue: "q" });
    const agent = await at.phone();
    await at.test.advance(500);
    await agent.answer();
    await at.test.advance(10_000);
    // On the agent's desk the number is masked: the person is named.
    const params = { id, personId: (await at.person(id)).id };
    expect(await at.route("POST", "/api/campaigns/:id/people/:personId/do-not-call", { params, permissions: [] })).toMatchObject({ number: "138****0000", source: "person" });
    await expect(at.route("POST", "/api/campaigns/:id/people/:personId/do-not-call", { params: { ...params, id: "another" } })).rejects.toMatchObject({ code: "HTL_CALLBACKS_PERSON_NOT_FOUND" });
    await agent.hangup();
    await at.test.advance(1_000);
    expect(await at.person(id)).toMatchObject({ result: "refused-by-person" });
  });
});
