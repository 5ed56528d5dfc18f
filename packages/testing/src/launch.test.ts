import { CALL_CONTROL, CALL_PIPELINE, definePlugin, INTERACTIONS, READ_POOL } from "@hotlinejs/core";
import type { CallSession, LaunchedCall, LaunchRequest } from "@hotlinejs/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { createTestHotline, type TestHotline } from "./create-test-hotline.js";
import type { FakeCall } from "./fake-call.js";
import { FAKE_TELEPHONY } from "./fake-telephony.js";

const CITIZEN = "tel:13800138000";
let test: TestHotline;
let sessions: CallSession[];
let asked: string[];
let told: string[];
let refuse: boolean;
let phone: FakeCall | undefined;

const demo = definePlugin({
  name: "demo",
  version: "0.1.0",
  core: "*",
  requires: ["sip"],
  config: z.strictObject({}),
  register({ services, hooks, events }) {
    hooks.callRoute.tap(() => {
      asked.push("route");
    });
    hooks.callOutbound.tap(({ to, purpose }) => {
      asked.push(`${purpose} ${to}`);
      return refuse ? { refused: true, code: "do-not-call", message: "the citizen asked not to be called" } : undefined;
    });
    hooks.callEnd.tap(({ reason }) => void told.push(`end ${reason}`));
    events.handle("interaction.answered", ({ interactionId }) => void told.push(`answered ${services.get(CALL_CONTROL).session(interactionId) === undefined ? "without" : "with"} a session`));
    services.get(CALL_PIPELINE).handler("demo", async (session) => {
      sessions.push(session);
      await session.call.play({ kind: "tone", tone: "beep" }).done;
    });
  },
});

const launch = (request: Partial<LaunchRequest> = {}): Promise<LaunchedCall> =>
  test.services.get(CALL_PIPELINE).launch({ to: CITIZEN, from: { number: "12333" }, purpose: "callback", plan: { handler: "demo", target: "", language: "en-US" }, actor: "user-1", data: { task: "t1" }, ...request });
const rows = <T>(sql: string): Promise<T[]> => test.services.get(READ_POOL).read((em) => em.execute<T[]>(sql));

beforeEach(async () => {
  [sessions, asked, told, refuse, phone] = [[], [], [], false, undefined];
  test = await createTestHotline({ plugins: [demo()] });
  test.services.get(FAKE_TELEPHONY).plug(CITIZEN, (call) => (phone = call));
});
afterEach(() => test.close());

