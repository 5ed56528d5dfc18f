// A hotline of three plugins, in a project that knows the packages from npm only (scripts/check-published.mjs).
import { createHotline } from "@hotlinejs/core";
import type { FlowDefinition } from "@hotlinejs/plugin-ivr/contract";
import { ivr } from "@hotlinejs/plugin-ivr";
import { media } from "@hotlinejs/media";
import { sip } from "@hotlinejs/plugin-sip";
import { SIP } from "@hotlinejs/plugin-sip/contract";
import { optionsAnswered, placeCall } from "./sip-caller.js";

const flow: FlowDefinition = { id: "main", start: "bye", nodes: [{ id: "bye", type: "hangup" }] };
const hotline = createHotline({
  name: "published",
  dataDir: "./data",
  log: "warn",
  plugins: [media({ rtpPorts: "24000-24099" }), sip({ port: 0, transports: ["udp"], allowAnonymous: true }), ivr({ routes: [{ flow: "main" }], flows: [flow] })],
});
await hotline.start();
try {
  const [endpoint] = hotline.services.get(SIP).endpoints;
  if (endpoint === undefined) throw new Error("SIP listens nowhere");
  const options = await optionsAnswered(endpoint.port);
  if (options !== 200) throw new Error(`OPTIONS was answered with ${options}`);
  const call = await placeCall(endpoint.port, "12333");
  if (call.status !== 200 || !call.ended) throw new Error(`INVITE was answered with ${call.status}, ${call.ended ? "" : "not "}ended by the flow`);
  console.log(`OPTIONS ${options}, INVITE ${call.status}, BYE by the flow`);
} finally {
  await hotline.stop({ drain: false });
}
