// The public types as a plugin's author meets them. The compiler is the test (`npm run types`): where `@ts-expect-error` stands, a mistake
// must be one; everywhere else it must not. Nothing here runs.
import { definePlugin, token } from "@hotlinejs/core";
import type { Admission, Plugin, Refusal, RoutePlan, Token, Veto } from "@hotlinejs/core";
import { acd } from "@hotlinejs/plugin-acd";
import { ACD, type Acd } from "@hotlinejs/plugin-acd/contract";
import { TICKETS, type Tickets } from "@hotlinejs/plugin-tickets/contract";
import { expectTypeOf } from "vitest";
import { z } from "zod";

declare module "@hotlinejs/core" {
  interface EventMap {
    "vip.called": { interactionId: string; rank: number };
  }
}

/** A plugin's own hook is a token; whoever finds it knows what it takes and gives. */
interface VipHooks {
  ranked(fn: (number: string) => number | undefined): void;
}
const VIP_HOOKS = token<VipHooks>("vip.hooks");

const vip = definePlugin({
  name: "vip",
  version: "1.0.0",
  core: ">=0.1.0 <1.0.0",
  config: z.strictObject({ numbers: z.array(z.string()).default([]), rank: z.int().optional() }),
  provides: [VIP_HOOKS],
  register({ config, hooks, events, services }) {
    // Configuration as parsed: defaults are filled in.
    expectTypeOf(config).toEqualTypeOf<{ numbers: string[]; rank?: number | undefined }>();
    // @ts-expect-error an option that is not in the schema
    void config.number;

    // Hooks decide.
    hooks.callArrival.tap(({ active }): Admission | undefined => (active > 100 ? { accept: false, reason: "full", retryAfter: 30 } : undefined));
    hooks.callRoute.tap((plan) => ({ ...plan, priority: 10 }), { stage: 10 });
    hooks.callRoute.tap((plan) => {
      expectTypeOf(plan).toEqualTypeOf<RoutePlan>();
      // @ts-expect-error a plan is copied, not changed
      plan.priority = 10;
      return undefined;
    });
    hooks.callOutbound.tap((): Refusal => ({ refused: true, code: "do-not-call", message: "asked not to be called" }));
    hooks.ticketTransition.tap((): Veto | undefined => ({ veto: true, code: "no-answer", message: "An answer is missing" }));
    // @ts-expect-error there is no such hook
    hooks.callRouted.tap(() => undefined);
    // @ts-expect-error a refusal says why
    hooks.callArrival.tap(() => ({ accept: false }));
    // @ts-expect-error a plan has a target
    hooks.callRoute.tap(() => ({ handler: "queue" }));
    // @ts-expect-error a veto is no boolean
    hooks.ticketTransition.tap(() => false);

    // Events tell: core's, a partner's (with its contract) and its own.
    events.handle("interaction.ended", ({ reason }) => void expectTypeOf(reason).toEqualTypeOf<string>());
    events.handle("acd.answered", ({ waitMs }) => void expectTypeOf(waitMs).toEqualTypeOf<number>());
    events.publish("vip.called", { interactionId: "i", rank: 1 });
    // @ts-expect-error a mistyped event
    events.handle("interaction.endet", () => undefined);
    // @ts-expect-error a payload of another shape
    events.publish("vip.called", { interactionId: "i", rank: "first" });

    // Tokens find capabilities.
    expectTypeOf(services.get(TICKETS)).toEqualTypeOf<Tickets>();
    expectTypeOf(services.optional(ACD)).toEqualTypeOf<Acd | undefined>();
    services.provide(VIP_HOOKS, () => ({ ranked: () => undefined }));
    services.get(VIP_HOOKS).ranked((number) => number.length);
    // @ts-expect-error what is offered must be what the token says
    services.provide(VIP_HOOKS, () => ({ rank: () => undefined }));
    // @ts-expect-error a hook of a plugin has its arguments too
    services.get(VIP_HOOKS).ranked((number: number) => number);
    // @ts-expect-error an optional partner may be absent
    services.optional(ACD).agents();
    // @ts-expect-error a name is no token
    services.get("tickets.tickets");
  },
});

expectTypeOf(VIP_HOOKS).toEqualTypeOf<Token<VipHooks>>();

// Options are what the schema takes in: what has a default may be left out.
expectTypeOf(vip).returns.toEqualTypeOf<Plugin>();
vip();
vip({ numbers: ["12333"] });
// @ts-expect-error a mistyped option
vip({ number: ["12333"] });
// @ts-expect-error a value of another type
vip({ numbers: "12333" });

acd({ wrapUp: 10, queues: [{ key: "general", name: "综合" }] });
// @ts-expect-error a mistyped option of a published plugin
acd({ wrapup: 10 });
// @ts-expect-error an agent's queues are a list
acd({ agents: [{ number: "1001", name: "叶立新", queues: "general" }] });
