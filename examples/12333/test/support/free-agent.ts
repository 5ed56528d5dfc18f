import type { Example } from "./example.js";
import { pause } from "./rtp-probe.js";

interface Agent {
  readonly number: string;
  readonly state: string;
  readonly choice: string;
  readonly wrapUp: { readonly codes: readonly string[] } | null;
}

const PATIENCE_MS = 30_000;

/**
 * The agent is free, and ready where a phone is there, whatever a test before, or an earlier try of the same, has left: a call is hung up,
 * after-call work is done, a break is over. For the beginning of a test, so that a second try finds what the first did.
 */
export async function freeAgent(example: Example, number: string): Promise<void> {
  // What is over by the time it is to be ended is refused; the next look tells how it stands.
  const post = (path: string, body: object = {}): Promise<Response> => example.fetch(`/api/agents/${number}/${path}`, { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) });
  const deadline = performance.now() + PATIENCE_MS;
  for (;;) {
    const { call } = await example.get<{ call: { readonly state: string } | null }>(`/api/agents/${number}/call`);
    const agent = (await example.get<{ items: readonly Agent[] }>("/api/agents?limit=1000")).items.find((each) => each.number === number);
    if (agent === undefined) throw new Error(`there is no agent ${number}`);
    if (call === null && agent.wrapUp === null && agent.choice === "available" && !TAKEN.has(agent.state)) return;
    if (performance.now() > deadline) throw new Error(`agent ${number} is not free after ${PATIENCE_MS} ms: ${JSON.stringify({ call, agent })}`);
    if (call !== null) await post(call.state === "ringing" ? "call/reject" : "call/hangup");
    else if (agent.wrapUp !== null) await post("wrap-up/done", agent.wrapUp.codes[0] === undefined ? {} : { code: agent.wrapUp.codes[0] });
    else if (agent.choice !== "available") await post("state", { state: "available" });
    await pause(100);
  }
}

/** There is something going on at the agent's phone. */
const TAKEN: ReadonlySet<string> = new Set(["reserved", "busy", "occupied", "wrap-up"]);
