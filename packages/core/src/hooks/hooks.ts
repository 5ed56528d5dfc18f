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
    /**
     * An interaction begins, before anything is answered: may it come in?
     * @returns `{ accept: true }` takes the call and ends the question; `{ accept: false, reason, status? }` turns it away with that SIP status; nothing leaves it to the next tap, and with no answer at all the call is taken.
     */
    callArrival: new AsyncSeriesBailHook<[ArrivalContext], Admission | undefined>(["arrival"], "callArrival"),
    /**
     * Where the call goes: after admission, before it is answered. The plan begins as the fallback of `createHotline({ calls })`.
     * @returns A changed copy of the plan (`{ ...plan, priority: 10 }`), or nothing to keep it. Never change the plan itself.
     */
    callRoute: new AsyncSeriesWaterfallHook<[RoutePlan, RouteContext]>(["plan", "context"], "callRoute"),
    /**
     * Before each outgoing call or fax, whoever wants it. A tap that fails refuses: toll fraud and do-not-call fail closed.
     * @returns `{ refused: true, code, message }` and the call is not made (`HTL_CORE_OUTBOUND_REFUSED`); nothing allows it as far as this tap is concerned.
     */
    callOutbound: new AsyncSeriesBailHook<[OutboundContext], Refusal | undefined>(["request"], "callOutbound"),
    /**
     * A flow reaches a node of a type. Plugins usually bring node types by `ivrNodes`; a tap with a lower stage can take a node over.
     * @returns `{ outcome }` leads on by that edge, `{ end: true }` ends the flow: the tap owns the node. Nothing leaves it to the next tap.
     */
    ivrNode: new HookMap((type: string) => new AsyncSeriesBailHook<[IvrNodeContext], IvrStep | undefined>(["context"], `ivrNode:${type}`), "ivrNode"),
    /**
     * The citizen's call is over, the interaction not yet closed: recordings and call record finish here.
     * @returns Nothing; the interaction closes when all taps have settled.
     */
    callEnd: new AsyncParallelHook<[CallEndContext]>(["context"], "callEnd"),
    /**
     * A message (mail, SMS, fax, web form) has come in. The source is told so only after the transaction that took it.
     * @returns `{ ref }` of what it became: the tap has committed it. Nothing leaves it to the next tap; with no taker the source tries again later.
     */
    messageArrival: new AsyncSeriesBailHook<[InboundMessage], Accepted | undefined>(["message"], "messageArrival"),
    /**
     * A ticket is about to move, before the write transaction; creation is a move from `null`. A tap that must write along uses `transition.within(uow => ...)`.
     * @returns `{ veto: true, code, message }` and the ticket stays; the message is shown to the person who tried. Nothing lets it move as far as this tap is concerned.
     */
    ticketTransition: new AsyncSeriesBailHook<[TicketTransition], Veto | undefined>(["transition"], "ticketTransition"),
    /**
     * Delivers a notification by a channel, from a durable job. Commit the intent before the act: after a crash it is asked again.
     * @returns A `Delivery`: this tap has delivered it, or knows that nobody can. Nothing leaves it to the next tap; throw when a later try may succeed. With no taker the job is tried again.
     */
    notify: new HookMap((channel: string) => new AsyncSeriesBailHook<[Notification], Delivery | undefined>(["notification"], `notify:${channel}`), "notify"),
  });
}

export type Hooks = ReturnType<typeof createHooks>;
export type HookName = keyof Hooks;
