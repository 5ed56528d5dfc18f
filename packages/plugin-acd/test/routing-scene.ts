import { CALL_PIPELINE, definePlugin } from "@hotlinejs/core";
import type { FakeAgent, FakeCaller } from "@hotlinejs/testing";
import { expect } from "vitest";
import { z } from "zod";
import { ACD, type AcdPluginOptions, type QueueRequest, type QueueResult } from "../src/index.js";
import { hear, stage, type Stage, type StageOptions } from "./stage.js";

export type Queue = NonNullable<AcdPluginOptions["queues"]>[number];
export type Agent = NonNullable<AcdPluginOptions["agents"]>[number];

/** No words, and callers wait whoever is there: who is free is rung at once, who talks does so at once. */
export const quiet = { connectPrompt: false, whisper: false, joinEmpty: true, leaveEmpty: false, maxWaitSeconds: 0 } as const;

export const queue = (key: string, more: Partial<Queue> = {}): Queue => ({ key, name: key, ...quiet, ...more });
export const agent = (number: string, more: Partial<Agent> = {}): Agent => ({ number, name: number, queues: ["q"], ...more });

export interface Office {
  readonly at: Stage;
  readonly phones: Readonly<Record<string, FakeAgent>>;
  /** What became of each caller, by number. */
  readonly results: ReadonlyMap<string, QueueResult>;
  phone(number: string): FakeAgent;
  /** Numbers of the agents who ring, ascending. */
  ringing(): string[];
  /** Numbers of the callers in the line, in the order of service. */
  line(queue?: string): string[];
  /** Calls, and asks for a queue; default `q`. */
  dial(from: string, request?: Partial<QueueRequest>): Promise<FakeCaller>;
  /** The agent takes the call that rings, and talks. */
  answer(number: string): Promise<FakeAgent>;
  /** The agent's talk is over. */
  free(number: string): Promise<void>;
}

/** Phones sign on in the order of the agents, so that the first is idle longest. No after-call work unless said otherwise. */
export async function office(acd: AcdPluginOptions, options: Omit<StageOptions, "acd"> = {}): Promise<Office> {
  const requests = new Map<string, Partial<QueueRequest>>();
  const results = new Map<string, QueueResult>();
  const desk = definePlugin({
    name: "by-number",
    version: "0.1.0",
    core: "*",
    after: ["acd"],
    config: z.strictObject({}),
    register: ({ services, onReady }) =>
      onReady(() =>
        services.get(CALL_PIPELINE).handler("by-number", async (session) => {
          const { number } = session.call.from;
          results.set(number, await services.get(ACD).serve(session, { queue: "q", ...requests.get(number) }));
        }),
      ),
  });
  const at = await stage({ plan: { handler: "by-number", target: "" }, ...options, acd: { wrapUp: 0, ...acd }, plugins: [desk(), ...(options.plugins ?? [])] });
  const phones: Record<string, FakeAgent> = {};
  for (const { number } of acd.agents ?? []) phones[number] = await at.phone(number);
  const phone = (number: string): FakeAgent => phones[number] ?? expect.fail(`there is no phone of ${number}`);
  return {
    at,
    phones,
    results,
    phone,
    ringing: () => Object.values(phones).flatMap(({ ringing, number }) => (ringing ? [number] : [])).sort(),
    line: (key = "q") => at.acd.waiting(key).map(({ callerNumber }) => callerNumber),
    dial: async (from, request = {}) => {
      requests.set(from, request);
      return at.dial(from);
    },
    answer: async (number) => {
      await phone(number).answer();
      await at.test.advance(1_000);
      expect(phone(number).talking).toBe(true);
      return phone(number);
    },
    free: async (number) => {
      await phone(number).hangup();
      await at.test.advance(200);
    },
  };
}

/** A caller with whom the agent talks. */
export async function talking(at: Office, number: string, from: string, request: Partial<QueueRequest> = {}): Promise<FakeCaller> {
  const caller = await at.dial(from, request);
  await at.answer(number);
  expect(hear(at.phone(number), caller)).toBe(true);
  return caller;
}
