import type { Call, CallEnd, CallHandler, CallPipeline, CallSession, LaunchedCall, LaunchRequest, OutboundCall, OutboundRequest, Party, RoutePlan, Successor, TelephonyAdapter } from "../contracts/call.js";
import type { MediaLeg } from "../contracts/media.js";
import type { Clock } from "../contracts/time.js";
import type { EventBus } from "../events/event-bus.js";
import { coreErrors } from "../errors/core-errors.js";
import { errorText, isHotlineError } from "../errors/define-errors.js";
import type { HookRunner } from "../hooks/hook-runner.js";
import type { Logger } from "../log/logger.js";
import { CallCounts } from "./call-counts.js";
import type { InteractionJournal } from "./interaction-journal.js";
import { LazySignal } from "./lazy-signal.js";
import type { DefaultCallControl } from "./call-control.js";
import { watchLeg } from "./leg-watch.js";

/** How long a handler may go on tidying up after the citizen has hung up. */
const HANDLER_GRACE_MS = 5_000;

export interface CallPipelineOptions {
  /** Carried out when the route's handler fails before the caller was served: a caller is never dropped for our fault. */
  readonly fallback?: RoutePlan;
  /** The plan before any tap of `callRoute` has spoken. */
  readonly initial?: RoutePlan;
  /** Language until something says otherwise. */
  readonly language?: string;
}

/** `over`: resolves when the citizen has gone. */
type Session = { -readonly [K in keyof CallSession]: CallSession[K] } & { readonly over: Promise<void> };

const endedErrors = new Map<string, Error>();

/** One error per reason: a stack trace for each call that ends would cost more than the rest of the ending. */
function endedError(reason: string): Error {
  const known = endedErrors.get(reason);
  if (known !== undefined) return known;
  const made = coreErrors.CALL_ENDED(reason);
  endedErrors.set(reason, made);
  return made;
}

/** Arrival -> admission -> route -> plan -> end. */
export class DefaultCallPipeline implements CallPipeline {
  readonly #adapters: TelephonyAdapter[] = [];
  readonly #handlers = new Map<string, CallHandler>();
  readonly #live = new Map<string, Promise<void>>();
  readonly #deps: { hooks: HookRunner; journal: InteractionJournal; control: DefaultCallControl; events: EventBus; clock: Clock; log: Logger; options: CallPipelineOptions };
  readonly counts = new CallCounts();
  readonly #endedAt = new WeakMap<Call, number>();
  readonly #successors = new WeakMap<CallSession, Successor>();
  #closed: { status: number; retryAfter?: number } | undefined = { status: 503 };

  constructor(deps: DefaultCallPipeline["pipelineDeps"]) {
    this.#deps = deps;
  }

  /** Only names the type of the constructor's argument. */
  declare readonly pipelineDeps: { hooks: HookRunner; journal: InteractionJournal; control: DefaultCallControl; events: EventBus; clock: Clock; log: Logger; options: CallPipelineOptions };

  register(adapter: TelephonyAdapter): void {
    this.#adapters.push(adapter);
  }

  get adapters(): readonly TelephonyAdapter[] {
    return this.#adapters;
  }

  get active(): number {
    return this.#live.size;
  }

  admission(): { status: number; retryAfter?: number } | undefined {
    return this.#closed;
  }

  /** Begins to take calls. */
  open(): void {
    this.#closed = undefined;
  }

  /** Takes no more: 503 with Retry-After. */
  close(retryAfter: number): void {
    this.#closed = { status: 503, retryAfter };
  }

