// Types that are inferred: options by factories, requests by their schemas, nodes by theirs, and what tests get. The compiler is the test
// (`npm run types`): where `@ts-expect-error` stands, a mistake must be one; everywhere else it must not. Nothing here runs.
import { defineIvrNode, defineRoute, type HttpRoute, type Services } from "@hotlinejs/core";
import { http } from "@hotlinejs/plugin-http";
import { HTTP_SERVER } from "@hotlinejs/plugin-http/contract";
import { ivr } from "@hotlinejs/plugin-ivr";
import { FLOWS, type Flows } from "@hotlinejs/plugin-ivr/contract";
import { recording } from "@hotlinejs/plugin-recording";
import { RECORDINGS, type Recordings } from "@hotlinejs/plugin-recording/contract";
import { sip } from "@hotlinejs/plugin-sip";
import { SIP } from "@hotlinejs/plugin-sip/contract";
import { createTestHotline, type TestHotline } from "@hotlinejs/testing";
import { pluginContract } from "@hotlinejs/testing/contract";
import * as vitest from "vitest";
import { expectTypeOf } from "vitest";
import { z } from "zod";

declare const services: Services;

// http: what a handler gets is what its schemas give.
const route = defineRoute({
  method: "POST",
  path: "/api/vip/:number",
  permission: "vip.write",
  summary: "",
  params: z.object({ number: z.string() }),
  query: z.object({ page: z.coerce.number().default(1) }),
  body: z.object({ rank: z.int() }),
  handler: ({ params, query, body }) => {
    expectTypeOf(params).toEqualTypeOf<{ number: string }>();
    expectTypeOf(query).toEqualTypeOf<{ page: number }>();
    expectTypeOf(body).toEqualTypeOf<{ rank: number }>();
    // @ts-expect-error what is not in the schema
    void body.name;
    return Promise.resolve();
  },
});
expectTypeOf(route).toEqualTypeOf<HttpRoute>();
// @ts-expect-error a route says who may
defineRoute({ method: "GET", path: "/api/vip", summary: "", handler: () => Promise.resolve() });
// @ts-expect-error a method that is none
defineRoute({ method: "FETCH", path: "/api/vip", permission: "public", summary: "", handler: () => Promise.resolve() });
http({ port: 0 });
// @ts-expect-error a port is a number
http({ port: "8080" });
// @ts-expect-error a mistyped option
http({ prot: 0 });
expectTypeOf(services.get(HTTP_SERVER).url).toEqualTypeOf<string | undefined>();

// ivr: a flow is data; a node knows its own configuration.
ivr({ flows: [{ id: "f", start: "hello", nodes: [{ id: "hello", type: "play", prompt: { text: "您好" }, next: "bye" }, { id: "bye", type: "hangup" }] }], routes: [{ number: "12333", flow: "f" }] });
// @ts-expect-error a flow begins somewhere
ivr({ flows: [{ id: "f", nodes: [] }] });
ivr({ flows: [], routes: [{ number: "12393", redirect: "12345", hours: { when: "closed" } }] });
// @ts-expect-error a number is written as text
ivr({ flows: [], routes: [{ number: 12333, flow: "f" }] });
expectTypeOf(services.get(FLOWS)).toEqualTypeOf<Flows>();
defineIvrNode({
  type: "vip",
  config: z.strictObject({ times: z.int().default(3) }),
  outcomes: ({ times }) => [{ name: times > 1 ? "many" : "one" }],
  run: ({ config }) => {
    expectTypeOf(config).toEqualTypeOf<{ times: number }>();
    return Promise.resolve({ outcome: "one" });
  },
});
// @ts-expect-error a node says what came of it
defineIvrNode({ type: "vip", config: z.strictObject({}), outcomes: () => [], run: () => Promise.resolve({}) });

// sip, recording: options and tokens.
sip({ port: 0, trunks: [{ key: "demo", match: ["127.0.0.1"] }] });
// @ts-expect-error a trunk has a key
sip({ trunks: [{ match: ["127.0.0.1"] }] });
// @ts-expect-error a mistyped option
sip({ trunk: [] });
expectTypeOf(services.get(SIP).endpoints[0]?.port).toEqualTypeOf<number | undefined>();
recording();
// @ts-expect-error a mistyped option
recording({ retention: "for ever", nobody: true });
expectTypeOf(services.get(RECORDINGS)).toEqualTypeOf<Recordings>();

// testing: the suite takes the options of the plugin that it is about.
expectTypeOf(createTestHotline({ plugins: [http({ port: 0 })], seed: 1 })).toEqualTypeOf<Promise<TestHotline>>();
// @ts-expect-error time is the test's, not an option
void createTestHotline({ plugins: [], activity: {} });
// @ts-expect-error a plugin that was not made
void createTestHotline({ plugins: [http] });
pluginContract(vitest, sip, { options: () => ({ port: 0 }), work: (test) => Promise.resolve(expectTypeOf(test).toEqualTypeOf<TestHotline>()).then(() => undefined) });
// @ts-expect-error options of another plugin
pluginContract(vitest, sip, { options: () => ({ flows: [] }) });
