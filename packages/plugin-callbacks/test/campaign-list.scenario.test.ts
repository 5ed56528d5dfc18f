import { PROMPTS } from "@hotlinejs/core";
import { afterEach, describe, expect, it, vi } from "vitest";
import type { DoNotCallEntry, PeopleAdded, Campaign, CampaignPerson } from "../src/index.js";
import { ANNA, BEN, campaignStage, CORA, LEADER, numbers } from "./campaign-stage.js";
import { closeStages, MINUTE, MONDAY_10 } from "./stage.js";

afterEach(closeStages);

const announcement = { name: "补贴宣讲", kind: "announcement", prompt: { text: "您好。" } } as const;

describe("people", () => {
  it("are added once each: duplicates, bad numbers and who must not be called are counted, with the lines", async () => {
    const at = await campaignStage();
    const id = await at.draft([ANNA]);
    await at.campaigns.addDoNotCall(CORA, { actor: LEADER });
    const added = await at.campaigns.add(id, [{ number: ANNA }, { number: `+86 ${BEN}` }, { number: BEN }, { number: "12333" }, { number: "abc13800000000" }, { number: "1.38E+10" }, { number: CORA }, { number: "０５７３-88880000" }], LEADER);
    expect(added).toEqual({ added: 2, duplicate: 2, doNotCall: 1, invalid: 3, invalidLines: [4, 5, 6] });
    expect((await at.people(id)).map(({ number }) => number)).toEqual([ANNA, BEN, "057388880000"]);
    await expect(at.campaigns.add(id, Array.from({ length: 10_001 }, () => ({ number: ANNA })), LEADER)).rejects.toMatchObject({ code: "HTL_CALLBACKS_TOO_MANY_PEOPLE" });
  });

  it("come from a file as spreadsheets write them: BOM, CRLF, quotes, full-width digits, columns by name", async () => {
    const at = await campaignStage();
    const id = await at.draft([]);
    const csv = '\uFEFF姓名,电话,待遇,备注\r\n"王""小""二",１３８００１０００００,1500,"第一行\n第二行"\r\n\r\n李四,电话号码,,\r\n张三,13800100001,300,';
    const added = (await at.route("POST", "/api/campaigns/:id/people", { params: { id }, body: { csv } })) as PeopleAdded;
    // The quoted line end makes the second person stand in line 5.
    expect(added).toEqual({ added: 2, duplicate: 0, doNotCall: 0, invalid: 1, invalidLines: [5] });
    expect(await at.people(id)).toMatchObject([
      { number: "13800100000", name: '王"小"二', values: { 待遇: "1500", 备注: "第一行\n第二行" } },
      { number: "13800100001", name: "张三", values: { 待遇: "300" } },
    ]);
    await expect(at.route("POST", "/api/campaigns/:id/people", { params: { id }, body: { csv: "13800100000\n13800100001" } })).rejects.toMatchObject({ code: "HTL_CALLBACKS_BAD_LIST" });
  });

  it("are one telephone each, however lists spell it: the 0 of a mobile or an area code, +86 or none", async () => {
    const at = await campaignStage();
    const id = await at.draft([ANNA]);
    const spelled = ["013800100000", "0086 138 0010 0000", "0573-88880000", "+86 573 8888 0000", "(0573) 8888-0000", "010-12345678", "+86 10 1234 5678"];
    expect(await at.campaigns.add(id, spelled.map((number) => ({ number })), LEADER)).toMatchObject({ added: 2, duplicate: 5, invalid: 0 });
    expect(await at.campaigns.add(id, spelled.map((number) => ({ number })), LEADER)).toMatchObject({ added: 0, duplicate: 7 });
    // Dialled as the list that came first has it.
    expect((await at.people(id)).map(({ number }) => number)).toEqual([ANNA, "057388880000", "01012345678"]);
  });

  it("are not called by another spelling of a number that nobody may call, or that is being called", async () => {
    const at = await campaignStage();
    at.phoneOf(`0${ANNA}`);
    at.phoneOf(BEN);
    at.phoneOf(`0${BEN}`);
    const first = await at.begin([BEN]);
    const id = await at.begin([`0${ANNA}`, `0${BEN}`]);
    await at.test.advance(1_000);
    expect(at.calls.map(({ to }) => to.number).sort()).toEqual([`0${ANNA}`, BEN]);
    await at.test.advance(2 * MINUTE);
    expect((await at.person(first)).lastAttemptAt).not.toBeNull();
    // Not in the same opening either, by the other campaign.
    expect(at.calls).toHaveLength(2);
    await at.campaigns.addDoNotCall(ANNA, { actor: LEADER });
    expect((await at.people(id))[0]).toMatchObject({ status: "closed", result: "do-not-call" });
    expect((await at.campaigns.doNotCall({ number: `+86 ${ANNA}` })).items).toHaveLength(1);
    expect(await at.campaigns.add(id, [{ number: ANNA }, { number: `0${CORA}` }], LEADER)).toMatchObject({ added: 1, doNotCall: 1 });
    await at.campaigns.removeDoNotCall(`0${ANNA}`, LEADER);
    expect((await at.campaigns.doNotCall()).items).toEqual([]);
  });

  it("of a file that is made to do harm are refused: a column for each octet", async () => {
    const at = await campaignStage();
    const id = await at.draft([]);
    const file = (csv: string): Promise<unknown> => at.route("POST", "/api/campaigns/:id/people", { params: { id }, body: { csv } });
    await expect(file(`number${",x".repeat(200_000)}\n${"1\n".repeat(200_000)}`)).rejects.toMatchObject({ code: "HTL_CALLBACKS_BAD_LIST" });
    expect(await at.people(id)).toEqual([]);
  });

  it("of a file with a quote that is never closed are none: it would swallow everybody after it", async () => {
    const at = await campaignStage();
    const id = await at.draft([]);
    const post = (csv: string): Promise<unknown> => at.route("POST", "/api/campaigns/:id/people", { params: { id }, body: { csv } });
    await expect(post(`姓名,电话\n李四,${ANNA}\n"张三,${BEN}\n王五,${CORA}\n`)).rejects.toMatchObject({ code: "HTL_CALLBACKS_OPEN_QUOTE", message: expect.stringContaining("line 3") as string });
    expect(await at.people(id)).toEqual([]);
    expect(await post(`姓名,电话\n"李四",${ANNA}\n5"屏,${BEN}\n王五,"${CORA}"`)).toMatchObject({ added: 3, invalid: 0 });
  });

  it("have what is said of them within the same limits from a file as from a list", async () => {
    const at = await campaignStage();
    const id = await at.draft([]);
    const csv = `电话,姓名,备注,${"长".repeat(51)}\n${ANNA},${"王".repeat(101)},\n${BEN},王,${"x".repeat(501)}\n${CORA},王,,1\n13800100009,${"王".repeat(100)},${"x".repeat(500)},`;
    expect(await at.route("POST", "/api/campaigns/:id/people", { params: { id }, body: { csv } })).toEqual({ added: 1, duplicate: 0, doNotCall: 0, invalid: 3, invalidLines: [2, 3, 4] });
    expect((await at.people(id)).map(({ number }) => number)).toEqual(["13800100009"]);
  });

  it("are added while it runs, listed page by page with their state, and taken out by hand", async () => {
    const at = await campaignStage();
    for (const number of numbers(6)) at.phoneOf(number, (call) => void call.answer());
    const id = await at.begin(numbers(5), { atOnce: 1 });
    await at.test.advance(1_000);
    const third = (await at.people(id))[2] as CampaignPerson;
    const first = (await at.people(id))[0] as CampaignPerson;
    expect(await at.campaigns.closePerson(id, third.id, { result: "skipped", note: "已到大厅办理", actor: LEADER })).toMatchObject({ status: "closed", result: "skipped" });
    await expect(at.campaigns.closePerson(id, third.id, { result: "skipped", actor: LEADER })).rejects.toMatchObject({ code: "HTL_CALLBACKS_PERSON_CLOSED" });
    await expect(at.campaigns.closePerson(id, first.id, { result: "skipped", actor: LEADER })).rejects.toMatchObject({ code: "HTL_CALLBACKS_PERSON_CALLING" });
    await expect(at.campaigns.closePerson("other", first.id, { result: "skipped", actor: LEADER })).rejects.toMatchObject({ code: "HTL_CALLBACKS_PERSON_NOT_FOUND" });
    await at.campaigns.add(id, [{ number: numbers(6)[5] ?? "" }], LEADER);
    const one = await at.campaigns.people(id, { limit: 4 });
    const two = await at.campaigns.people(id, { limit: 4, cursor: one.next ?? "" });
    expect([...one.items, ...two.items].map(({ number }) => number)).toEqual(numbers(6));
    expect(two.next).toBeNull();
    expect((await at.campaigns.people(id, { status: ["closed"], result: "skipped" })).items.map(({ number }) => number)).toEqual([third.number]);
    await at.test.advance(5 * MINUTE);
    expect(await at.campaign(id)).toMatchObject({ status: "done", counts: { people: 6, closed: 6, results: { completed: 5, skipped: 1 } } });
  });
});

