import { CALL_CONTROL, CALL_PIPELINE, definePlugin, READ_POOL } from "@hotlinejs/core";
import type { Call, Connection, OutboundCall, TransferReport } from "@hotlinejs/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { createTestHotline, type TestHotline } from "./create-test-hotline.js";
import type { FakeAgent } from "./fake-agent.js";
import type { FakeCall } from "./fake-call.js";
import type { FakeCaller } from "./fake-caller.js";
import { FAKE_TELEPHONY } from "./fake-telephony.js";

let test: TestHotline;
let caller: FakeCaller;
let agent: FakeAgent;
let connection: Connection;
let agentCall: OutboundCall;
let over: { by: string } | undefined;

const demo = definePlugin({
  name: "demo",
  version: "0.1.0",
  core: "*",
  requires: ["sip"],
  config: z.strictObject({}),
  register({ services, hooks }) {
    hooks.callRoute.tap(() => ({ handler: "demo", target: "" }));
    services.get(CALL_PIPELINE).handler("demo", async ({ call, interaction }) => {
      await call.answer();
      const control = services.get(CALL_CONTROL);
      agentCall = await control.originate({ to: "sip:1001", interactionId: interaction.id, purpose: "agent", role: "agent" });
      if (!(await agentCall.answered)) return;
      connection = await control.connect(interaction.id, call, agentCall);
      over = await connection.ended;
    });
  },
});

beforeEach(async () => {
  over = undefined;
  test = await createTestHotline({ plugins: [demo()] });
  agent = await test.agent("1001");
  caller = await test.dial("12333");
  await agent.answer();
});
afterEach(() => test.close());

/** The agent's phone asks for a transfer (REFER). */
function refer(call: Call | undefined, to: string, more: { replaces?: Call; headers?: Record<string, string> } = {}): Referred {
  const answer: Referred = { accepted: false, rejected: undefined, heard: [] };
  const target = call as FakeCall;
  const accept = (): TransferReport => {
    answer.accepted = true;
    const hear = (status: number): void => void (target.signal.aborted ? undefined : answer.heard.push(status));
    return { progress: hear, finish: (status) => Promise.resolve(hear(status)) };
  };
  target.tell({ type: "transfer-request", to, ...more, accept, reject: (status?: number) => (answer.rejected = status ?? 603) });
  return answer;
}
interface Referred {
  accepted: boolean;
  rejected: number | undefined;
  /** What the phone was told of it. */
  readonly heard: number[];
}
const rows = <T>(sql: string): Promise<T[]> => test.services.get(READ_POOL).read((em) => em.execute<T[]>(sql));