describe("a call of the hotline's own", () => {
  it("has each trunk that was tried in its record", async () => {
    const launched = await launch();
    await test.advance(100);
    phone?.tell({ type: "attempt", via: { kind: "trunk", key: "first" }, status: 503, cause: "response", at: 1 });
    phone?.tell({ type: "attempt", via: { kind: "trunk", key: "second" }, status: 200, cause: "answered", at: 2 });
    await phone?.answer();
    await phone?.hangup();
    await test.advance(5_000);
    const found = await rows<{ data: string | object }>(`select data from core_interaction_event where type = 'leg.attempt' and interaction_id = '${launched.interactionId}' order by id`);
    expect(found.map(({ data }) => (typeof data === "string" ? JSON.parse(data) : data))).toEqual([
      { legId: phone?.id, via: "first", status: 503, cause: "response" },
      { legId: phone?.id, via: "second", status: 200, cause: "answered" },
    ]);
  });

  it("asks callOutbound, dials, carries out the plan once answered and closes the record", async () => {
    const launched = await launch({ interactionId: "0198-known-before" });
    expect(launched.interactionId).toBe("0198-known-before");
    await test.advance(2_000);
    expect(sessions).toEqual([]);
    await phone?.answer();
    await test.advance(100);
    expect(await launched.answered).toBe(true);
    expect(sessions).toHaveLength(1);
    expect(sessions[0]?.language).toBe("en-US");
    expect(sessions[0]?.interaction.data).toEqual({ task: "t1" });
    await test.advance(5_000);
    expect(await launched.finished).toMatchObject({ reason: "hangup", by: "local" });
    await test.advance(100);
    expect(asked).toEqual([`callback ${CITIZEN}`]);
    expect(told).toEqual(["answered with a session", "end hangup"]);
    const [row] = await rows<{ direction: string; caller_number: string; called_number: string; end_reason: string; answered_at: number }>("select * from core_interaction");
    expect(row).toMatchObject({ direction: "outbound", caller_number: "12333", called_number: "13800138000", end_reason: "hangup" });
    expect(Number(row?.answered_at)).toBeGreaterThan(0);
    expect(await rows("select role, direction, end_reason from core_leg")).toEqual([{ role: "citizen", direction: "outbound", end_reason: "hangup" }]);
    expect(test.services.get(INTERACTIONS).live("0198-known-before")).toBeUndefined();
  });

  it("that is not answered has a record, and no plan", async () => {
    const launched = await launch({ timeoutMs: 20_000 });
    await test.advance(21_000);
    expect(await launched.answered).toBe(false);
    expect((await launched.finished).reason).toBe("no-answer");
    await test.advance(100);
    expect(sessions).toEqual([]);
    expect(await rows("select end_reason, answered_at from core_interaction")).toEqual([{ end_reason: "no-answer", answered_at: null }]);
  });

  it("that is refused leaves a record of the refusal and rings nobody", async () => {
    refuse = true;
    await expect(launch()).rejects.toMatchObject({ code: "HTL_CORE_OUTBOUND_REFUSED", details: { code: "do-not-call" } });
    await test.advance(100);
    expect(phone).toBeUndefined();
    expect(await rows("select end_reason from core_interaction")).toEqual([{ end_reason: "refused" }]);
    expect(await rows("select id from core_leg")).toEqual([]);
  });

  it("to an address nobody dials is told, and the record closed", async () => {
    await expect(launch({ to: "line:9" })).rejects.toMatchObject({ code: "HTL_CORE_NO_ADAPTER" });
    await test.advance(100);
    expect(await rows("select end_reason from core_interaction")).toEqual([{ end_reason: "failed" }]);
  });

  it("rings an agent first where asked: permission, agent, citizen; the citizen never waits", async () => {
    const agent = await test.agent("1001");
    const control = test.services.get(CALL_CONTROL);
    const launching = launch({
      before: async ({ id }) => {
        asked.push("before");
        const leg = await control.originate({ to: "sip:1001", interactionId: id, purpose: "agent", role: "agent" });
        if (!(await leg.answered)) throw new Error("nobody at the desk");
        return leg.media;
      },
    });
    await test.advance(3_000);
    expect([agent.ringing, phone]).toEqual([true, undefined]);
    await agent.answer();
    await test.advance(100);
    const launched = await launching;
    expect(asked).toEqual([`callback ${CITIZEN}`, "before", "agent sip:1001"]);
    await phone?.answer();
    await test.advance(10_000);
    await launched.finished;
    // The agent's leg ends with the interaction.
    expect(agent.talking).toBe(false);
    expect(await rows("select role from core_leg order by started_at")).toEqual([{ role: "agent" }, { role: "citizen" }]);
  });

  it("dials nobody when the agent does not come, and hangs up what was rung", async () => {
    const agent = await test.agent("1001");
    const control = test.services.get(CALL_CONTROL);
    const failing = launch({
      before: async ({ id }) => {
        await control.originate({ to: "sip:1001", interactionId: id, purpose: "agent", role: "agent" });
        throw new Error("changed my mind");
      },
    });
    await expect(failing).rejects.toThrow("changed my mind");
    await test.advance(100);
    expect([phone, agent.ringing]).toEqual([undefined, false]);
    expect(await rows("select end_reason from core_interaction")).toEqual([{ end_reason: "cancelled" }]);
    refuse = true;
    let asked = 0;
    await expect(launch({ before: () => Promise.resolve(void asked++) })).rejects.toMatchObject({ code: "HTL_CORE_OUTBOUND_REFUSED" });
    expect(asked).toBe(0);
  });

  it("is given up by its signal, and not begun while the hotline drains", async () => {
    const giveUp = new AbortController();
    const launched = await launch({ signal: giveUp.signal });
    await test.advance(500);
    giveUp.abort();
    await test.advance(500);
    expect((await launched.finished).reason).toBe("cancelled");
    const stopped = test.hotline.stop({ drain: true });
    await expect(launch()).rejects.toMatchObject({ code: "HTL_CORE_DRAINING" });
    await stopped;
  });
});

describe("a caller who is turned away", () => {
  it("while the hotline drains is not forgotten", async () => {
    // Somebody is still on the line, or the drain would be over at once.
    await launch();
    const stopped = test.hotline.stop({ drain: true });
    await test.advance(0);
    const caller = await test.dial("12333", { from: "13700137000" });
    expect(caller.end?.status).toBe(503);
    await test.advance(100);
    expect(await rows("select caller_number, end_reason from core_interaction where direction = 'inbound'")).toEqual([{ caller_number: "13700137000", end_reason: "rejected" }]);
    phone?.finish("busy", "remote", 486);
    await test.advance(1_000);
    await stopped;
  });
});

describe("an interaction that is no call", () => {
  it("is opened, answered and closed once, and closed with the restart when its owner died", async () => {
    const interactions = test.services.get(INTERACTIONS);
    const chat = interactions.open({ channel: "chat", direction: "inbound", from: "web:1", to: "portal" });
    expect(interactions.live(chat.id)).toBe(chat);
    chat.note({ topic: "养老金" });
    chat.answered();
    chat.answered();
    await test.advance(100);
    chat.close("finished");
    chat.close("again");
    await test.advance(100);
    expect(told).toEqual(["answered without a session"]);
    const found = await rows<{ data: string }>("select channel, end_reason, data from core_interaction");
    expect(found).toMatchObject([{ channel: "chat", end_reason: "finished" }]);
    expect(String(found[0]?.data)).toContain("养老金");
  });
});
