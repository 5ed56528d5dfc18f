import { createSilentLogger } from "@hotlinejs/core";
import type { DigestCredentials } from "@hotlinejs/core";
import { beforeEach, describe, expect, it } from "vitest";
import { credentials as accounts, HotlineSide } from "../test/support/hotline-side.js";
import { ManualClock } from "../test/support/manual-clock.js";
import { Phone } from "../test/support/phone.js";
import { CallerPolicy } from "./caller-policy.js";
import type { CallerPolicyDeps } from "./caller-policy.js";
import { DigestClient } from "./digest/digest-client.js";
import { DigestServer } from "./digest/digest-server.js";
import type { EdgeGuard } from "./edge/edge-guard.js";
import { AuthThrottle } from "./registrar/auth-throttle.js";
import { Authenticator } from "./registrar/authenticator.js";
import { register } from "./registrar/registering.js";
import type { Registrar } from "./registrar/registrar.js";
import { SipRequest } from "./stack/index.js";
import type { IncomingRequest, MessageSource } from "./stack/index.js";
import { TrunkTable } from "./trunk/trunk-table.js";

const SOURCE: MessageSource = { kind: "udp", address: "203.0.113.9", port: 5060, local: { address: "192.0.2.1", port: 5060 } };

/** All that is done about a request, in its order. */
let trail: string[];
let digest: DigestServer;
let authenticator: Authenticator;
const credentials: DigestCredentials = {
  realm: accounts.realm,
  find: (username) => {
    trail.push("lookup");
    return accounts.find(username);
  },
};
const unproven: CallerPolicyDeps["unproven"] = (_request, _source, _account, { refused }) => void trail.push(refused ? "refused claim" : "claim");

beforeEach(() => {
  trail = [];
  const clock = new ManualClock();
  digest = new DigestServer({ credentials, clock });
  authenticator = new Authenticator({ digest, throttle: new AuthThrottle(clock), log: createSilentLogger(), audit: { record: async () => void trail.push("audit"), verify: async () => ({ ok: true, rows: 0 }) } });
});

/** Of an account; with `password` it answers a challenge. */
function request(method: string, account: string, password?: string): SipRequest {
  const uri = "sip:12333@192.0.2.1";
  const made = new SipRequest(method, uri);
  for (const header of ["from", "to"]) made.headers.append(header, `<sip:${account}@192.0.2.1>;tag=1`);
  if (password !== undefined) made.headers.append("authorization", new DigestClient({ username: account, password }).answer(digest.challenge(SOURCE.address), { method, uri, attempt: 1 }) ?? "");
  return made;
}

/** @returns what is done until the answer, and after it */
async function registering(account: string, password?: string): Promise<[string[], string[]]> {
  trail = [];
  const incoming = { request: request("REGISTER", account, password), source: SOURCE, respond: ({ status }: { status: number }) => void trail.push(`answer ${status}`) } as unknown as IncomingRequest;
  await register({ authenticator, credentials, registrar: {} as Registrar, guard: { unproven } as unknown as EdgeGuard }, incoming, () => false);
  const answered = trail.findIndex((step) => step.startsWith("answer")) + 1;
  return [trail.slice(0, answered), trail.slice(answered)];
}

async function calling(account: string, password?: string): Promise<[string[], string[]]> {
  trail = [];
  const policy = new CallerPolicy({ trunks: new TrunkTable([]), credentials, authenticator, allowAnonymous: false, unproven, guestCall: async () => undefined });
  const caller = await policy.identify(request("INVITE", account, password), SOURCE);
  if (caller.kind !== "refused") throw new Error(`taken as ${caller.kind}`);
  const before = [...trail, `answer ${caller.response.status}`];
  trail = [];
  await caller.note?.();
  return [before, trail];
}

describe("what is done until the answer", () => {
  it.each([["REGISTER", registering], ["INVITE", calling]] as const)("to a %s without proof is the same for accounts and for other names, so its time tells nothing", async (_method, send) => {
    for (const account of ["1001", "1009"]) {
      expect(await send(account)).toEqual([["answer 401"], ["lookup", "claim"]]);
      expect(await send(account, "guess")).toEqual([["lookup", "answer 403"], ["audit", "lookup", "refused claim"]]);
    }
  });

  it("waits for no lookup where nothing is to be checked", async () => {
    const hotline = await new HotlineSide({ trunks: [] }).start();
    hotline.holdLookups = true;
    for (const name of ["1001", "1009"]) {
      const phone = await new Phone(name).start();
      expect(await phone.call(hotline.port).outcome).toMatchObject({ status: 401 });
      expect(await phone.register(hotline.port)).toMatchObject({ status: 401 });
      await phone.stop();
    }
    hotline.releaseLookups();
    await hotline.stop();
  });
});