describe("a conversation", () => {
  it("is sent on with word of how it came: to whom it was, and who had sent it here before", async () => {
    const asked = test.services.get(FAKE_TELEPHONY).asked;
    refer(agent.call, "sip:1002@hotline.test");
    await test.advance(500);
    expect(asked.map(({ options }) => options.forwarded)).toEqual([undefined, { called: "12333" }]);
    await caller.hangup();
    const attributes = { "diverted-from": "01066660000", "diverted-by": "02188880000", "diversion-reason": "no-answer", "diversion-count": "2" };
    await test.dial("12333", { attributes });
    await agent.answer();
    refer(agent.call, "tel:01012345");
    await test.advance(500);
    expect(asked.at(-1)).toMatchObject({ to: "tel:01012345", options: { forwarded: { called: "12333", before: { from: "01066660000", by: "02188880000", reason: "no-answer", count: 2 } } } });
  });

  it("is transferred by the agent's phone: ring-back, then the colleague; the agent is let go, the conversation goes on", async () => {
    const colleague = await test.agent("1002");
    const told = refer(agent.call, "sip:1002@hotline.test");
    expect(told.accepted).toBe(true);
    await test.advance(500);
    // The phone waits until somebody has answered.
    expect(agent.talking).toBe(true);
    expect(caller.call.leg?.bridgedWith.size).toBe(0);
    expect(told.heard).toEqual([180]);
    expect(caller.hearing).toBe("tone:ringback");
    expect(colleague.ringing).toBe(true);
    await colleague.answer();
    await test.advance(100);
    expect(told.heard).toEqual([180, 200]);
    expect(agent.talking).toBe(false);
    expect(caller.call.leg?.bridgedWith.has(colleague.call?.leg as never)).toBe(true);
    expect(over).toBeUndefined();
    await colleague.hangup();
    await test.advance(100);
    expect(over).toEqual({ by: "b" });
    await test.advance(100);
    expect(await rows("select role from core_leg order by started_at")).toHaveLength(3);
    expect((await rows<{ left_at: number | null }>("select left_at from core_bridge_membership")).every((row) => row.left_at !== null)).toBe(true);
  });

  it("goes on with the agent when nobody answers, is busy or declines: the phone hears why", async () => {
    const colleague = await test.agent("1002");
    const first = agent.call;
    const told = refer(first, "sip:1002@hotline.test");
    await test.advance(31_000);
    expect(told.heard).toEqual([180, 408]);
    expect(agent.call).toBe(first);
    expect(caller.call.leg?.bridgedWith.has(agent.call?.leg as never)).toBe(true);
    const again = refer(first, "sip:1002@hotline.test");
    await test.advance(200);
    await colleague.decline(486);
    await test.advance(200);
    expect(again.heard).toEqual([180, 486]);
    expect(caller.call.leg?.bridgedWith.has(agent.call?.leg as never)).toBe(true);
    expect(over).toBeUndefined();
  });

  it("comes back to a phone that has hung up meanwhile when the colleague does not answer", async () => {
    const colleague = await test.agent("1002");
    const told = refer(agent.call, "sip:1002@hotline.test");
    await test.advance(500);
    await agent.hangup();
    await test.advance(31_000);
    expect(told.heard).toEqual([180]);
    expect(colleague.ringing).toBe(false);
    expect(agent.ringing).toBe(true);
    await agent.answer();
    await test.advance(100);
    expect(caller.call.leg?.bridgedWith.has(agent.call?.leg as never)).toBe(true);
    expect(over).toBeUndefined();
  });

  it("ends when nobody can be reached any more, and at once when the citizen hangs up during the transfer", async () => {
    refer(agent.call, "sip:1002@hotline.test");
    await test.advance(100);
    // 1002 is no phone of ours and goes out as a number; nobody answers there.
    expect(caller.hearing).toBe("tone:ringback");
    await caller.hangup();
    await test.advance(1_000);
    expect(over).toEqual({ by: "a" });
    expect(await rows("select id from core_leg where ended_at is null")).toEqual([]);
  });

  it("is asked for one transfer at a time", async () => {
    await test.agent("1002");
    refer(agent.call, "sip:1002@hotline.test");
    await test.advance(100);
    expect(refer(agent.call, "sip:1002@hotline.test").rejected).toBe(491);
  });

  it("refuses transfers that cannot be: no number, a call nobody here knows, or asked by the citizen", async () => {
    expect(refer(agent.call, "sip:evil/../x@host").rejected).toBe(603);
    expect(refer(agent.call, "sip:13900139000@host", { headers: { Replaces: "abc;to-tag=1;from-tag=2" } }).rejected).toBe(603);
    expect(refer(agent.call, "sip:1001@host", { replaces: agentCall }).rejected).toBe(603);
    expect(refer(caller.call, "sip:1001@host").rejected).toBe(603);
    expect(agent.talking).toBe(true);
  });

  it("takes in a third, lets a supervisor listen, and goes on when the first agent leaves", async () => {
    const control = test.services.get(CALL_CONTROL);
    const colleague = await test.agent("1002");
    const interactionId = (await rows<{ id: string }>("select id from core_interaction"))[0]?.id ?? "";
    const third = await control.originate({ to: "sip:1002", interactionId, purpose: "consult", role: "agent" });
    await test.advance(50);
    await colleague.answer();
    await connection.join(third);
    expect(connection.members.map((member) => member.role)).toEqual(["talk", "talk", "talk"]);
    await agent.hangup();
    await test.advance(100);
    expect(over).toBeUndefined();
    expect(caller.call.leg?.bridgedWith.has(colleague.call?.leg as never)).toBe(true);
    await colleague.hangup();
    await test.advance(100);
    expect(over).toEqual({ by: "b" });
  });

  it("of four talkers one hangs up, and the three others stay with each other; then another, and two stay", async () => {
    const control = test.services.get(CALL_CONTROL);
    const interactionId = (await rows<{ id: string }>("select id from core_interaction"))[0]?.id ?? "";
    const colleagues = [await test.agent("1002"), await test.agent("1003")];
    for (const colleague of colleagues) {
      const leg = await control.originate({ to: `sip:${colleague.number}`, interactionId, purpose: "consult", role: "agent" });
      await test.advance(50);
      await colleague.answer();
      await connection.join(leg);
    }
    const [one, two] = colleagues as [FakeAgent, FakeAgent];
    /** These talk with each other, and with nobody else. */
    const together = (...calls: (FakeCall | undefined)[]): void => {
      const legs = calls.map((call) => call?.leg);
      for (const leg of legs) expect(new Set([...(leg?.bridgedWith ?? [])].map(({ id }) => id))).toEqual(new Set(legs.filter((other) => other !== leg).map((other) => other?.id)));
      expect(connection.members.map(({ role, held }) => [role, held])).toEqual(calls.map(() => ["talk", false]));
    };
    together(caller.call, agent.call, one.call, two.call);
    await one.hangup();
    await test.advance(100);
    expect(over).toBeUndefined();
    together(caller.call, agent.call, two.call);
    await agent.hangup();
    await test.advance(100);
    expect(over).toBeUndefined();
    together(caller.call, two.call);
    await caller.hangup();
    await test.advance(100);
    expect(over).toEqual({ by: "a" });
    expect((await rows<{ left_at: number | null }>("select left_at from core_bridge_membership")).map(({ left_at }) => left_at !== null)).toEqual([true, true, true, true]);
  });

  describe("with two more who talk", () => {
    let one: FakeAgent;
    let two: FakeAgent;
    let legs: OutboundCall[];
    beforeEach(async () => {
      const interactionId = (await rows<{ id: string }>("select id from core_interaction"))[0]?.id ?? "";
      legs = [];
      for (const number of ["1002", "1003"]) {
        const colleague = await test.agent(number);
        const leg = await test.services.get(CALL_CONTROL).originate({ to: `sip:${number}`, interactionId, purpose: "consult", role: "agent" });
        await test.advance(50);
        await colleague.answer();
        await connection.join(leg);
        legs.push(leg);
        if (number === "1002") one = colleague;
        else two = colleague;
      }
    });
    const hears = (ear: FakeCall | undefined): string[] => [caller.call, agent.call, one.call, two.call].flatMap((mouth, at) => (ear?.leg?.hears.has(mouth?.leg as never) === true ? ["citizen", "agent", "one", "two"][at] ?? [] : []));

    it("those aside hear each other and nobody else; each comes back, or goes on hold, alone", async () => {
      await connection.aside(caller.call);
      await connection.aside(legs[0] as OutboundCall);
      expect([hears(caller.call), hears(one.call), hears(agent.call), hears(two.call)]).toEqual([["one"], ["citizen"], ["two"], ["agent"]]);
      expect(connection.members.map(({ held, aside }) => [held, aside])).toEqual([[false, true], [false, false], [false, true], [false, false]]);
      await connection.hold(legs[0] as OutboundCall, { kind: "tone", tone: "ringback" });
      expect([hears(caller.call), hears(one.call)]).toEqual([[], []]);
      expect(connection.members[2]).toMatchObject({ held: true, aside: false });
      await connection.retrieve(caller.call);
      await connection.retrieve(legs[0] as OutboundCall);
      expect(hears(caller.call)).toEqual(["agent", "one", "two"]);
      expect(hears(one.call)).toEqual(["citizen", "agent", "two"]);
      // Who hangs up aside is out of it like any other.
      await connection.aside(legs[0] as OutboundCall);
      await connection.aside(legs[1] as OutboundCall);
      await one.hangup();
      await test.advance(100);
      expect(hears(two.call)).toEqual([]);
      expect(over).toBeUndefined();
      expect(connection.members).toHaveLength(3);
      await caller.hangup();
      await test.advance(100);
      expect(over).toEqual({ by: "a" });
      expect(await rows("select id from core_bridge_membership where left_at is null")).toEqual([]);
    });

    it("one who is muted hears all and is heard by nobody, also after a hold, until it is heard again", async () => {
      await connection.mute(legs[0] as OutboundCall, true);
      expect([hears(caller.call), hears(one.call), hears(two.call)]).toEqual([["agent", "two"], ["citizen", "agent", "two"], ["citizen", "agent"]]);
      expect(connection.members[2]).toMatchObject({ role: "talk", muted: true, held: false });
      await connection.mute(legs[0] as OutboundCall, true);
      await connection.hold(legs[0] as OutboundCall);
      await connection.retrieve(legs[0] as OutboundCall);
      expect(hears(caller.call)).toEqual(["agent", "two"]);
      await connection.mute(legs[0] as OutboundCall, false);
      expect(hears(caller.call)).toEqual(["agent", "one", "two"]);
      await test.advance(1_000);
      const told = await rows<{ type: string }>("select type from core_interaction_event where type in ('leg.muted', 'leg.unmuted') order by at, id");
      expect(told.map(({ type }) => type)).toEqual(["leg.muted", "leg.unmuted"]);
      // Who could be heard when stands in the record.
      const seats = await rows<{ role: string }>(`select role from core_bridge_membership where leg_id = '${legs[0]?.id ?? ""}' order by joined_at, id`);
      expect(seats.map(({ role }) => role)).toEqual(["talk", "listen", "listen", "talk"]);
    });

    it("who only listens is not muted, nor is a stranger", async () => {
      await connection.leave(legs[1] as OutboundCall);
      await connection.join(legs[1] as OutboundCall, { role: "listen" });
      await connection.mute(legs[1] as OutboundCall, true);
      expect(connection.members.at(-1)).toMatchObject({ role: "listen", muted: false });
      await connection.leave(legs[0] as OutboundCall);
      await connection.mute(legs[0] as OutboundCall, true);
      await connection.aside(legs[0] as OutboundCall);
      expect(connection.members).toHaveLength(3);
    });
  });

  it("joined again, one on hold is taken off hold; one in another conversation, on hold there or not, is refused and stays there", async () => {
    const control = test.services.get(CALL_CONTROL);
    await connection.hold(agentCall, { kind: "tone", tone: "waiting" });
    await connection.join(agentCall);
    expect(connection.members.map(({ held }) => held)).toEqual([false, false]);
    expect(caller.call.leg?.bridgedWith.has(agent.call?.leg as never)).toBe(true);
    await test.advance(50);
    expect(await rows("select type from core_interaction_event where type = 'leg.retrieved'")).toHaveLength(1);

    const [one, two] = [await test.agent("1002"), await test.agent("1003")];
    const interactionId = (await rows<{ id: string }>("select id from core_interaction"))[0]?.id ?? "";
    const legs = await Promise.all(["sip:1002", "sip:1003"].map((to) => control.originate({ to, interactionId, purpose: "consult", role: "agent" })));
    await test.advance(50);
    for (const phone of [one, two]) await phone.answer();
    const [first, second] = legs as [OutboundCall, OutboundCall];
    const other = await control.connect(interactionId, first, second);
    for (const held of [false, true]) {
      if (held) await other.hold(second);
      for (const move of [connection.join(second), connection.replace(agentCall, second)]) await expect(move).rejects.toMatchObject({ code: "HTL_CORE_CALL_ELSEWHERE" });
    }
    expect(agent.talking).toBe(true);
    await other.retrieve(second);
    expect(one.call?.leg?.bridgedWith.has(two.call?.leg as never)).toBe(true);
    await other.separate();
    await connection.join(second);
    expect(caller.call.leg?.bridgedWith.has(two.call?.leg as never)).toBe(true);
  });

  it("attended transfer: the consulted colleague takes the agent's place", async () => {
    const control = test.services.get(CALL_CONTROL);
    const colleague = await test.agent("1002");
    const interactionId = (await rows<{ id: string }>("select id from core_interaction"))[0]?.id ?? "";
    await connection.hold(caller.call, { kind: "tone", tone: "waiting" });
    expect(caller.call.leg?.bridgedWith.size).toBe(0);
    expect(caller.hearing).toBe("tone:waiting");
    const consult = await control.originate({ to: "sip:1002", interactionId, purpose: "consult", role: "agent" });
    await test.advance(50);
    await colleague.answer();
    await connection.retrieve(caller.call);
    await connection.replace(agentCall, consult);
    await test.advance(50);
    expect(agent.talking).toBe(false);
    expect(caller.call.leg?.bridgedWith.has(colleague.call?.leg as never)).toBe(true);
    expect(over).toBeUndefined();
  });

  it("does not take in who has hung up, nor anybody after its end", async () => {
    const control = test.services.get(CALL_CONTROL);
    const interactionId = (await rows<{ id: string }>("select id from core_interaction"))[0]?.id ?? "";
    const gone = await control.originate({ to: "sip:9999", interactionId, purpose: "consult", role: "agent" });
    await test.advance(50);
    await expect(connection.join(gone)).rejects.toMatchObject({ code: "HTL_CORE_CALL_ENDED" });
    await connection.separate();
    await expect(connection.join(agentCall)).rejects.toMatchObject({ code: "HTL_CORE_CALL_ENDED" });
    await expect(connection.transfer(agentCall, "sip:1002")).rejects.toMatchObject({ code: "HTL_CORE_CALL_ENDED" });
  });
});
