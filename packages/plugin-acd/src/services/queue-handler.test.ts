import { coreErrors, createSilentLogger } from "@hotlinejs/core";
import type { CallSession, Logger, RoutePlan, Services } from "@hotlinejs/core";
import { expect, it } from "vitest";
import { ACD } from "../contract.js";
import { queueHandler } from "./queue-handler.js";

/** Waits in vain, then hears the regret, which fails like this. @returns what the log has of it */
async function regret(error: unknown): Promise<string[]> {
  const told: string[] = [];
  const log: Logger = Object.assign(createSilentLogger(), { warn: (_fields: object | string, message?: string) => void told.push(message ?? "") });
  const services = {
    get: (token: unknown) => (token === ACD ? { serve: async () => ({ outcome: "timeout", callerGone: false }) } : undefined),
    optional: () => undefined,
  } as unknown as Services;
  const play = (): never => {
    throw error;
  };
  const session = { interaction: { id: "i1" }, language: "zh-CN", signal: new AbortController().signal, call: { play } } as unknown as CallSession;
  await queueHandler(services, log)(session, { target: "main" } as RoutePlan);
  return told;
}

it("a caller who hangs up when the regret is due is no matter for the log, a regret that cannot be played is", async () => {
  expect(await regret(coreErrors.CALL_ENDED("remote-hangup"))).toEqual([]);
  expect(await regret(new Error("no sound"))).toEqual(["the regret cannot be said and is left out"]);
});
