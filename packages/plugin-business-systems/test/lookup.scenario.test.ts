import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BUSINESS_SYSTEM, ROUTES } from "@hotlinejs/core";
import { afterEach, describe, expect, it } from "vitest";
import { PERSON, PIN, stage, TOKEN } from "./stage.js";
import type { Stage } from "./stage.js";

const MINUTE = 60_000;
let at: Stage;
let folder: string | undefined;
afterEach(async () => {
  await at.test.close();
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  folder = undefined;
});

const events = (): Promise<readonly { data: string }[]> => at.rows("select data from core_interaction_event where type = 'business.lookup' order by at, id");
const audits = async (): Promise<readonly { actor: string; outcome: string; details: string }[]> => at.rows("select actor, outcome, details from core_audit where action = 'business.lookup' order by at, id");

describe("the node lookup", () => {
  it("found: the record is said by its template, with the configured fields only", async () => {
    at = await stage();
    const caller = await at.dial();
    await at.enter(caller, PERSON, PIN);
    await caller.hears("正在查询");
    await caller.hears("累计缴费312个月，储存额86420.5，正常参保");
    await caller.hears("结果是found");
    await caller.hangup();
    await at.test.advance(6_000);
    expect(at.requests).toHaveLength(1);
    expect(at.requests[0]).toMatchObject({ method: "POST", url: "https://insurance.test/api/accounts/pension", headers: { authorization: `Bearer ${TOKEN}` }, body: JSON.stringify({ idNumber: PERSON, pin: PIN }) });
    expect(JSON.parse((await events())[0]?.data ?? "")).toMatchObject({ kind: "pension", outcome: "found" });
  });

  it("reads the star key as the X at the end", async () => {
    at = await stage();
    const caller = await at.dial();
    await at.enter(caller, "99010119850312024*", PIN);
    await caller.hears("再试2次");
    expect(JSON.parse(at.requests[0]?.body ?? "")).toMatchObject({ idNumber: "99010119850312024X" });
  });

  it("takes the entry also without #, and what is keyed ahead", async () => {
    at = await stage();
    const caller = await at.dial();
    await caller.hears("请输入身份证号码");
    await caller.press(`${PERSON}#${PIN}`);
    await caller.hears("结果是found", 20_000);
  });

  it("not found and a wrong PIN sound alike and look alike; the third failure locks caller and person", async () => {
    at = await stage();
    const wrongPin = await at.dial("13800138001");
    await at.enter(wrongPin, PERSON, "000000");
    const one = await wrongPin.hears("您还可以再试");
    const nobody = await at.dial("13800138002");
    await at.enter(nobody, "990101199001010011", PIN);
    expect(await nobody.hears("您还可以再试")).toBe(one);
    await at.enter(wrongPin, PERSON, "000001");
    await wrongPin.hears("再试1次");
    await at.enter(wrongPin, PERSON, "000002");
    await wrongPin.hears("输入错误次数过多");
    await wrongPin.hears("结果是locked");
    // The caller is out, whatever person; told before anything is keyed.
    const again = await at.dial("13800138001");
    await again.hears("输入错误次数过多");
    expect(again.heard.join()).not.toContain("请输入身份证号码");
    // The person is out, whoever asks, with the right PIN too: the system is not asked.
    const asked = at.requests.length;
    const other = await at.dial("13800138003");
    await at.enter(other, PERSON, PIN);
    await other.hears("结果是locked");
    expect(at.requests).toHaveLength(asked);
    // After the half hour all is well.
    await at.test.advance(30 * MINUTE);
    const later = await at.dial("13800138001");
    await at.enter(later, PERSON, PIN);
    await later.hears("结果是found");
  });

  it("the lock outlives a restart, and no number or PIN is in the database", async () => {
    folder = mkdtempSync(join(tmpdir(), "business-"));
    at = await stage({ dataDir: folder });
    const caller = await at.dial("13800138001");
    for (const pin of ["000000", "000001", "000002"]) await at.enter(caller, PERSON, pin);
    await caller.hears("结果是locked");
    await at.test.close();
    at = await stage({ dataDir: folder });
    const again = await at.dial("13800138001");
    await again.hears("结果是locked");
    const stored = JSON.stringify([await at.rows("select * from business_lookup_lock"), await at.rows("select * from core_interaction_event"), await at.rows("select data from core_interaction"), await at.rows("select details from core_audit")]);
    for (const secret of [PERSON, "000000", "000001", TOKEN]) expect(stored).not.toContain(secret);
  });

  it("a right PIN clears the person's count, not what the caller has guessed about others", async () => {
    at = await stage();
    const caller = await at.dial("13800138001");
    await at.enter(caller, "990101199001010011", PIN);
    await caller.hears("再试2次");
    await at.enter(caller, "990101199001010011", PIN);
    await caller.hears("再试1次");
    await at.enter(caller, PERSON, PIN);
    await caller.hears("结果是found");
    const again = await at.dial("13800138001");
    await at.enter(again, "990101199001010012", PIN);
    await again.hears("结果是locked");
  });

  it("withheld numbers do not shut out each other", async () => {
    at = await stage();
    const one = await at.dial("");
    for (const pin of ["000000", "000001", "000002"]) await at.enter(one, "990101199001010011", pin);
    await one.hears("结果是locked");
    const other = await at.dial("");
    await at.enter(other, PERSON, PIN);
    await other.hears("结果是found");
  });

  it("unavailable: the caller is told, and nobody has failed", async () => {
    at = await stage();
    at.answer = () => Promise.reject(new Error(`connect to https://x/${PERSON}`));
    const caller = await at.dial();
    await at.enter(caller, PERSON, PIN);
    await caller.hears("暂时不能使用");
    await caller.hears("结果是unavailable");
    await caller.hangup();
    await at.test.advance(6_000);
    expect(await at.rows("select * from business_lookup_lock")).toEqual([]);
    expect(JSON.parse((await events())[0]?.data ?? "")).toMatchObject({ outcome: "unavailable", cause: "unreachable" });
    expect(JSON.stringify(at.log)).not.toContain(PERSON);
  });

  it("an answer otherwise than agreed is unavailable, and what was in it stays out of the log", async () => {
    at = await stage();
    at.answer = () => ({ status: 200, body: JSON.stringify({ asOf: "2026-02-28", months: "很多", balance: 1, state: "active" }) });
    const caller = await at.dial();
    await at.enter(caller, PERSON, PIN);
    await caller.hears("结果是unavailable");
    expect(at.log.some(({ level, text }) => level === "warn" && text.includes("months"))).toBe(true);
    expect(JSON.stringify(at.log)).not.toContain("很多");
  });

  it("timeout: silence and entries that cannot be one, three times", async () => {
    at = await stage();
    const silent = await at.dial();
    await silent.hears("没有收到您的按键");
    await silent.press("123#");
    await silent.hears("输入有误");
    await silent.hears("结果是timeout");
    expect(at.requests).toEqual([]);
  });

  it("* alone at the PIN leads to a person", async () => {
    at = await stage();
    const caller = await at.dial();
    await caller.hears("请输入身份证号码");
    await caller.press(`${PERSON}#`);
    await caller.hears("请输入查询密码");
    await caller.press("*#");
    await caller.hears("转人工");
  });

  it("what is keyed is out of the recording, and nothing of it is logged", async () => {
    at = await stage();
    const caller = await at.dial();
    await at.enter(caller, PERSON, PIN);
    await caller.hears("结果是found");
    expect(at.recording).toEqual(["pause", "resume", "pause", "resume"]);
    await caller.hangup();
    const gone = await at.dial();
    await gone.hears("请输入身份证号码");
    await gone.press("9901");
    await gone.hangup();
    await at.test.advance(6_000);
    expect(at.recording).toEqual(["pause", "resume", "pause", "resume", "pause", "resume"]);
    expect(JSON.stringify(at.log)).not.toContain(PIN);
  });
});

