import { defineIvrNode, promptRef } from "@hotlinejs/core";
import type { IvrStep, PromptRef } from "@hotlinejs/core";
import { z } from "zod";
import { ACD } from "../contract.js";
import type { QueueOutcome, QueueResult } from "../contract.js";
import { byName } from "../domain/by-name.js";
import { exitKeysPrompt } from "../domain/queue-prompts.js";

const queueNodeConfig = z.strictObject({
  /** Key of the queue. */
  queue: z.string().min(1),
  /** Higher first, added to the queue's. */
  priority: z.int().optional(),
  /** Skills the agent must have: a list (level 1) or levels. */
  skills: byName(z.union([z.array(z.string().min(1)), z.record(z.string().min(1), z.number().min(0))])).optional(),
  /** Keys that leave the queue: `"0*"` for the outcome `exit`, or `{ "2": "voicemail" }` with an outcome each. */
  exitKeys: z.union([z.string().regex(/^[0-9*#A-D]*$/), z.record(z.string().regex(/^[0-9*#A-D]$/), z.string().min(1))]).optional(),
  /** Tell waiting callers of `exitKeys`, after the welcome and with each announcement: `true` (default) in the plugin's words, by the outcome of each key; a prompt; `false`: not at all. */
  announceKeys: z.union([z.boolean(), promptRef]).default(true),
  /** Outcomes of their own for what otherwise ends as `full` (`diverted`) and `no-agents` (`closed`; `callback` and `voicemail`: who waited until closing time, by the queue's `atClosing`). */
  distinguish: z.array(z.enum(["diverted", "closed", "callback", "voicemail"])).optional(),
  /** Callers may be called instead of waiting, with their place kept: they are told what will happen and confirm the number by key. Not offered where no line leads out. */
  callback: z
    .strictObject({
      /** Pressed while waiting. Who then declines waits on in the old place. */
      key: z.string().regex(/^[0-9*#]$/, "one key").optional(),
      /** Offered also to who would leave the queue like this. Who declines leaves. */
      on: z.array(z.enum(["timeout", "full", "diverted", "no-agents", "closed"])).default([]),
    })
    .optional(),
  /** 工号 of the agent the call is for, as for a direct number; the agent serves the queue. Others serve when the agent is not there. */
  agent: z.string().min(1).max(32).optional(),
  /** So long the caller is kept for that `agent` who is at work; then the whole queue serves. */
  agentSeconds: z.number().min(0).max(3600).default(30),
}).superRefine((config, context) => {
  const key = config.callback?.key;
  if (key !== undefined && exitOutcomes(config).has(key)) context.addIssue({ code: "custom", path: ["callback", "key"], message: `${key} is one of the exitKeys, too, and can do one thing only: give the callback another key, or take it out of exitKeys` });
});

type QueueNodeConfig = z.output<typeof queueNodeConfig>;

/**
 * The caller waits for an agent and talks. When the caller hangs up the flow ends.
 *
 * @outcome answered - The agent has hung up and the caller is still there (satisfaction, goodbye). May be left without an edge.
 * @outcome timeout - The queue's `maxWaitSeconds` have passed.
 * @outcome full - The queue's `maxLength` callers were waiting already, or its `divert` says that the wait would be too long.
 * @outcome no-agents - Nobody is there who could answer, or it is out of the hours of the queue's `calendar`.
 * @outcome kept - With `callback`: the citizen is called when it is their turn, and has been told so (goodbye).
 * @outcome exit - A key of `exitKeys` was pressed; keys with an outcome of their own end with that.
 * @example { "id": "agent", "type": "queue", "queue": "general", "exitKeys": "9", "on": { "answered": "bye", "timeout": "voicemail", "full": "voicemail", "exit": "main" }, "next": "voicemail" }
 */
export const queueNode = defineIvrNode<QueueNodeConfig>({
  type: "queue",
  config: queueNodeConfig,
  outcomes(config) {
    const outcomes: { name: string; optional?: boolean }[] = [{ name: "answered", optional: true }, { name: "timeout" }, { name: "full" }, { name: "no-agents" }];
    for (const name of config.distinguish ?? []) outcomes.push({ name });
    if (config.callback !== undefined) outcomes.push({ name: "kept" });
    for (const name of new Set(exitOutcomes(config).values())) if (!outcomes.some((outcome) => outcome.name === name)) outcomes.push({ name });
    return outcomes;
  },
  missing({ queue, agent }, services) {
    const acd = services.get(ACD);
    const missing: { key: string; message: string }[] = [];
    if (acd.queue(queue) === undefined) missing.push({ key: "queue", message: `there is no queue "${queue}"; known are ${acd.queues().map(({ key }) => key).join(", ") || "none: give acd({ queues })"}` });
    const known = agent === undefined ? undefined : acd.agent(agent);
    if (agent !== undefined && known === undefined) missing.push({ key: "agent", message: `there is no agent "${agent}"` });
    else if (known !== undefined && acd.queue(queue) !== undefined && !known.queues.includes(queue)) missing.push({ key: "agent", message: `agent "${agent ?? ""}" does not serve the queue "${queue}", so nobody would be kept for that agent` });
    return missing;
  },
  async run({ session, config, signal, services }): Promise<IvrStep> {
    const exits = exitOutcomes(config);
    const skills = Array.isArray(config.skills) ? Object.fromEntries(config.skills.map((skill) => [skill, 1])) : (config.skills as Record<string, number> | undefined);
    const { queue, priority } = config;
    const acd = services.get(ACD);
    // Nothing is offered that could not be kept.
    const callback = config.callback !== undefined && acd.canCallBack(session) ? config.callback : undefined;
    const keys = new Map(callback?.key === undefined ? exits : [[callback.key, "kept"], ...exits]);
    const request = { queue, priority, skills, ...(config.agent === undefined ? {} : { preferredAgent: config.agent, preferredSeconds: config.agentSeconds }), exitKeys: [...keys.keys()].join(""), exitHint: exitHint(config, keys, session.language), signal };
    let place: ReturnType<typeof placeIn> = {};
    let result: QueueResult;
    for (;;) {
      result = await acd.serve(session, { ...request, ...place });
      if (result.callerGone || result.outcome === "abandoned") return { end: true };
      const pressed = result.outcome === "exit" && result.key !== undefined && result.key === callback?.key;
      if (!pressed && callback?.on.some((outcome) => outcome === result.outcome) !== true) break;
      const { raisedBy = 0, ...kept } = placeIn(result);
      // A kept place has one priority: whoever was put forward stays it.
      const answer = await acd.offerCallback(session, { queue, ...kept, priority: (priority ?? 0) + raisedBy, skills, signal });
      if (answer === "kept") return { outcome: "kept" };
      if (answer === "gone") return { end: true };
      if (!pressed) break;
      place = placeIn(result);
    }
    if (result.outcome !== "exit") return { outcome: plain(result, config) };
    // Without a key the flow itself took the caller back; what is returned then is not used.
    return { outcome: (result.key === undefined ? undefined : exits.get(result.key)) ?? "no-agents" };
  },
});

/** Where the caller goes on. */
function placeIn({ placeAt, placeSeq, raisedBy = 0 }: QueueResult): Pick<QueueResult, "placeAt" | "placeSeq" | "raisedBy"> {
  return placeAt === undefined || placeSeq === undefined ? {} : { placeAt, placeSeq, raisedBy };
}

function exitHint({ announceKeys }: QueueNodeConfig, exits: ReadonlyMap<string, string>, language: string): PromptRef | undefined {
  if (announceKeys === false || exits.size === 0) return undefined;
  return announceKeys === true ? exitKeysPrompt(exits, language) : announceKeys;
}

function plain({ outcome, closing }: { readonly outcome: QueueOutcome; readonly closing?: "callback" | "voicemail" | undefined }, { distinguish = [] }: QueueNodeConfig): string {
  if (closing !== undefined && distinguish.includes(closing)) return closing;
  if (outcome === "diverted") return distinguish.includes("diverted") ? outcome : "full";
  if (outcome === "closed") return distinguish.includes("closed") ? outcome : "no-agents";
  return outcome;
}

function exitOutcomes({ exitKeys }: Pick<QueueNodeConfig, "exitKeys">): Map<string, string> {
  if (exitKeys === undefined) return new Map();
  return typeof exitKeys === "string" ? new Map([...exitKeys].map((key) => [key, "exit"])) : new Map(Object.entries(exitKeys));
}