describe("a campaign", () => {
  it("is made as a draft with the defaults, changed by who knows its present version, and not while it runs", async () => {
    const at = await campaignStage();
    const made = await at.campaigns.create(announcement, LEADER);
    expect(made).toMatchObject({ status: "draft", queue: null, script: null, callerId: null, calendar: "citizens", from: null, until: null, retry: { maxAttempts: 3, waitMinutes: [30, 120], otherSlot: true }, atOnce: 10, version: 1, counts: { people: 0, results: {} } });
    const changed = await at.campaigns.change(made.id, { atOnce: 5, kind: "agent", queue: "q" }, { version: 1, actor: LEADER });
    expect(changed).toMatchObject({ atOnce: 5, kind: "agent", queue: "q", version: 2 });
    await expect(at.campaigns.change(made.id, { atOnce: 6 }, { version: 1, actor: LEADER })).rejects.toMatchObject({ code: "HTL_CALLBACKS_CONFLICT" });
    await at.campaigns.add(made.id, [{ number: ANNA }], LEADER);
    const started = await at.campaigns.start(made.id, LEADER);
    expect(started).toMatchObject({ status: "running", startedAt: at.test.clock.now() });
    await expect(at.campaigns.change(made.id, { atOnce: 6 }, { version: started.version, actor: LEADER })).rejects.toMatchObject({ code: "HTL_CALLBACKS_CAMPAIGN_RUNNING" });
    await expect(at.campaigns.start(made.id, LEADER)).rejects.toMatchObject({ code: "HTL_CALLBACKS_CAMPAIGN_STATE" });
    const { campaign } = await at.campaigns.pause(made.id, LEADER);
    expect(await at.campaigns.change(made.id, { atOnce: 6 }, { version: campaign.version, actor: LEADER })).toMatchObject({ atOnce: 6 });
    await expect(at.campaigns.change(made.id, { kind: "announcement" }, { version: campaign.version + 1, actor: LEADER })).rejects.toMatchObject({ code: "HTL_CALLBACKS_CAMPAIGN_INVALID" });
  });

  it.each([
    [{ name: "x", kind: "agent" }, "CAMPAIGN_INCOMPLETE"],
    [{ name: "x", kind: "announcement" }, "CAMPAIGN_INCOMPLETE"],
    [{ name: "x", kind: "flow" }, "CAMPAIGN_INCOMPLETE"],
    [{ name: "x", kind: "agent", queue: "nothing" }, "UNKNOWN_QUEUE"],
    [{ name: "x", kind: "flow", flow: "nothing" }, "UNKNOWN_FLOW"],
    [{ ...announcement, prompt: "P999" }, "UNKNOWN_PROMPT"],
    [{ ...announcement, prompt: { text: "您好{{姓名。" } }, "BAD_PROMPT_TEXT"],
    [{ ...announcement, calendar: "nothing" }, "UNKNOWN_CALENDAR"],
    [{ ...announcement, atOnce: 0 }, "CAMPAIGN_INVALID"],
    [{ ...announcement, from: 2, until: 1 }, "CAMPAIGN_INVALID"],
  ] as const)("cannot be %o: %s", async (settings, code) => {
    const at = await campaignStage();
    await expect(at.campaigns.create(settings as never, LEADER)).rejects.toMatchObject({ code: `HTL_CALLBACKS_${code}` });
  });

  it("is checked before it is started: hours, number, calls, what stands against it", async () => {
    const at = await campaignStage();
    const id = await at.draft([], { atOnce: 2, callerId: "057312333", queue: "q" });
    expect(await at.campaigns.check(id)).toEqual({ people: 0, doNotCall: 0, elsewhere: 0, numberShown: "057312333", firstCallAt: MONDAY_10, openSeconds: expect.any(Number), attemptsAtMost: 0, attemptsAtLeast: 0, hoursAtMost: 0, agents: 0, obstacles: ["HTL_CALLBACKS_CAMPAIGN_EMPTY"] });
    await expect(at.campaigns.start(id, LEADER)).rejects.toMatchObject({ code: "HTL_CALLBACKS_CAMPAIGN_EMPTY" });
    await at.campaigns.add(id, numbers(40).map((number) => ({ number })), LEADER);
    await at.phone();
    const check = await at.campaigns.check(id);
    // Monday 10:00 to the next: 2 + 3.5 hours, four days of 6.5, and an hour of the last.
    expect(check).toMatchObject({ people: 40, attemptsAtMost: 120, attemptsAtLeast: 40, hoursAtMost: 0.5, agents: 1, openSeconds: (2 + 3.5 + 4 * 6.5 + 1) * 3_600, obstacles: [] });
    await expect(at.campaigns.check("nothing")).rejects.toMatchObject({ code: "HTL_CALLBACKS_CAMPAIGN_NOT_FOUND" });
  });

  it("is not started while what is played cannot be said to the first person: the list lacks a column", async () => {
    const at = await campaignStage();
    const prompts = at.test.services.get(PROMPTS);
    const resolve = prompts.resolve.bind(prompts);
    // As a voice does, which the stand-in for it does not.
    vi.spyOn(prompts, "resolve").mockImplementation((ref, options) => (typeof ref === "object" && ref.values?.["金额"] === undefined ? Promise.reject(new Error("The prompt needs a value for 金额")) : resolve(ref, options)));
    const id = await at.draft([], { prompt: { text: "您本月应缴{{金额|text}}元。" } });
    await at.campaigns.add(id, [{ number: ANNA, values: { 数额: "120" } }], LEADER);
    expect((await at.campaigns.check(id)).obstacles).toEqual(["HTL_CALLBACKS_UNSPEAKABLE"]);
    await expect(at.campaigns.start(id, LEADER)).rejects.toMatchObject({ code: "HTL_CALLBACKS_UNSPEAKABLE", message: expect.stringContaining("金额") as string });
    const [person] = (await at.campaigns.people(id)).items;
    await at.campaigns.closePerson(id, person?.id ?? "", { result: "skipped", actor: LEADER });
    await at.campaigns.add(id, [{ number: BEN, values: { 金额: "120" } }], LEADER);
    expect((await at.campaigns.check(id)).obstacles).toEqual([]);
  });
});

