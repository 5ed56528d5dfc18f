import { READ_POOL } from "@hotlinejs/core";
import type { Principal } from "@hotlinejs/core";
import type { FakeAgent, FakeCall, FakeCaller } from "@hotlinejs/testing";
import { FAKE_TELEPHONY } from "@hotlinejs/testing";
import { afterEach, describe, expect, it } from "vitest";
import { acdConfig } from "../src/config.js";
import { AGENT_CALLS, type AgentCalls } from "../src/index.js";
import { callRoutes } from "../src/http/call-routes.js";
import { closeStages, hear, stage, team, type Stage } from "./stage.js";

afterEach(closeStages);

const contacts = [
  { key: "leader", name: "值班领导", kind: "leader", number: "9001" },
  { key: "fire", name: "消防救援支队", number: "2901" },
  { key: "mayor", name: "市长热线", kind: "authority", number: "13900139000" },
] as const;

interface Scene {
  readonly at: Stage;
  readonly calls: AgentCalls;
  readonly phone: FakeAgent;
  readonly caller: FakeCaller;
  /** Targets in the audit, in order. */
  audited(): Promise<{ actor: string; contact: string; name: string }[]>;
}

/** 1001 talks with a citizen, outside of everybody's hours: a contact has none. */
async function talking(numbers: readonly string[] = ["1001"]): Promise<Scene> {
  const { agents, ...rest } = team({ connectPrompt: false, whisper: false, joinEmpty: true, leaveEmpty: false }, numbers);
  const at = await stage({ acd: { ...rest, agents: agents ?? [], emergencyContacts: [...contacts] } });
  const phone = await at.phone("1001");
  const caller = await at.dial();
  await phone.answer();
  await at.test.advance(5_000);
  return {
    at,
    calls: at.test.services.get(AGENT_CALLS),
    phone,
    caller,
    audited: async () => {
      const rows = await at.test.services.get(READ_POOL).read((em) => em.execute<{ actor: string; details: string | object }[]>("select actor, details from core_audit where action = 'acd.emergency-called' order by id"));
      return rows.map(({ actor, details }) => ({ actor, ...((typeof details === "string" ? JSON.parse(details) : details) as { contact: string; name: string }) }));
    },
  };
}

const route = (method: string, path: string) => callRoutes.find((each) => each.method === method && each.path === path) ?? expect.fail(path);
const principal = (...permissions: string[]) => ({ userId: "u1", username: "u", displayName: "U", roles: [], permissions: new Set(permissions), agentNumber: "1001" }) as Principal;
const ask = (at: Stage, command: "consult" | "transfer" | "dial", to: string, who: Principal): Promise<unknown> =>
  Promise.resolve().then(() => route("POST", `/api/agents/:number/call/${command}`).handler({ services: at.test.services, params: { number: "1001" }, body: { to }, principal: who } as never));