  handler(name: string, handler: CallHandler): void {
    if (this.#handlers.has(name)) throw coreErrors.HANDLER_DUPLICATE(name);
    this.#handlers.set(name, handler);
  }

  arrive(call: Call): void {
    this.counts.inbound++;
    const interaction = this.#deps.journal.open({ channel: "voice", direction: "inbound", callerNumber: call.from.number, calledNumber: call.to.number, via: call.via, language: this.#deps.options.language ?? "zh-CN" });
    this.#keep(interaction.id, this.#serve(call, interaction));
  }

  async launch(request: LaunchRequest): Promise<LaunchedCall> {
    const { journal, control, events, options } = this.#deps;
    if (this.#closed !== undefined) throw coreErrors.DRAINING();
    const { plan, data, interactionId: id, before, ...dial } = request;
    const calledNumber = numberOf(request.to);
    const callerNumber = request.from?.number ?? "";
    const interaction = journal.open({ ...(id === undefined ? {} : { id }), channel: "voice", direction: "outbound", callerNumber, calledNumber, language: plan.language ?? options.language ?? "zh-CN" });
    this.counts.outbound++;
    if (data !== undefined) interaction.note(data);
    events.publish("interaction.started", { interactionId: interaction.id, channel: "voice", callerNumber, calledNumber });
    let dialled: (serving: Promise<unknown>) => void = () => undefined;
    // A drain waits for it from here on: an agent may already be on the line.
    this.#keep(interaction.id, new Promise((resolve) => (dialled = resolve)));
    let reason = "failed";
    const first = async (): Promise<MediaLeg | undefined> => {
      try {
        return await before?.(interaction);
      } catch (error) {
        reason = "cancelled";
        throw error;
      }
    };
    let call: OutboundCall;
    try {
      call = await this.#dialFirst({ ...dial, interactionId: interaction.id, role: "citizen" }, before === undefined ? undefined : first);
    } catch (error) {
      control.release(interaction.id);
      // An agent's leg may be refused in `before`: that is no refusal of the citizen's call.
      if (reason === "failed" && isHotlineError(error, coreErrors.OUTBOUND_REFUSED.code)) reason = "refused";
      journal.close(interaction.id, reason);
      this.counts.end(reason);
      dialled(Promise.resolve());
      throw error;
    }
    const finished = this.#serveLaunched(call, interaction, plan);
    dialled(finished);
    return { interactionId: interaction.id, call, answered: call.answered, finished };
  }

  /** Permission first, then whoever has to be on the line first, then the citizen. */
  async #dialFirst(request: OutboundRequest, before: (() => Promise<MediaLeg | undefined>) | undefined): Promise<OutboundCall> {
    const { control } = this.#deps;
    const adapter = await control.permit(request);
    if (before === undefined) return control.dial(request, adapter);
    const near = await before();
    if (this.#isClosed()) throw coreErrors.DRAINING();
    return control.dial(near === undefined ? request : { ...request, near }, adapter);
  }

  // Read anew after an await; the compiler would take the earlier answer.
  #isClosed(): boolean {
    return this.#closed !== undefined;
  }

  turnedAway(caller: { readonly from: Party; readonly to: Party; readonly via: Call["via"] }, status: number): void {
    const { journal, options } = this.#deps;
    const { id } = journal.open({ channel: "voice", direction: "inbound", callerNumber: caller.from.number, calledNumber: caller.to.number, via: caller.via, language: options.language ?? "zh-CN" });
    journal.event(id, "call.refused", { reason: "turned-away", status });
    this.counts.refuse("turned-away", status);
    journal.close(id, "rejected");
  }

  /** Counts a call until it is through. */
  #keep(interactionId: string, serving: Promise<unknown>): void {
    const run = serving.then(
      () => undefined,
      (error: unknown) => this.#deps.log.error({ err: error, interactionId }, "the call pipeline failed"),
    );
    this.#live.set(interactionId, run);
    void run.finally(() => this.#live.delete(interactionId));
  }

  /** Resolves when no call is left. At the signal the remaining ones are ended. */
  async drained(signal: AbortSignal): Promise<void> {
    const end = (): void => {
      for (const id of this.#live.keys()) for (const leg of this.#deps.control.legs(id)) void leg.hangup({ reason: "hangup" });
    };
    if (signal.aborted) end();
    signal.addEventListener("abort", end, { once: true });
    while (this.#live.size > 0) await Promise.allSettled([...this.#live.values()]);
    signal.removeEventListener("abort", end);
  }

  async #serve(call: Call, interaction: ReturnType<InteractionJournal["open"]>): Promise<void> {
    const { journal, control, events, log, options } = this.#deps;
    const session = this.#session(call, interaction, options.initial ?? { handler: "none", target: "" });
    journal.leg({ id: call.id, interactionId: interaction.id, adapter: call.adapter, direction: call.direction, role: "citizen", from: call.from.number, to: call.to.number });
    control.adopt(session);
    events.publish("interaction.started", { interactionId: interaction.id, channel: "voice", callerNumber: call.from.number, calledNumber: call.to.number });
    watchLeg(call, { journal, events, interactionId: interaction.id, role: "citizen", log }, (at) => {
      journal.answered(interaction.id, at);
      events.publish("interaction.answered", { interactionId: interaction.id, at });
    });

    const refused = await this.#admit(call, interaction.id);
    if (!refused) {
      session.plan = await this.#deps.hooks.callRoute(session.plan, { call, interactionId: interaction.id });
      await this.#carryOut(session);
    }
    await this.#close(session);
  }

  /** A call of the hotline's own: the plan is the launcher's, and begins when the citizen has answered. */
  async #serveLaunched(call: OutboundCall, interaction: ReturnType<InteractionJournal["open"]>, plan: RoutePlan): Promise<CallEnd> {
    const { clock, control, events, journal } = this.#deps;
    const session = this.#session(call, interaction, plan);
    control.adopt(session);
    if (await call.answered) {
      const at = clock.now();
      journal.answered(interaction.id, at);
      events.publish("interaction.answered", { interactionId: interaction.id, at });
      await this.#carryOut(session);
    }
    return this.#close(session);
  }

  #session(call: Call, interaction: ReturnType<InteractionJournal["open"]>, plan: RoutePlan): Session {
    const gone = new LazySignal();
    let settle: () => void = () => undefined;
    const session: Session = {
      interaction,
      call,
      get signal() {
        return gone.signal;
      },
      language: plan.language ?? this.#deps.options.language ?? "zh-CN",
      plan,
      over: new Promise((resolve) => (settle = resolve)),
    };
    const follow = (leg: Call): void =>
      void leg.ended.then((end) => {
        const coming = this.#successors.get(session)?.(end);
        if (coming === undefined) return over(leg, end);
        void coming
          .catch(() => undefined)
          .then((next) => {
            if (next === undefined) return over(leg, end);
            session.call = next;
            follow(next);
          });
      });
    const over = (leg: Call, end: CallEnd): void => {
      this.#endedAt.set(leg, this.#deps.clock.now());
      gone.abort(endedError(end.reason));
      settle();
    };
    follow(call);
    return session;
  }

