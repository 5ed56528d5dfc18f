import { READ_POOL } from "@hotlinejs/core";
import type { Principal } from "@hotlinejs/core";
import { afterEach, expect, it } from "vitest";
import { AGENT_CALLS } from "../src/index.js";
import { callRoutes } from "../src/http/call-routes.js";
import { closeStages, stage, team } from "./stage.js";

afterEach(closeStages);

it("an agent gives a caller to an emergency contact by its key: audited first, named on the screen, refused without the permission", async () => {
  const at = await stage({ acd: { ...team({}, ["1001"]), emergencyContacts: [{ key: "leader", name: "值班领导", kind: "leader", number: "9001" }] } });
  const route = (method: string, path: string) => callRoutes.find((each) => each.method === method && each.path === path) ?? expect.fail(path);
  const principal = (...permissions: string[]) => ({ userId: "u1", username: "u", displayName: "U", roles: [], permissions: new Set(permissions), agentNumber: "1001" }) as Principal;
  const consult = (to: string, who: Principal): Promise<unknown> => Promise.resolve().then(() => route("POST", "/api/agents/:number/call/consult").handler({ services: at.test.services, params: { number: "1001" }, body: { to }, principal: who } as never));
  expect(await route("GET", "/api/emergency-contacts").handler({ services: at.test.services } as never)).toEqual({ items: [{ key: "leader", name: "值班领导", kind: "leader", number: "9001" }], next: null });
  const leader = await at.test.agent("9001");
  const phone = await at.phone("1001");
  await at.dial();
  await phone.answer();
  await at.test.advance(5_000);
  await expect(consult("emergency:leader", principal())).rejects.toMatchObject({ code: "HTL_ACD_EMERGENCY_NOT_ALLOWED", status: 403 });
  await expect(consult("emergency:nobody", principal("acd.emergency.call"))).rejects.toMatchObject({ code: "HTL_ACD_UNKNOWN_EMERGENCY", status: 422 });
  expect(leader.ringing).toBe(false);
  await consult("emergency:leader", principal("acd.emergency.call"));
  await at.test.advance(200);
  expect(leader.ringing).toBe(true);
  expect(at.test.services.get(AGENT_CALLS).current("1001")?.consult).toMatchObject({ number: "9001", name: "值班领导" });
  const rows = await at.test.services.get(READ_POOL).read((em) => em.execute<{ actor: string }[]>("select actor from core_audit where action = 'acd.emergency-called'"));
  expect(rows).toEqual([{ actor: "u1" }]);
});
