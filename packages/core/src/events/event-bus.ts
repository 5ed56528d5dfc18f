import { filter, Subject, type Observable } from "rxjs";
import type { SqlEntityManager } from "@mikro-orm/knex";
import type { Activity, Clock, Ids, Timer } from "../contracts/time.js";
import type { PendingEvent, UnitContent, UnitWriter } from "../db/unit.js";
import type { DatabaseUnitOfWork } from "../db/unit-of-work.js";
import { dataErrors } from "../db/data-errors.js";
import type { Logger } from "../log/logger.js";
import { isThenable } from "../plugin/thenable.js";
import type { ConsumeOptions, EventEnvelope, PluginEvents, Untap } from "../plugin/plugin-context.js";
import type { EventDefinition, EventMap, EventName } from "./event-map.js";
import { frozenCopy } from "./frozen-copy.js";
import type { Outbox } from "./outbox.js";
import { SafeObservable } from "./safe-observable.js";

export interface EventBusOptions {
  readonly definitions: () => readonly EventDefinition[];
  readonly clock: Clock;
  readonly ids: Ids;
  readonly activity: Activity;
  readonly log: Logger;
  readonly unitOfWork: () => DatabaseUnitOfWork;
  readonly outbox: Outbox;
}

type Handler = (payload: never, envelope: never) => void | Promise<void>;

interface Registration {
  readonly plugin: string;
  readonly fn: Handler;
  readonly takesPart: () => boolean;
}

/** A handler that runs so long is told of as failed. What takes longer is a job. */
const HANDLER_LIMIT_MS = 60_000;

/**
 * Tells what happened. Handlers and subscribers run after the commit, in the order of publishing,
 * each isolated; durable events also stand in the outbox, from where consumers take them.
 */
export class EventBus implements UnitWriter {
  readonly #options: EventBusOptions;
  readonly #handlers = new Map<string, Set<Registration>>();
  readonly #subjects = new Map<string, Subject<EventEnvelope>>();
  readonly #failures = new Map<string, number>();
  /** One for each handler that runs. */
  readonly #limits = new Set<Timer>();
  #definitions: Map<string, EventDefinition> | undefined;

  constructor(options: EventBusOptions) {
    this.#options = options;
  }

  /**
   * The bus as one plugin sees it.
   *
   * @param takesPart false once the plugin has failed: it is told nothing more, except what its durable consumers still have to work off
   */
  forPlugin(plugin: string, takesPart: () => boolean = () => true): PluginEvents {
    return {
      handle: <N extends EventName>(name: N, fn: (payload: EventMap[N], envelope: EventEnvelope<N>) => void | Promise<void>): Untap => this.#handle(plugin, name, fn as unknown as Handler, takesPart),
      consume: <N extends EventName>(consumer: string, name: N, fn: (payload: EventMap[N], envelope: EventEnvelope<N>) => Promise<void>, options: ConsumeOptions = {}): void =>
        this.#options.outbox.consume(plugin, consumer, name, fn as unknown as (payload: unknown, envelope: EventEnvelope) => Promise<void>, options),
      on: <N extends EventName>(name: N): Observable<EventEnvelope<N>> => this.#on(plugin, name, takesPart),
      publish: <N extends EventName>(name: N, payload: EventMap[N]): void => this.publish(name, payload),
    };
  }