describe("a campaign without a line", () => {
  it("that leads out to its people is not started: all would be called in vain until they are done with as failed", async () => {
    const at = await campaignStage({ line: false });
    const id = await at.draft([ANNA]);
    expect((await at.campaigns.check(id)).obstacles).toEqual(["HTL_CALLBACKS_NO_LINE"]);
    await expect(at.campaigns.start(id, LEADER)).rejects.toMatchObject({ code: "HTL_CALLBACKS_NO_LINE" });
    at.phoneOf(ANNA);
    expect((await at.campaigns.check(id)).obstacles).toEqual([]);
    await at.campaigns.start(id, LEADER);
  });
});

describe("over HTTP", () => {
  it("the whole way: made, filled, started, paused with what rings, cancelled; numbers masked for who may not call", async () => {
    const at = await campaignStage();
    at.phoneOf(ANNA);
    const made = (await at.route("POST", "/api/campaigns", { body: { ...announcement, calendar: "office" } })) as { status: number; headers: { location: string }; body: Campaign };
    expect(made).toMatchObject({ status: 201, headers: { location: `/api/campaigns/${made.body.id}` } });
    const { id, version } = made.body;
    const params = { id };
    expect(await at.route("PATCH", "/api/campaigns/:id", { params, body: { version, script: "稿子" } })).toMatchObject({ script: "稿子", atOnce: 10 });
    expect(await at.route("POST", "/api/campaigns/:id/people", { params, body: { people: [{ number: ANNA, name: "安娜", values: { a: "1" } }] } })).toMatchObject({ added: 1 });
    expect(await at.route("GET", "/api/campaigns/:id/check", { params })).toMatchObject({ obstacles: [] });
    await at.route("POST", "/api/campaigns/:id/start", { params });
    await at.test.advance(1_000);
    expect(await at.route("POST", "/api/campaigns/:id/pause", { params })).toMatchObject({ campaign: { status: "paused" }, ringing: 1, talking: 0 });
    const people = (await at.route("GET", "/api/campaigns/:id/people", { params, query: { status: "calling,open" } })) as { items: CampaignPerson[] };
    expect(people.items).toMatchObject([{ number: "138****0000", name: "安娜", values: { a: "1" }, status: "calling" }]);
    const seen = (await at.route("GET", "/api/campaigns/:id/people", { params, permissions: ["callbacks.call"] })) as { items: CampaignPerson[] };
    expect(seen.items[0]?.number).toBe(ANNA);
    expect(await at.route("GET", "/api/campaigns/:id/people/:personId/attempts", { params: { id, personId: people.items[0]?.id } })).toMatchObject({ items: [{ dialledAt: expect.any(Number) }], next: null });
    expect(await at.route("POST", "/api/campaigns/:id/cancel", { params })).toMatchObject({ status: "cancelled" });
    expect(await at.route("GET", "/api/campaigns", { query: { status: "cancelled,done", limit: "1" } })).toMatchObject({ items: [{ id, counts: { people: 1 } }], next: null });
    await expect(at.route("GET", "/api/campaigns/:id", { params: { id: "nothing" } })).rejects.toMatchObject({ code: "HTL_CALLBACKS_CAMPAIGN_NOT_FOUND" });
    await at.test.advance(MINUTE);
    expect((await at.rows<{ action: string }>("select action from core_audit where subject_type = 'campaign' order by id")).map(({ action }) => action)).toEqual(["callbacks.campaign-create", "callbacks.campaign-change", "callbacks.campaign-people", "callbacks.campaign-start", "callbacks.campaign-pause", "callbacks.campaign-cancel"]);
  });

  it("the do-not-call list: added, found, page by page, taken off", async () => {
    const at = await campaignStage();
    for (const number of numbers(3)) {
      await at.route("POST", "/api/do-not-call", { body: { number } });
      await at.test.advance(1_000);
    }
    await expect(at.route("POST", "/api/do-not-call", { body: { number: "12333" } })).rejects.toMatchObject({ code: "HTL_CALLBACKS_BAD_NUMBER" });
    // Once more changes nothing.
    await at.route("POST", "/api/do-not-call", { body: { number: ANNA, note: "又说了一次" } });
    const permissions = ["callbacks.call"];
    const one = (await at.route("GET", "/api/do-not-call", { query: { limit: "2" }, permissions })) as { items: DoNotCallEntry[]; next: string };
    const two = (await at.route("GET", "/api/do-not-call", { query: { limit: "2", cursor: one.next }, permissions })) as { items: DoNotCallEntry[]; next: null };
    expect([...one.items, ...two.items].map(({ number, note }) => `${number} ${note}`)).toEqual([`${CORA} null`, `${BEN} null`, `${ANNA} null`]);
    await at.route("DELETE", "/api/do-not-call/:number", { params: { number: BEN } });
    expect(await at.route("GET", "/api/do-not-call", { query: { number: BEN } })).toEqual({ items: [], next: null });
    expect(await at.route("GET", "/api/do-not-call", { query: { number: ANNA } })).toMatchObject({ items: [{ number: "138****0000", source: "staff" }] });
  });
});
