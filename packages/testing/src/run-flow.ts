import { definePlugin, IVR_NODE_TYPES, token } from "@hotlinejs/core";
import type { CallEnd, Plugin, PromptDefinition } from "@hotlinejs/core";
import { z } from "zod";
import { createTestHotline, type TestHotline } from "./create-test-hotline.js";
import { milliseconds, type Duration } from "./duration.js";
import { testingErrors } from "./errors.js";
import type { FakeCaller } from "./fake-caller.js";
import { fakePrompts } from "./fake-prompts.js";

/** A flow as data; the whole type is `FlowDefinition` of `@hotlinejs/plugin-ivr/contract`. */
export interface RunnableFlow {
  readonly id: string;
  readonly start: string;
  readonly nodes: readonly { readonly id: string; readonly type: string }[];
}

/**
 * What the caller does next: keys (`"1"`, `"1234#"`), pressed a second after what went before; waiting for words
 * (`{ hears }`, fails the test after 2 minutes); speaking into a recording; keeping silent; hanging up.
 */
export type FlowStep = string | { readonly hears: string | RegExp; readonly within?: Duration } | { readonly keys: string } | { readonly speaks: Duration } | { readonly silence: Duration } | { readonly hangsUp: true };

export interface RunFlowOptions {
  /** `ivr()` and the plugins whose nodes the flow uses. */
  readonly plugins: readonly Plugin[];
  /** Flows this one goes to. */
  readonly flows?: readonly RunnableFlow[];
  readonly prompts?: readonly PromptDefinition[];
  readonly from?: string;
  readonly to?: string;
  /** Values the flow begins with. */
  readonly vars?: Readonly<Record<string, unknown>>;
  readonly language?: string;
  readonly startAt?: number;
  /** How long the call may go on after the last step. Default 2 minutes. */
  readonly within?: Duration;
  /** Before the call: plug in agents, seed data. */
  readonly prepare?: (test: TestHotline) => Promise<void>;
  /** After the call, before the hotline is gone: look at what it left behind. */
  readonly inspect?: (test: TestHotline) => Promise<void>;
}

export interface FlowResult {
  /** `ended`: the hotline ended the call; `hung-up`: the caller did; `waiting`: the call was still up when time was over. */
  readonly outcome: "ended" | "hung-up" | "waiting";
  readonly end: CallEnd | undefined;
  /** What the caller heard, oldest first: texts, and sounds such as `tone:beep`. */
  readonly heard: readonly string[];
  /** Values of the flow at its end. */
  readonly vars: Readonly<Record<string, unknown>>;
  /** Nodes in order, with what came of each. */
  readonly path: readonly { readonly flow: string; readonly node: string; readonly type: string; readonly outcome: string }[];
}

/** What runFlow needs of `@hotlinejs/plugin-ivr/contract`, which stands above this package. */
const FLOWS = token<{ put(flow: RunnableFlow): unknown }>("ivr.flows");

/**
 * Runs one IVR flow with one caller, in virtual time.
 *
 * ```ts
 * const { heard, path, outcome } = await runFlow(flow, ["1", { hears: "请留言" }, { speaks: "4s" }, "#"], { plugins: [ivr(), recording()] });
 * ```
 *
 * @throws HTL_TESTING_NO_IVR; what `createTestHotline` throws; HTL_IVR_FLOW_INVALID for a flow with faults
 */
export async function runFlow(flow: RunnableFlow, script: readonly FlowStep[], options: RunFlowOptions): Promise<FlowResult> {
  if (!options.plugins.some(({ definition }) => definition.name === "ivr")) throw testingErrors.NO_IVR();
  let vars: Readonly<Record<string, unknown>> = {};
  const plan = { handler: "flow", target: flow.id, ...(options.vars === undefined ? {} : { params: options.vars }), ...(options.language === undefined ? {} : { language: options.language }) };
  const guide = definePlugin({
    name: "test-flow",
    version: "0.1.0",
    core: ">=0.1.0 <1.0.0",
    after: ["ivr", "tts"],
    config: z.strictObject({}),
    register({ hooks, services, onReady, onStart }) {
      hooks.callRoute.tap(() => plan, { stage: 200 });
      onReady(() => {
        // The object is the flow's own: at the end of the call it holds what the last node left.
        for (const type of services.get(IVR_NODE_TYPES).keys()) hooks.ivrNode.for(type).tap((context) => void (vars = context.vars), { stage: -200 });
      });
      onStart(() => {
        for (const each of [...(options.flows ?? []), flow]) services.get(FLOWS).put(each);
      });
    },
  });
  const own = options.plugins.some(({ definition }) => definition.name === "tts") ? [] : [fakePrompts({ prompts: [...(options.prompts ?? [])] })];
  const test = await createTestHotline({ plugins: [...own, ...options.plugins, guide()], ...(options.startAt === undefined ? {} : { startAt: options.startAt }) });
  try {
    await options.prepare?.(test);
    const caller = await test.dial(options.to ?? "12333", { from: options.from ?? "13800138000" });
    for (const step of script) await take(step, caller, test);
    for (let waited = 0; caller.end === undefined && waited < milliseconds(options.within ?? "2m"); waited += 1_000) await test.advance(1_000);
    const end = caller.end;
    if (end === undefined) await caller.hangup();
    // The journal's last lines, and what follows a call.
    await test.advance("6s");
    await options.inspect?.(test);
    const lines = await test.journal.timeline(caller);
    return {
      outcome: end === undefined ? "waiting" : end.by === "remote" ? "hung-up" : "ended",
      end,
      heard: [...caller.heard],
      vars: { ...vars },
      path: lines.filter(({ type }) => type === "ivr.node").map(({ data }) => ({ flow: String(data.flow), node: String(data.node), type: String(data.type), outcome: String(data.outcome) })),
    };
  } finally {
    await test.close();
  }
}

async function take(step: FlowStep, caller: FakeCaller, test: TestHotline): Promise<void> {
  if (typeof step === "string" || "keys" in step) {
    await test.advance(1_000);
    await caller.press(typeof step === "string" ? step : step.keys);
    await test.advance(400);
  } else if ("hears" in step) await caller.hears(step.hears, milliseconds(step.within ?? "2m"));
  else if ("speaks" in step) {
    caller.speaks(milliseconds(step.speaks));
    await test.advance(step.speaks);
  } else if ("silence" in step) await test.advance(step.silence);
  else await caller.hangup();
}
