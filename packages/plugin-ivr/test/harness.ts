import type { IvrNodeContext, IvrStep, Plugin, PromptDefinition } from "@hotlinejs/core";
import { defineIvrNode, definePlugin, MEDIA, PROMPTS, token } from "@hotlinejs/core";
import type { FakeCaller, TestHotline } from "@hotlinejs/testing";
import { createTestHotline, FakePrompts } from "@hotlinejs/testing";
import { z } from "zod";
import type { FlowDefinition } from "../src/contract.js";
import { ivr } from "../src/plugin.js";
import { FLOW_12333, PROMPTS_12333 } from "./flow-12333.js";

export type Run = (context: IvrNodeContext) => Promise<IvrStep>;

/** Prompts that tell whether a key may cut them short, and that can fail. */
class TellingPrompts extends FakePrompts {
  readonly #defined = new Map<string, PromptDefinition>();
  broken = false;

  override define(prompts: readonly PromptDefinition[]): void {
    super.define(prompts);
    for (const prompt of prompts) this.#defined.set(prompt.id, prompt);
  }

  override definition(id: string): PromptDefinition | undefined {
    return this.#defined.get(id);
  }

  override resolve(ref: Parameters<FakePrompts["resolve"]>[0]): ReturnType<FakePrompts["resolve"]> {
    return this.broken ? Promise.reject(new Error("the voice is down")) : super.resolve(ref);
  }
}

export const RECORDINGS = token<{ pause(id: string): void; resume(id: string): void }>("recording.recordings");

export interface Stage {
  readonly test: TestHotline;
  readonly prompts: () => TellingPrompts;
  /** `pause` and `resume` as recording saw them. */
  readonly recording: string[];
  dial(): Promise<FakeCaller>;
}

export interface StageOptions {
  readonly flows?: readonly FlowDefinition[];
  /** What nodes of the type `probe` do. */
  readonly probe?: Run;
  readonly ivr?: Omit<NonNullable<Parameters<typeof ivr>[0]>, "flows">;
  readonly hotline?: Partial<Parameters<typeof createTestHotline>[0]>;
  /** Further plugins. */
  readonly more?: readonly Plugin[];
}

const open: TestHotline[] = [];

export async function closeStages(): Promise<void> {
  for (const test of open.splice(0)) await test.close();
}

/** A hotline with the flows given, in virtual time; calls to 12333 go to the first of them. */
export async function stage(options: StageOptions = {}): Promise<Stage> {
  const flows = options.flows ?? [FLOW_12333];
  const recording: string[] = [];
  const voice = definePlugin({
    name: "tts",
    version: "0.1.0",
    core: ">=0.1.0 <1.0.0",
    requires: ["media"],
    config: z.strictObject({}),
    provides: [PROMPTS, RECORDINGS],
    ivrNodes: [
      defineIvrNode({
        type: "probe",
        config: z.looseObject({}),
        outcomes: () => [{ name: "done" }, { name: "other", optional: true }],
        run: options.probe ?? (() => Promise.resolve({ outcome: "done" })),
      }),
    ],
    register({ services, onCheck }) {
      services.provide(PROMPTS, ({ get }) => {
        get(MEDIA);
        return new TellingPrompts((text, durationMs) => ({ kind: "asset", asset: { id: `text:${text}`, samples: new Uint8Array(0), durationMs } }));
      });
      services.provide(RECORDINGS, () => ({ pause: () => void recording.push("pause"), resume: () => void recording.push("resume") }));
      onCheck(() => services.get(PROMPTS).define(PROMPTS_12333));
    },
  });
  const test = await createTestHotline({ ...options.hotline, plugins: [voice(), ...(options.more ?? []), ivr({ routes: [{ number: "12333", flow: flows[0]?.id ?? "?" }], ...options.ivr, flows: [...flows] })] });
  open.push(test);
  return { test, recording, prompts: () => test.services.get(PROMPTS) as TellingPrompts, dial: () => test.dial("12333") };
}

/** What was said since `from`, without silences. */
export function said(caller: FakeCaller, from = 0): readonly string[] {
  return caller.heard.slice(from).filter((text) => text !== "silence");
}

/** A flow of one node of the type `probe`, or of those given, that ends with a goodbye. */
export function flow(nodes: FlowDefinition["nodes"], globals: FlowDefinition["globals"] = { zero: "agent", fallback: "sorry" }): FlowDefinition {
  const ends: FlowDefinition["nodes"] = [
    { id: "sorry", type: "play", prompt: "P172", next: "agent" },
    { id: "agent", type: "play", prompt: "P020", next: "bye" },
    { id: "bye", type: "hangup", prompt: "P175" },
  ];
  const needed = new Set([...Object.values(globals), ...nodes.flatMap((node) => [node.next, ...Object.values(node.on ?? {})])]);
  if (needed.has("sorry")) needed.add("agent");
  if (needed.has("agent")) needed.add("bye");
  return { id: "main", start: nodes[0]?.id ?? "?", globals, nodes: [...nodes, ...ends.filter(({ id }) => needed.has(id))] };
}