  /**
   * Joins the open unit of work. Outside of one a durable event gets its own transaction; should
   * that fail, it is logged: publishing never fails.
   */
  publish<N extends EventName>(name: N, payload: EventMap[N]): void {
    const unitOfWork = this.#options.unitOfWork();
    const unit = unitOfWork.currentUnit;
    if (unit !== undefined) {
      unit.publish(name, payload);
      return;
    }
    const event = this.prepare(name, payload, undefined);
    if (!event.durable) {
      this.#dispatch(event);
      return;
    }
    void unitOfWork
      .run((uow) => {
        uow.publish(name, payload);
        return Promise.resolve();
      })
      .then(undefined, (error: unknown) => this.#options.log.error({ err: error, event: name }, "a durable event could not be stored"));
  }

  /** Failed handler and consumer runs by plugin since the start. */
  failures(): Readonly<Record<string, number>> {
    return Object.fromEntries(this.#failures);
  }

  /** Fixes the definitions for good, and checks that what is consumed is durable. */
  settleDefinitions(): void {
    this.#definitions = new Map(this.#options.definitions().map((definition) => [definition.name, definition]));
    for (const { consumer, event } of this.#options.outbox.consumed()) {
      if (this.#definitions.get(event)?.durable !== true) throw dataErrors.EVENT_NOT_DURABLE(consumer, event);
    }
  }

  prepare(name: EventName, payload: EventMap[EventName], aggregate: string | undefined): PendingEvent {
    const definition = this.#definition(name);
    const durable = definition?.durable ?? false;
    const envelope: EventEnvelope = { id: this.#options.ids.next(), name, v: definition?.v ?? 1, at: this.#options.clock.now(), payload };
    return { envelope, aggregate, durable, text: durable ? JSON.stringify(payload ?? null) : undefined };
  }

  write(em: SqlEntityManager, content: UnitContent): Promise<void> {
    return this.#options.outbox.write(
      em,
      content.events.filter((event) => event.durable),
    );
  }

  committed(content: UnitContent): void {
    for (const event of content.events) this.#dispatch(event);
    this.#options.outbox.wake(content.events.filter((event) => event.durable).map((event) => event.envelope.name));
  }

  /** Lets go of the limits of handlers that have not ended. */
  stop(): void {
    for (const timer of this.#limits) timer.cancel();
  }

  /** A handler or consumer of this plugin has failed. */
  reportFailure(plugin: string, event: string, error: unknown): void {
    this.#failures.set(plugin, (this.#failures.get(plugin) ?? 0) + 1);
    this.#options.log.error({ plugin, event, err: error }, "an event handler failed");
  }

  #definition(name: string): EventDefinition | undefined {
    if (this.#definitions !== undefined) return this.#definitions.get(name);
    return this.#options.definitions().find((definition) => definition.name === name);
  }

  #handle(plugin: string, name: string, fn: Handler, takesPart: () => boolean): Untap {
    const registrations = this.#handlers.get(name) ?? new Set();
    this.#handlers.set(name, registrations);
    const registration: Registration = { plugin, fn, takesPart };
    registrations.add(registration);
    return () => void registrations.delete(registration);
  }

  #on<N extends EventName>(plugin: string, name: N, takesPart: () => boolean): Observable<EventEnvelope<N>> {
    const subject = this.#subjects.get(name) ?? new Subject<EventEnvelope>();
    this.#subjects.set(name, subject);
    const typed = subject as unknown as Subject<EventEnvelope<N>>;
    return new SafeObservable<EventEnvelope<N>>(
      (subscriber) => typed.pipe(filter(takesPart)).subscribe(subscriber),
      (error) => this.reportFailure(plugin, name, error),
    );
  }

  #dispatch(event: PendingEvent): void {
    const handlers = this.#handlers.get(event.envelope.name);
    const subject = this.#subjects.get(event.envelope.name);
    if ((handlers?.size ?? 0) === 0 && subject === undefined) return;
    const envelope = this.#told(event.envelope);
    for (const { plugin, fn, takesPart } of [...(handlers ?? [])]) {
      if (!takesPart()) continue;
      try {
        const running = fn(envelope.payload as never, envelope as never);
        if (isThenable(running)) this.#watch(plugin, envelope.name, Promise.resolve(running));
      } catch (error) {
        this.reportFailure(plugin, envelope.name, error);
      }
    }
    subject?.next(envelope);
  }

  /** Nobody waits for a handler; one that fails, or does not end, is told of all the same. */
  #watch(plugin: string, event: string, running: Promise<unknown>): void {
    const { clock, activity } = this.#options;
    const watched = new Promise<void>((resolve) => {
      const end = (): boolean => {
        timer.cancel();
        resolve();
        return this.#limits.delete(timer);
      };
      const timer = clock.setTimeout(() => {
        if (end()) this.reportFailure(plugin, event, dataErrors.EVENT_HANDLER_TIMEOUT(plugin, event, HANDLER_LIMIT_MS));
      }, HANDLER_LIMIT_MS);
      this.#limits.add(timer);
      running.then(end, (error: unknown) => {
        if (end()) this.reportFailure(plugin, event, error);
      });
    });
    void activity.track(watched);
  }

  /** What handlers get: none of them can change it for the others, or for who published it. */
  #told(envelope: EventEnvelope): EventEnvelope {
    try {
      return frozenCopy(envelope);
    } catch (error) {
      this.#options.log.error({ event: envelope.name, err: error }, "the payload of an event cannot be read");
      return Object.freeze({ ...envelope });
    }
  }
}
