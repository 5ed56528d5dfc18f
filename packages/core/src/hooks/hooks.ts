import { AsyncParallelHook, AsyncSeriesBailHook, AsyncSeriesWaterfallHook, HookMap } from "tapable";
import type { ArrivalContext, Admission, CallEndContext, OutboundContext, Refusal, RouteContext } from "../contracts/route.js";
import type { RoutePlan } from "../contracts/call.js";
import type { IvrNodeContext, IvrStep } from "../contracts/ivr.js";
import type { Accepted, InboundMessage } from "../contracts/message.js";
import type { Delivery, Notification } from "../contracts/notification.js";
import type { TicketTransition, Veto } from "../contracts/ticket.js";

/**
 * THE list: every place where a hotline takes a decision. Declared once, frozen. Taps run in the
 * order of their stage (-100 security, -10 enrichment, 0 default, 10 policy, 100 audit), then of
 * the plugin graph. Budgets and what a failing tap means are in tap-policy.ts.
 */
export function createHooks() {
  return Object.freeze({
    /** An interaction begins, before anything is answered. First `Admission` wins; none = accept. */
    callArrival: new AsyncSeriesBailHook<[ArrivalContext], Admission | undefined>(["arrival"], "callArrival"),
    /** Where the call goes. Each tap returns a changed copy of the plan, or nothing to keep it. */
    callRoute: new AsyncSeriesWaterfallHook<[RoutePlan, RouteContext]>(["plan", "context"], "callRoute"),
    /** Before each outgoing call or fax. First `Refusal` wins. A tap that fails refuses: toll fraud and do-not-call fail closed. */
    callOutbound: new AsyncSeriesBailHook<[OutboundContext], Refusal | undefined>(["request"], "callOutbound"),
    /** A flow reaches a node of a type. The tap that returns a step owns the node. */
    ivrNode: new HookMap((type: string) => new AsyncSeriesBailHook<[IvrNodeContext], IvrStep | undefined>(["context"], `ivrNode:${type}`), "ivrNode"),
    /** The citizen's call is over, the interaction not yet closed: recordings and call record finish here. All taps at once. */
    callEnd: new AsyncParallelHook<[CallEndContext]>(["context"], "callEnd"),
    /** A message has come in. First `Accepted` wins; none = the source retries. */
    messageArrival: new AsyncSeriesBailHook<[InboundMessage], Accepted | undefined>(["message"], "messageArrival"),
    /** A ticket is about to move, before the write transaction. First `Veto` wins; a tap that fails vetoes. */
    ticketTransition: new AsyncSeriesBailHook<[TicketTransition], Veto | undefined>(["transition"], "ticketTransition"),
    /** Deliver a notification by a channel. The tap that returns a `Delivery` delivered it; none = the job is retried. */
    notify: new HookMap((channel: string) => new AsyncSeriesBailHook<[Notification], Delivery | undefined>(["notification"], `notify:${channel}`), "notify"),
  });
}

export type Hooks = ReturnType<typeof createHooks>;
export type HookName = keyof Hooks;
