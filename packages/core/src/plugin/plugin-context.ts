import type { Observable } from "rxjs";
import type { EventMap, EventName } from "../events/event-map.js";
import type { Admission, ArrivalContext, CallEndContext, OutboundContext, Refusal, RouteContext } from "../contracts/route.js";
import type { RoutePlan } from "../contracts/call.js";
import type { IvrNodeContext, IvrStep } from "../contracts/ivr.js";
import type { Accepted, InboundMessage } from "../contracts/message.js";
import type { Delivery, Notification } from "../contracts/notification.js";
import type { TicketTransition, Veto } from "../contracts/ticket.js";
import type { Jobs } from "../contracts/data.js";
import type { Services } from "../contracts/services.js";
import type { Logger } from "../log/logger.js";
import type { HotlineSettings } from "../config/settings.js";

/** Where among the taps of a hook. */
export interface TapOptions {
  /** Order: -100 security, -10 enrichment, 0 default, 10 policy, 100 audit. */
  readonly stage?: number;
}

/** Un-taps; calling it twice does nothing. */
export type Untap = () => void;

export interface TapPoint<A extends unknown[], R> {
  tap(fn: (...args: A) => R | Promise<R>, options?: TapOptions): Untap;
}

/** The hooks as a plugin sees them: taps carry its name and are isolated. */
export interface PluginHooks {
  readonly callArrival: TapPoint<[ArrivalContext], Admission | undefined | void>;
  readonly callRoute: TapPoint<[RoutePlan, RouteContext], RoutePlan | undefined | void>;
  readonly callOutbound: TapPoint<[OutboundContext], Refusal | undefined | void>;
  readonly callEnd: TapPoint<[CallEndContext], void>;
  readonly messageArrival: TapPoint<[InboundMessage], Accepted | undefined | void>;
  readonly ticketTransition: TapPoint<[TicketTransition], Veto | undefined | void>;
  readonly ivrNode: { for(type: string): TapPoint<[IvrNodeContext], IvrStep | undefined | void> };
  readonly notify: { for(channel: string): TapPoint<[Notification], Delivery | undefined | void> };
}

/** An event as it is told: what happened, when, and in which version of its shape. */
export interface EventEnvelope<N extends EventName = EventName> {
  /** UUIDv7; the idempotency key of durable consumers. */
  readonly id: string;
  readonly name: N;
  readonly v: number;
  readonly at: number;
  readonly payload: EventMap[N];
}

/** How a durable consumer begins. */
export interface ConsumeOptions {
  /** Where a consumer of this name begins when it is new: behind what has happened so far (default), or with all that is still kept. */
  readonly from?: "end" | "beginning";
}

/** Events as a plugin sees them. */
export interface PluginEvents {
  /** A failing handler is caught, attributed and counted, and so is one that has not ended after a minute; it never fails the publisher. */
  handle<N extends EventName>(name: N, fn: (payload: EventMap[N], envelope: EventEnvelope<N>) => void | Promise<void>): Untap;
  /**
   * Consumes a durable event at least once, in order, under a lasting name; what a crash left over is
   * delivered after the restart. A failing run is retried with back-off and holds what follows of the same aggregate.
   */
  consume<N extends EventName>(consumer: string, name: N, fn: (payload: EventMap[N], envelope: EventEnvelope<N>) => Promise<void>, options?: ConsumeOptions): void;
  /** As an rxjs Observable. A throwing subscriber is caught. */
  on<N extends EventName>(name: N): Observable<EventEnvelope<N>>;
  /** Non-durable events, or durable ones outside a unit of work (its own transaction). Inside one use `uow.publish`. */
  publish<N extends EventName>(name: N, payload: EventMap[N]): void;
}

/** What `register` is given. Wiring only: no I/O before `onStart`. */
export interface PluginContext<C> {
  readonly config: C;
  readonly hooks: PluginHooks;
  readonly events: PluginEvents;
  readonly services: Services;
  readonly jobs: Jobs;
  readonly log: Logger;
  readonly settings: HotlineSettings;
  /**
   * After all plugins are wired, before anything is opened: check what data says (flows). No I/O; also run by `hotline check`.
   * Dependency order. What others check for (prompts) is defined in `register`.
   */
  onCheck(fn: () => void | Promise<void>): void;
  /** After all plugins are wired and the database is migrated, before anything listens: load, seed, validate. */
  onReady(fn: () => void | Promise<void>): void;
  /** Begin to serve: open sockets. Dependency order. */
  onStart(fn: () => void | Promise<void>): void;
  /** Take nothing new, finish what runs. Reverse order; the signal fires at the deadline. */
  onDrain(fn: (signal: AbortSignal) => void | Promise<void>): void;
  /** All plugins drained and the last call has ended: finish what calls in progress need to the end, as a server that agents work over. Reverse order; the signal fires at the deadline. */
  onDrained(fn: (signal: AbortSignal) => void | Promise<void>): void;
  /** Let go of everything. Reverse order. */
  onStop(fn: () => void | Promise<void>): void;
  /** Shown in `GET /api/health` under the plugin's name. */
  health(fn: () => HealthReport | Promise<HealthReport>): void;
}

/** How a plugin is, by its own account. */
export interface HealthReport {
  readonly ok: boolean;
  readonly message?: string;
  readonly details?: Readonly<Record<string, unknown>>;
}
