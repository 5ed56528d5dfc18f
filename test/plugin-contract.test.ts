import * as vitest from "vitest";
import { media } from "@hotlinejs/media";
import { acd } from "@hotlinejs/plugin-acd";
import { business } from "@hotlinejs/plugin-business-systems";
import { callbacks } from "@hotlinejs/plugin-callbacks";
import { staffConsole } from "@hotlinejs/plugin-console";
import { directory } from "@hotlinejs/plugin-directory";
import { email } from "@hotlinejs/plugin-email";
import { fax } from "@hotlinejs/plugin-fax";
import { http } from "@hotlinejs/plugin-http";
import { ivr } from "@hotlinejs/plugin-ivr";
import { portal } from "@hotlinejs/plugin-portal";
import { recording } from "@hotlinejs/plugin-recording";
import { reports } from "@hotlinejs/plugin-reports";
import { sip } from "@hotlinejs/plugin-sip";
import { surveys } from "@hotlinejs/plugin-surveys";
import { tickets } from "@hotlinejs/plugin-tickets";
import { tts } from "@hotlinejs/plugin-tts";
import { voiceboard } from "@hotlinejs/plugin-voiceboard";
import { webchat } from "@hotlinejs/plugin-webchat";
import type { TestHotline } from "@hotlinejs/testing";
import { pluginContract } from "@hotlinejs/testing/contract";
import { espeak } from "@hotlinejs/tts-espeak";

/** A citizen calls, is served as the plugins present do, and hangs up. */
async function aCall(test: TestHotline): Promise<void> {
  const caller = await test.dial("12333");
  await test.advance("5s");
  await caller.hangup();
  await test.advance("10s");
}

const flow = { id: "f", start: "hello", nodes: [{ id: "hello", type: "play", prompt: { text: "您好" }, next: "bye" }, { id: "bye", type: "hangup" }] };
const house = { users: [{ username: "admin", password: "contract-suite-1", displayName: "管理员", roles: ["admin"] }], departments: [{ code: "201", name: "综合科" }] };
// A port of our own, so that two hotlines never meet.
const web = () => http({ port: 0 });

// The token of the engine is core's: other engines may offer it.
pluginContract(vitest, media, { nouns: ["core"] });
pluginContract(vitest, directory, { options: () => house });
pluginContract(vitest, sip, { options: () => ({ port: 0, trunks: [{ key: "demo", match: ["127.0.0.1"] }] }) });
pluginContract(vitest, voiceboard, { options: () => ({ virtualLines: 2 }) });
pluginContract(vitest, http, {
  options: () => ({ port: 0 }),
  paths: ["/", "/api/health", "/api/openapi.json", "/api/audit", "/api/auth", "/api/calls", "/api/interactions"],
  work: async (test) => {
    const { HTTP_SERVER } = await import("@hotlinejs/plugin-http/contract");
    const url = test.services.get(HTTP_SERVER).url;
    vitest.expect((await fetch(`${url}/api/health`, { headers: { connection: "close" } })).status).toBe(200);
  },
});
pluginContract(vitest, staffConsole, { with: () => [web()], paths: ["/console", "/api/console"] });
pluginContract(vitest, espeak, { nouns: ["tts"] });
pluginContract(vitest, tts, { with: () => [espeak()] });
// The token of flows that agents send callers to is core's.
pluginContract(vitest, ivr, { options: () => ({ flows: [flow], routes: [{ number: "12333", flow: "f" }] }), nouns: ["core"], work: aCall });
pluginContract(vitest, acd, {
  options: () => ({ queues: [{ key: "general", name: "综合咨询" }], agents: [{ number: "1001", name: "坐席", queues: ["general"] }] }),
  paths: ["/api/agents", "/api/agent-states", "/api/agent-groups", "/api/agent-profiles", "/api/queues", "/api/waiting", "/api/supervision", "/api/emergency-contacts", "/api/announcements"],
  work: aCall,
});
pluginContract(vitest, recording, { paths: ["/api/recordings", "/api/recording-pauses", "/api/agents/:number/call/recording"], work: aCall });
pluginContract(vitest, tickets, { nouns: ["ticket"], paths: ["/api/tickets", "/api/queued-messages"], options: () => ({ categories: [{ code: "01", name: "社会保险" }] }) });
pluginContract(vitest, email, {});
pluginContract(vitest, webchat, {});
pluginContract(vitest, portal, { paths: ["/portal"], with: () => [web()] });
pluginContract(vitest, fax, { options: () => ({ stationId: "12333", callerId: "12333" }), paths: ["/api/faxes"] });
pluginContract(vitest, surveys, { nouns: ["survey"], options: () => ({ surveys: [{ key: "s", title: "调查", question: { text: "满意请按1" }, options: [{ key: "1", label: "满意" }] }] }) });
pluginContract(vitest, callbacks, { nouns: ["callback", "campaign"], paths: ["/api/callbacks", "/api/campaigns", "/api/do-not-call"], options: () => ({ callerId: "12333" }), work: aCall });
pluginContract(vitest, business, {
  // The token of what any plugin may ask is core's.
  nouns: ["core"],
  options: () => ({ systems: [{ key: "s", baseUrl: "http://127.0.0.1:9", credential: { type: "bearer" as const, token: "secret" } }], kinds: [] }),
});
pluginContract(vitest, reports, {});
