/** SIPp as telephones nobody here wrote: callers, a citizen who is called, agents. Each is a scenario; `sipp/process` runs it, `sipp/messages` has what they say. */
export { type AgentManner, type AgentRing, SippAgents } from "./sipp/agents.js";
export { SippAnswerer } from "./sipp/answerer.js";
export { type SippCall, SippCallers } from "./sipp/callers.js";
export { SippCarrier } from "./sipp/carrier.js";
export { type CallerEnd, type CrowdMember, SippCrowd } from "./sipp/crowd.js";