  whenLegEnds(session: CallSession, successor: Successor): void {
    this.#successors.set(session, successor);
  }

  async #close(session: Session): Promise<CallEnd> {
    const { clock, control, hooks, journal } = this.#deps;
    const { interaction } = session;
    // Nobody comes in its place any more.
    this.#successors.delete(session);
    await session.call.hangup();
    const { call } = session;
    const end = await call.ended;
    // The call is as long as it was, however long its handler and its recording took to be finished.
    const at = this.#endedAt.get(call) ?? clock.now();
    await hooks.callEnd({ interactionId: interaction.id, call, reason: end.reason });
    control.release(interaction.id);
    journal.close(interaction.id, end.reason, at);
    this.counts.end(end.reason);
    return end;
  }

  /** Whether the call was refused (and hung up). */
  async #admit(call: Call, interactionId: string): Promise<boolean> {
    const { hooks, journal } = this.#deps;
    const admission = await hooks.callArrival({ call, interactionId, active: this.#live.size });
    if (admission === undefined || admission.accept) return false;
    journal.event(interactionId, "call.refused", { reason: admission.reason });
    this.counts.refuse(admission.reason, admission.status ?? 403);
    await call.hangup({ status: admission.status ?? 403, reason: "rejected", ...(admission.retryAfter === undefined ? {} : { retryAfter: admission.retryAfter }) });
    return true;
  }

  async #carryOut(session: Session): Promise<void> {
    const { journal, log, options } = this.#deps;
    const interactionId = session.interaction.id;
    if (session.plan.language !== undefined) session.language = session.plan.language;
    journal.event(interactionId, "call.routed", { handler: session.plan.handler, target: session.plan.target });
    const plans: RoutePlan[] = [];
    for (let plan: RoutePlan | undefined = session.plan; plan !== undefined; plan = plan.otherwise) plans.push(plan);
    if (options.fallback !== undefined) plans.push(options.fallback);
    for (const [index, plan] of plans.entries()) {
      const { call } = session;
      if (call.state === "ended") return;
      session.plan = plan;
      const handler = this.#handlers.get(plan.handler);
      if (handler === undefined) {
        log.warn({ interactionId, handler: plan.handler, target: plan.target, number: call.to.number }, "nothing carries out this route; the caller is refused");
        if (index === plans.length - 1) await call.hangup({ status: 404, reason: "not-found" });
        continue;
      }
      try {
        await this.#untilGone(Promise.resolve(handler(session, plan)), session);
        return;
      } catch (error) {
        if (session.call.state === "ended") return;
        log.error({ err: error, interactionId, handler: plan.handler }, "a call handler failed; what stands behind it takes over");
        journal.event(interactionId, "handler.failed", { handler: plan.handler, error: isHotlineError(error) ? error.code : errorText(error) });
      }
    }
  }

  /** The handler's result, or its end some seconds after the caller has gone. */
  async #untilGone(work: Promise<void>, { call, over }: Session): Promise<void> {
    let stop: (() => void) | undefined;
    let done = false;
    const gone = over.then(
      () =>
        new Promise<void>((resolve) => {
          // A handler that was through before the call ended, which often ends for that, is not waited for.
          if (done) return resolve();
          const timer = this.#deps.clock.setTimeout(() => {
            this.#deps.log.warn({ callId: call.id }, "a call handler goes on after the caller hung up; it is no longer waited for");
            resolve();
          }, HANDLER_GRACE_MS);
          stop = () => {
            timer.cancel();
            resolve();
          };
        }),
    );
    try {
      await Promise.race([work, gone]);
    } finally {
      done = true;
      stop?.();
      // After the race is lost to the caller's end a late failure has nobody to tell.
      work.catch((error: unknown) => this.#deps.log.debug({ callId: call.id, error: errorText(error) }, "a call handler ended with an error"));
    }
  }
}

/** What a person would call the number of an address: `tel:13800138000` and `sip:1001@host` without scheme and host. */
function numberOf(address: string): string {
  return address.replace(/^[a-z][a-z0-9+.-]*:/i, "").replace(/[@;?].*$/, "");
}