describe("emergency contacts", () => {
  it("are listed with what they are, in the order of the configuration", async () => {
    const { at } = await talking();
    expect(await route("GET", "/api/emergency-contacts").handler({ services: at.test.services } as never)).toEqual({
      items: [{ key: "leader", name: "值班领导", kind: "leader", number: "9001" }, { key: "fire", name: "消防救援支队", kind: "department", number: "2901" }, { key: "mayor", name: "市长热线", kind: "authority", number: "13900139000" }],
      next: null,
    });
    expect(route("GET", "/api/emergency-contacts").permission).toBe("acd.emergency.call");
  });

  it.each(["consult", "transfer", "dial"] as const)("%s: refused without the permission, and by a key there is not; nobody is rung, nothing is in the audit, the citizen talks on", async (command) => {
    const { at, phone, caller, audited } = await talking();
    const leader = await at.test.agent("9001");
    await expect(ask(at, command, "emergency:leader", principal())).rejects.toMatchObject({ code: "HTL_ACD_EMERGENCY_NOT_ALLOWED", status: 403 });
    for (const to of ["emergency:nobody", "emergency:", "emergency:9001", "emergency:LEADER"]) {
      await expect(ask(at, command, to, principal("acd.emergency.call"))).rejects.toMatchObject({ code: "HTL_ACD_UNKNOWN_EMERGENCY", status: 422 });
    }
    await at.test.advance(500);
    expect([leader.ringing, hear(phone, caller), await audited()]).toEqual([false, true, []]);
  });

  it("a leader is consulted: in the audit before the telephone rings, named on the screen, then joined with the citizen", async () => {
    const { at, calls, caller, audited } = await talking();
    const leader = await at.test.agent("9001");
    await ask(at, "consult", "emergency:leader", principal("acd.emergency.call"));
    await at.test.advance(200);
    expect(leader.ringing).toBe(true);
    expect(calls.current("1001")?.consult).toMatchObject({ number: "9001", name: "值班领导" });
    expect(await audited()).toEqual([{ actor: "u1", contact: "leader", name: "值班领导" }]);
    await leader.answer();
    await at.test.advance(500);
    const joining = calls.complete("1001");
    await at.test.advance(500);
    await joining;
    expect(hear(leader, caller)).toBe(true);
  });

  it("a department gets the citizen at once; where it does not lift, the agent has the citizen back", async () => {
    const { at, calls, phone, caller, audited } = await talking();
    const fire = await at.test.agent("2901");
    const given = calls.transfer("1001", "emergency:fire", "u1");
    await at.test.advance(500);
    await given;
    expect(fire.ringing).toBe(true);
    await fire.decline(486);
    await at.test.advance(500);
    expect(caller.end).toBeUndefined();
    await phone.answer();
    await at.test.advance(500);
    expect(hear(phone, caller)).toBe(true);
    const again = calls.transfer("1001", "emergency:fire", "u1");
    await at.test.advance(500);
    await again;
    await fire.answer();
    await at.test.advance(500);
    expect(hear(fire, caller)).toBe(true);
    expect(await audited()).toHaveLength(2);
  });

  it("a telephone number outside is dialled there, as the hotline", async () => {
    const { at, calls } = await talking();
    const rung: FakeCall[] = [];
    at.test.services.get(FAKE_TELEPHONY).plug("tel:13900139000", (call) => rung.push(call));
    const asking = calls.consult("1001", "emergency:mayor", "u1");
    await at.test.advance(500);
    await asking;
    expect(rung).toHaveLength(1);
    expect(calls.current("1001")?.consult).toMatchObject({ number: "13900139000", name: "市长热线" });
  });

  it("a contact whose number is an agent's is that agent, however signed out; the agent's own is refused, and not in the audit", async () => {
    const { at, calls, audited } = await talking(["1001", "9001"]);
    const leader = await at.phone("9001");
    await at.acd.setAgentState("9001", "offline", { actor: "t" });
    const asking = calls.consult("1001", "emergency:leader", "u1");
    await at.test.advance(500);
    await asking;
    expect(leader.ringing).toBe(true);
    expect(at.acd.agent("9001")?.state).toBe("occupied");
    const cancelled = calls.cancel("1001");
    await at.test.advance(500);
    await cancelled;
    await at.acd.setAgentState("9001", "available", { actor: "t" });
    await at.dial("13800000002");
    await leader.answer();
    await at.test.advance(500);
    for (const command of ["consult", "transfer"] as const) await expect(calls[command]("9001", "emergency:leader", "u1")).rejects.toMatchObject({ code: "HTL_ACD_TARGET_SELF" });
    await leader.hangup();
    await at.test.advance(11_000);
    await expect(calls.dial("9001", "emergency:leader", "u1")).rejects.toMatchObject({ code: "HTL_ACD_TARGET_SELF" });
    expect(await audited()).toHaveLength(1);
  });

  it.each([
    [[{ key: "a b", name: "x", number: "12" }], "emergencyContacts.0.key"],
    [[{ key: "a", name: "x", number: "domestic" }], "emergencyContacts.0.number"],
    [[{ key: "a", name: "x", number: "1" }], "emergencyContacts.0.number"],
    [[{ key: "a", name: "x", number: "12", kind: "boss" }], "emergencyContacts.0.kind"],
    [[{ key: "a", name: "x", number: "12" }, { key: "a", name: "y", number: "13" }], "emergencyContacts.1.key"],
  ])("configured as %j are refused at %s", (emergencyContacts, path) => {
    const parsed = acdConfig.safeParse({ emergencyContacts });
    expect(parsed.error?.issues.map((issue) => issue.path.join("."))).toEqual([path]);
  });
});
