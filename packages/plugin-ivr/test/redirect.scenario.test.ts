import { AUDIT, CALL_CONTROL, definePlugin, HotlineError, READ_POOL } from "@hotlinejs/core";
import type { Plugin } from "@hotlinejs/core";
import { FAKE_TELEPHONY } from "@hotlinejs/testing";
import type { FakeCaller, TestHotline } from "@hotlinejs/testing";
import { afterEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { closeStages, flow, said, stage } from "./harness.js";

afterEach(closeStages);

const PENSION = { text: "养老金请拨12345，正在为您转接。" };
const NO = { id: "no", type: "play", prompt: { text: "未能转接{{redirectResult|text}}" }, next: "bye" };
const AFTER = { id: "after", type: "play", prompt: { text: "通话结束" }, next: "bye" };
const away = (more: object = {}) => flow([{ id: "away", type: "redirect", to: "12345", prompt: PENSION, on: { failed: "no" }, ...more }, NO, ...("on" in more && JSON.stringify(more.on).includes("after") ? [AFTER] : [])]);
const refused = (): Promise<void> => Promise.reject(new HotlineError("HTL_SIP_REDIRECT_REFUSED", "The other side refused to be transferred (603)", { status: 502 }));

/** What stands in the audit of calls that were sent elsewhere. */
async function audited(test: TestHotline): Promise<{ actor: string; details: Record<string, unknown>; outcome: string }[]> {
  const rows = await test.services.get(READ_POOL).read((em) => em.execute<{ actor: string; details: string; outcome: string }[]>("select actor, details, outcome from core_audit where action = 'core.call-redirected' order by at, id"));
  return rows.map((row) => ({ ...row, details: JSON.parse(row.details) as Record<string, unknown> }));
}

async function types(test: TestHotline, caller: FakeCaller): Promise<string[]> {
  return (await test.journal.timeline(caller)).map(({ type }) => type);
}

describe("the node redirect", () => {
  it("tells the caller, sends the call to the other hotline and is through with it", async () => {
    const { dial, test } = await stage({ flows: [away()] });
    const trunk = test.trunk("carrier");
    const caller = await dial();
    await caller.hears("养老金请拨12345");
    await test.advance(10_000);
    expect(caller.call.redirectedTo).toBe("tel:12345");
    expect(caller.end).toMatchObject({ reason: "redirected" });
    expect(test.journal.of(caller)).toMatchObject({ reason: "redirected" });
    // No line of ours is taken.
    expect(trunk.attempts).toEqual([]);
    const timeline = await test.journal.timeline(caller);
    expect(timeline.find(({ type }) => type === "call.redirected")?.data).toEqual({ to: "tel:12345", answered: true });
    expect(timeline.find(({ type, data }) => type === "ivr.node" && data["node"] === "away")?.data).toMatchObject({ outcome: "end" });
    expect(await audited(test)).toEqual([{ actor: "citizen", details: { to: "tel:12345", answered: true }, outcome: "done" }]);
    expect((await test.services.get(AUDIT).verify()).ok).toBe(true);
  });

  it("cannot be left by a key while the carrier is asked", async () => {
    const { dial, test } = await stage({ flows: [away()] });
    const caller = await dial();
    let go = (): void => undefined;
    caller.call.onRedirect = () => new Promise((resolve) => (go = resolve));
    await caller.hears("tone:ringback");
    await caller.press("0");
    await test.advance(500);
    expect(said(caller)).toEqual([PENSION.text, "tone:ringback"]);
    expect(caller.end).toBeUndefined();
    go();
    await test.advance(100);
    expect(caller.end).toMatchObject({ reason: "redirected" });
  });

  it("goes on at `failed` when the carrier refuses, and says why", async () => {
    const { dial, test } = await stage({ flows: [away()] });
    const trunk = test.trunk("carrier");
    const caller = await dial();
    caller.call.onRedirect = refused;
    await caller.hears("未能转接HTL_SIP_REDIRECT_REFUSED");
    await caller.hears("感谢来电");
    expect(trunk.attempts).toEqual([]);
    expect(await types(test, caller)).toEqual(expect.arrayContaining(["call.redirecting", "call.redirect-failed", "ivr.redirect-failed"]));
    expect(await audited(test)).toEqual([{ actor: "citizen", details: { to: "tel:12345", answered: true, error: "HTL_SIP_REDIRECT_REFUSED" }, outcome: "failed" }]);
  });

  it("with a bridge behind it calls the other hotline through our trunk instead, and joins both", async () => {
    const { dial, test } = await stage({ flows: [away({ fallback: "bridge", on: { failed: "no", answered: "after" } })] });
    const trunk = test.trunk("carrier").when("12345", { rings: 2_000, then: "answers" });
    const caller = await dial();
    caller.call.onRedirect = refused;
    await caller.hears("养老金请拨12345");
    await test.advance(12_000);
    expect(trunk.attempts).toMatchObject([{ number: "12345", outcome: "answered" }]);
    expect(caller.call.leg?.bridgedWith.size).toBe(1);
    await trunk.called("12345").hangup();
    await caller.hears("通话结束");
    expect(test.journal.of(caller).legs.map(({ role, to }) => [role, to])).toEqual([["citizen", "12333"], ["other", "12345"]]);
  });

  it("with a bridge behind it fails when nobody answers there either", async () => {
    const { dial, test } = await stage({ flows: [away({ fallback: "bridge" })] });
    test.trunk("carrier").when("12345", { then: "busy" });
    const caller = await dial();
    caller.call.onRedirect = refused;
    await caller.hears("未能转接busy");
  });

  it("asks the rules for outgoing calls first: what they forbid is neither sent there nor called", async () => {
    const asked: unknown[] = [];
    const rules: Plugin = definePlugin({
      name: "rules",
      version: "0.1.0",
      core: ">=0.1.0 <1.0.0",
      config: z.strictObject({}),
      register: ({ hooks }) => void hooks.callOutbound.tap(({ to, purpose }) => (asked.push({ to, purpose }), { refused: true, code: "toll-destination", message: "not there" })),
    })();
    const { test } = await stage({ flows: [away({ fallback: "bridge" })], more: [rules] });
    const trunk = test.trunk("carrier");
    const caller = await test.dial("12333");
    await caller.hears("未能转接HTL_CORE_OUTBOUND_REFUSED");
    expect(asked).toEqual([{ to: "tel:12345", purpose: "transfer" }]);
    expect(caller.call.redirectedTo).toBeUndefined();
    expect(trunk.attempts).toEqual([]);
    expect(await types(test, caller)).toContain("outbound.refused");
  });

  it("tells the rules whose call it is, and that the bridge is the same call", async () => {
    const asked: unknown[] = [];
    const rules: Plugin = definePlugin({
      name: "rules",
      version: "0.1.0",
      core: ">=0.1.0 <1.0.0",
      config: z.strictObject({}),
      register: ({ hooks }) => void hooks.callOutbound.tap(({ to, interactionId, actor, caller, redirect }) => void asked.push({ to, interactionId, actor, caller, redirect })),
    })();
    const { test } = await stage({ flows: [away({ fallback: "bridge" })], more: [rules] });
    test.trunk("carrier").when("12345", { then: "busy" });
    const caller = await test.dial("12333", { from: "13800138000" });
    caller.call.onRedirect = refused;
    await caller.hears("未能转接busy");
    const call = { to: "tel:12345", interactionId: test.journal.of(caller).id, actor: "citizen", caller: "13800138000" };
    expect(asked).toEqual([{ ...call, redirect: true }, { ...call, redirect: undefined }]);
  });

  it("does not lead back to the hotline's own number", async () => {
    const { dial } = await stage({ flows: [away({ to: "12333" })] });
    const caller = await dial();
    await caller.hears("未能转接HTL_CORE_OUTBOUND_REFUSED");
    expect(caller.call.redirectedTo).toBeUndefined();
  });

  it("says where an adapter cannot, without asking the rules", async () => {
    const { dial, test } = await stage({ flows: [away()] });
    const network = test.services.get(FAKE_TELEPHONY);
    Object.assign(network.capabilities, { redirect: false });
    await (await dial()).hears("未能转接HTL_CORE_NOT_SUPPORTED");
  });

  it("takes the number from a variable, and fails where there is none", async () => {
    const by = (values: object) => flow([{ id: "s", type: "set", values, next: "away" }, { id: "away", type: "redirect", toVar: "where", on: { failed: "no" } }, NO]);
    const known = await stage({ flows: [by({ where: "12366" })] });
    const caller = await known.dial();
    await known.test.advance(1_000);
    expect(caller.call.redirectedTo).toBe("tel:12366");
    await closeStages();
    await (await (await stage({ flows: [by({})] })).dial()).hears("未能转接no-address");
  });

  it.each([
    [{ to: "twelve" }, "is neither a telephone number nor an address"],
    [{ to: undefined }, "give either to or toVar"],
    [{ fallback: "voicemail" }, "fallback"],
    [{ on: {} }, "failed"],
  ])("is checked at the start: %j", async (fault, told) => {
    await expect(stage({ flows: [away(fault)] })).rejects.toThrow(told);
  });
});

describe("a route that leads to another hotline", () => {
  const start = (route: object, hotline: object = {}) => stage({ flows: [away()], ivr: { routes: [{ number: "12393", ...route }, { number: "12333", flow: "main" }] }, hotline });

  it("sends callers there before anybody answers", async () => {
    const { test } = await start({ redirect: "057112393" });
    const caller = await test.dial("12393");
    expect(caller.call.redirectedTo).toBe("tel:057112393");
    expect(caller.end).toMatchObject({ reason: "redirected", status: 302 });
    expect(caller.call.states.map(({ state }) => state)).toEqual(["ended"]);
    expect(test.journal.of(caller)).toMatchObject({ reason: "redirected", answeredAt: undefined });
    expect(await audited(test)).toEqual([{ actor: "system", details: { to: "tel:057****2393", answered: false }, outcome: "done" }]);
  });

  it("does so only while its calendar is closed", async () => {
    const closed = { calendars: [{ key: "default", week: { 1: [["13:00", "14:00"]] } }] };
    const { test } = await start({ hours: { when: "closed" }, redirect: "12345", flow: undefined }, closed);
    const early = await test.dial("12393");
    expect(early.end).toMatchObject({ reason: "redirected" });
    await test.advance("4h");
    await test.advance("15m");
    const late = await test.dial("12393");
    expect(late.call.redirectedTo).toBeUndefined();
  });

  it("lets the flow behind it take whoever cannot be sent away", async () => {
    const { test } = await start({ redirect: "12345", flow: "main" });
    Object.assign(test.services.get(FAKE_TELEPHONY).capabilities, { redirect: false });
    const caller = await test.dial("12393");
    await caller.hears("养老金请拨12345");
    expect(caller.answered).toBe(true);
    expect(await types(test, caller)).toContain("handler.failed");
  });

  it.each([
    [{ redirect: "12393" }, "leads back to this hotline"],
    [{ redirect: "12345", hours: { calendar: "moon", when: "closed" } }, 'there is no calendar "moon"'],
    [{ redirect: "nowhere" }, "is neither a telephone number nor an address"],
    [{}, "give flow, redirect or both"],
  ])("is checked at the start: %j", async (route, told) => {
    await expect(start(route)).rejects.toThrow(told);
  });
});

it("nobody is sent elsewhere whose call is over", async () => {
  const { dial, test } = await stage({ flows: [away({ prompt: undefined })] });
  const { id } = test.journal.of(await dial());
  await test.advance(1_000);
  await expect(test.services.get(CALL_CONTROL).redirect(id, "tel:12345")).rejects.toMatchObject({ code: "HTL_CORE_CALL_ENDED" });
});