describe("at the agent's desk", () => {
  interface Principal {
    userId: string;
  }
  const post = (body: unknown, kind = "pension", principal: Principal = { userId: "u1" }): Promise<unknown> => {
    const route = at.test.services.get(ROUTES).find(({ route: { path } }) => path === "/api/business/lookup/:kind")?.route;
    return route?.handler({ params: { kind }, body, services: at.test.services, principal, signal: new AbortController().signal } as never) ?? Promise.reject(new Error("no route"));
  };

  it("a record is found without the PIN, and the look is audited with masked keys", async () => {
    at = await stage();
    expect(await post({ keys: { idNumber: PERSON } })).toEqual({ record: { asOf: "2026-02-28", months: 312, amount: 86420.5, state: "正常参保" }, shown: { idNumber: "990*************43" } });
    await expect(post({ keys: { idNumber: "990101199001010011" } })).rejects.toMatchObject({ code: "HTL_BUSINESS_NOT_FOUND", status: 404 });
    await expect(post({ keys: {} })).rejects.toMatchObject({ code: "HTL_BUSINESS_BAD_KEY" });
    await expect(post({ keys: { idNumber: PERSON } }, "nothing")).rejects.toMatchObject({ code: "HTL_BUSINESS_UNKNOWN_KIND", status: 404 });
    const rows = await audits();
    expect(rows.map(({ actor, outcome }) => [actor, outcome])).toEqual([["u1", "done"], ["u1", "refused"]]);
    expect(rows[0]?.details).toContain("990*************43");
    expect(JSON.stringify(rows)).not.toContain(PERSON);
  });

  it("with a wrong PIN three times the desk is locked out too; the phone of the citizen alike", async () => {
    at = await stage();
    for (const left of [2, 1, 0]) await expect(post({ keys: { idNumber: PERSON }, proof: "000000" })).rejects.toMatchObject({ code: "HTL_BUSINESS_NOT_FOUND", details: { left } });
    await expect(post({ keys: { idNumber: PERSON }, proof: PIN })).rejects.toMatchObject({ code: "HTL_BUSINESS_LOCKED", status: 423 });
  });

  it("many guesses at once get no more tries than one after the other", async () => {
    at = await stage();
    const tries = await Promise.allSettled(Array.from({ length: 20 }, (_each, index) => post({ keys: { idNumber: PERSON }, proof: String(100_000 + index) }, "pension", { userId: `u${index}` })));
    expect(at.requests.length).toBeLessThanOrEqual(3);
    expect(tries.every(({ status }) => status === "rejected")).toBe(true);
  });

  it("a citizen's channel never goes without the proof", async () => {
    at = await stage();
    await expect(at.test.services.get(BUSINESS_SYSTEM).lookup({ kind: "pension", keys: { idNumber: PERSON }, asker: { channel: "web", from: "x", actor: "citizen" } })).rejects.toMatchObject({ code: "HTL_BUSINESS_PROOF_NEEDED" });
  });

  it("tells what can be looked up", async () => {
    at = await stage();
    const route = at.test.services.get(ROUTES).find(({ route: { path } }) => path === "/api/business/kinds")?.route;
    expect(await route?.handler({ services: at.test.services } as never)).toMatchObject({ items: [{ key: "pension", keys: [{ name: "idNumber", length: 18 }], proof: { length: 6, deskMayOmit: true }, fields: [{ name: "asOf", type: "date" }, {}, { type: "money" }, { type: "text" }] }] });
  });
});
