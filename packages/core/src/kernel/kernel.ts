import type { EntitySchema } from "@mikro-orm/core";
import { CALL_CONTROL, CALL_JOURNAL, CALL_PIPELINE } from "../contracts/call.js";
import { AUDIT, BLOBS, JOBS, READ_POOL, SECRETS, UNIT_OF_WORK } from "../contracts/data.js";
import { AUDIT_WORDS } from "../contracts/audit-words.js";
import { CONSOLE_UIS } from "../contracts/console.js";
import { PERMISSIONS } from "../contracts/directory.js";
import { HEALTH, ROUTES, type HotlineHealth, type HotlineState, type HttpRoute } from "../contracts/http.js";
import { INTERACTIONS } from "../contracts/interaction.js";
import { DATASETS } from "../contracts/dataset.js";
import { EVENT_DEFINITIONS } from "../contracts/event.js";
import { MESSAGE_INTAKE } from "../contracts/message.js";
import { NOTIFICATIONS } from "../contracts/notification.js";
import { IVR_NODE_RUNNER, IVR_NODE_TYPES, type IvrNodeContext, type IvrNodeType } from "../contracts/ivr.js";
import { MEDIA } from "../contracts/media.js";
import { METRICS } from "../contracts/metrics.js";
import type { Services } from "../contracts/services.js";
import { TICKET_GATE } from "../contracts/ticket.js";
import { ACTIVITY, CALENDARS, CLOCK, IDS, type Activity, type Calendars, type Clock, type Ids } from "../contracts/time.js";
import { DefaultCallControl } from "../calls/call-control.js";
import { DefaultCallPipeline, type CallPipelineOptions } from "../calls/call-pipeline.js";
import { InteractionJournal } from "../calls/interaction-journal.js";
import { pluginConfig, unknownVariables } from "../config/plugin-config.js";
import { SETTINGS, type HotlineSettings } from "../config/settings.js";
import type { DataLayer } from "../db/data-layer.js";
import type { PluginMigration } from "../db/migrator.js";
import type { HeldData, HotlineStorage, MigrationPlan } from "../db/storage.js";
import { HotlineContainer } from "../di/hotline-container.js";
import { tokenName } from "../di/token.js";
import { coreErrors } from "../errors/core-errors.js";
import { errorText, isHotlineError, type HotlineError } from "../errors/define-errors.js";
import type { EventDefinition } from "../events/event-map.js";
import { HookRunner } from "../hooks/hook-runner.js";
import { createHooks } from "../hooks/hooks.js";
import { pluginHooks } from "../hooks/taps.js";
import type { Logger } from "../log/logger.js";
import { safeError } from "../log/safe-error.js";
import { registerCoreMetrics } from "../metrics/core-metrics.js";
import { MetricRegistry } from "../metrics/metric-registry.js";
import { registerProcessMetrics } from "../metrics/process-metrics.js";
import { DefaultMessageIntake } from "../messages/default-message-intake.js";
import { DefaultNotifications } from "../notify/default-notifications.js";
import type { Plugin } from "../plugin/define-plugin.js";
import { isThenable } from "../plugin/thenable.js";
import { checkManifests } from "./boot-checks.js";
import { checkHost } from "./host-check.js";
import { coreAuditWords, coreDatasets, coreEvents, corePermissions } from "./core-manifest.js";
import type { HotlineInspection, HotlineProblem } from "./inspection.js";
import { inspectHotline, problemsOf } from "./inspect-hotline.js";
import { Lifecycle } from "./lifecycle.js";
import { orderPlugins } from "./plugin-graph.js";
import { LONGEST_REASON, PluginHost, type Phase } from "./plugin-host.js";

export interface KernelDeps {
  readonly plugins: readonly Plugin[];
  readonly settings: HotlineSettings;
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly activity: Activity;
  readonly log: Logger;
  readonly calendars: Calendars;
  readonly calls: CallPipelineOptions;
  readonly drainMs: number;
  /** Made by the composition root; the kernel tells it the events of all plugins. */
  readonly data: (events: () => readonly EventDefinition[]) => DataLayer;
}

/** One hotline: its plugins, its services and its life. */
export class Kernel {
  readonly #deps: KernelDeps;
  readonly #lifecycle: Lifecycle;
  readonly #container = new HotlineContainer();
  readonly #hooks = createHooks();
  readonly #runner: HookRunner;
  readonly #data: DataLayer;
  readonly #journal: InteractionJournal;
  readonly #pipeline: DefaultCallPipeline;
  readonly #control: DefaultCallControl;
  readonly #notifications: DefaultNotifications;
  readonly #intake: DefaultMessageIntake;
  readonly services: Services;
  readonly #metrics: MetricRegistry;
  readonly #unwatch: () => void;
  readonly #startedAt: number;
  #plugins: readonly Plugin[] = [];
  #hosts: PluginHost[] = [];
  #begun: PluginHost[] = [];
  #stopping: Promise<void> | undefined;
  #drainDeadline = new AbortController();

  constructor(deps: KernelDeps) {
    this.#deps = deps;
    const { clock, ids, activity, log, settings } = deps;
    this.#startedAt = clock.monotonic();
    this.#data = deps.data(() => this.#eventDefinitions());
    const events = this.#data.events;
    this.#lifecycle = new Lifecycle((state) => {
      log.info({ state }, `hotline is ${state}`);
      if (state === "running" || state === "draining") events.publish("hotline.state", { state });
    });
    this.#runner = new HookRunner(this.#hooks, {
      clock,
      log,
      degraded: (tap, trouble) => {
        const { plugin, hook, failures, why, mutedUntil } = trouble;
        this.#host(plugin)?.tapInTrouble(tap, trouble);
        events.publish("plugin.degraded", { plugin, hook, failures, why, mutedMs: mutedUntil === undefined ? null : mutedUntil - clock.now() });
      },
      recovered: (tap, plugin, hook) => {
        this.#host(plugin)?.tapWorks(tap);
        events.publish("plugin.recovered", { plugin, hook });
      },
    });
    this.#journal = new InteractionJournal({ clock, ids, log, unitOfWork: this.#data.unitOfWork, nodeId: settings.nodeId, calendar: () => deps.calendars.get("default") });
    this.services = this.#container.servicesFor("core");
    this.#control = new DefaultCallControl({ hooks: this.#runner, journal: this.#journal, events, clock, ids, log, media: () => this.services.get(MEDIA), pipeline: () => this.#pipeline, audit: () => this.#data.audit });
    this.#pipeline = new DefaultCallPipeline({ hooks: this.#runner, journal: this.#journal, control: this.#control, events, clock, log, options: deps.calls });
    this.#pipeline.handler("redirect", (session, plan) => this.#control.redirect(session.interaction.id, plan.target));
    const store = { clock, ids, log, unitOfWork: this.#data.unitOfWork, readPool: this.#data.readPool };
    this.#metrics = new MetricRegistry({ clock, log });
    registerCoreMetrics(this.#metrics, {
      version: __VERSION__,
      running: () => this.state === "running",
      live: () => this.#pipeline.active,
      counts: () => this.#pipeline.counts,
      journal: () => this.#journal.backlog,
      units: () => this.#data.unitOfWork.health,
      jobs: () => this.#data.jobs,
      outbox: () => this.#data.outboxBacklog(),
    });
    this.#unwatch = registerProcessMetrics(this.#metrics, clock);
    this.#notifications = new DefaultNotifications({ ...store, jobs: this.#data.jobs, notify: (notification) => this.#runner.notify(notification) });
    this.#intake = new DefaultMessageIntake({ ...store, blobs: this.#data.blobs, ask: (message) => this.#runner.messageArrival(message) });
    void activity;
  }

  get state(): HotlineState {
    return this.#lifecycle.state;
  }

  /**
   * Wires, makes ready and starts every plugin. On failure everything begun is let go of and the
   * state is `failed`.
   */
  async start(): Promise<void> {
    this.#lifecycle.demand("created", "starting");
    try {
      this.#wire();
      await this.#phase("check");
      this.#lifecycle.move("wired");
      await checkHost(this.#deps.settings.host);
      await this.#open();
      await this.#phase("ready");
      this.#lifecycle.move("ready");
      await this.#data.start();
      await this.#phase("start");
      this.#pipeline.open();
      this.#lifecycle.move("running");
    } catch (error) {
      await this.#release();
      if (this.state !== "stopped") this.#lifecycle.move("failed");
      throw error;
    }
  }

  /** See Hotline. */
  inspect(): HotlineInspection {
    const { plugins, settings, environment } = this.#deps;
    return inspectHotline({ plugins, settings, environment, coreVersion: __VERSION__, storage: () => this.storage() });
  }

  /** See Hotline. */
  async check(): Promise<HotlineInspection> {
    this.#lifecycle.demand("created", "checking");
    const inspection = this.inspect();
    const problems: HotlineProblem[] = [...inspection.problems];
    if (problems.length === 0) {
      try {
        this.#wire();
        for (const host of this.#hosts) {
          if (host.failure === undefined) await host.run("check", { clock: this.#deps.clock }).catch((error: unknown) => problems.push(...problemsOf(error, host.name)));
          else problems.push(...problemsOf(host.failure, host.name));
        }
      } catch (error) {
        problems.push(...problemsOf(error));
      }
    }
    // Nothing was opened, so there is nothing to stop.
    this.#container.dispose();
    this.#lifecycle.move("stopped");
    return { ...inspection, problems };
  }

  /** See Hotline. */
  storage(): HotlineStorage {
    return this.#data.storage(this.#manifests().migrations);
  }

  /** See Hotline. */
  migrationPlan(): Promise<MigrationPlan> {
    const { entities, migrations } = this.#manifests();
    return this.#data.migrationPlan(entities, migrations);
  }

  /** See Hotline. */
  async migrate(): Promise<readonly string[]> {
    this.#lifecycle.demand("created", "migrating");
    const { entities, migrations } = this.#manifests();
    this.#lifecycle.move("stopped");
    return this.#data.migrateOnly(entities, migrations);
  }

  /** See Hotline. */
  async hold<T>(fn: (held: HeldData) => Promise<T>): Promise<T> {
    this.#lifecycle.demand("created", "holding its data");
    const { entities, migrations } = this.#manifests();
    this.#lifecycle.move("stopped");
    return this.#data.hold(entities, migrations, fn);
  }

  /** Drains: nothing new is taken, what runs may finish until the deadline; then stops. Calling it twice waits for the first. */
  stop(options: { drain?: boolean } = {}): Promise<void> {
    this.#stopping ??= this.#shutDown(options.drain ?? true);
    return this.#stopping;
  }

  /** Ends a running drain now. */
  hurry(): void {
    this.#drainDeadline.abort(coreErrors.DRAINING());
  }

  /** See Hotline. */
  reportUncaught(error: unknown): void {
    this.#deps.log.error({ err: error }, "an error that nobody caught; the hotline goes on");
  }

  async health(): Promise<HotlineHealth> {
    const plugins = await Promise.all(this.#hosts.map((host) => host.report(this.#deps.clock)));
    const data = this.#data.unitOfWork.health;
    return {
      state: this.state,
      ok: this.state === "running" && data.ok && plugins.every((plugin) => plugin.ok),
      name: this.#deps.settings.name,
      version: __VERSION__,
      uptimeMs: Math.round(this.#deps.clock.monotonic() - this.#startedAt),
      data,
      plugins,
    };
  }

  #wire(): void {
    const { environment, log, settings } = this.#deps;
    this.#plugins = orderPlugins(this.#deps.plugins, __VERSION__);
    checkManifests(this.#plugins);
    this.#provideCore();
    for (const variable of unknownVariables(this.#plugins, environment)) log.warn({ variable }, "this environment variable means nothing to the plugins present; is it a typing error?");

    // All configurations are checked before the first plugin registers.
    const configs = this.#plugins.map((plugin) => pluginConfig(plugin, environment));
    this.#hosts = this.#plugins.map(({ definition }) => new PluginHost(definition, log.child({ plugin: definition.name })));
    for (const [index, host] of this.#hosts.entries()) {
      const { definition } = host;
      const services = this.#container.servicesFor(definition.name, new Set<symbol>(definition.provides));
      const hooks = pluginHooks(this.#hooks, definition.name, host.takesPart);
      try {
        this.#requireRequirements(host);
        for (const node of (definition.ivrNodes ?? []) as readonly IvrNodeType<unknown>[]) hooks.ivrNode.for(node.type).tap((context: IvrNodeContext) => node.run({ ...context, services }));
        const returned: unknown = definition.register({
          config: configs[index],
          hooks,
          events: this.#data.events.forPlugin(definition.name, host.takesPart),
          services,
          jobs: this.#data.jobs.forPlugin(definition.name, host.takesPart),
          log: host.log,
          settings,
          onCheck: (fn) => host.on("check", fn),
          onReady: (fn) => host.on("ready", fn),
          onStart: (fn) => host.on("start", fn),
          onDrain: (fn) => host.on("drain", fn),
          onDrained: (fn) => host.on("drained", fn),
          onStop: (fn) => host.on("stop", fn),
          health: (fn) => host.onHealth(fn),
        });
        if (isThenable(returned)) {
          returned.then(undefined, (error: unknown) => host.log.error({ err: error }, "an asynchronous register rejected"));
          throw coreErrors.PLUGIN_ASYNC_REGISTER(definition.name);
        }
        for (const token of definition.provides ?? []) if (this.#container.ownerOf(token) !== definition.name) throw coreErrors.TOKEN_UNFULFILLED(definition.name, tokenName(token));
      } catch (error) {
        this.#failed(host, "register", isHotlineError(error) ? error : coreErrors.PLUGIN_FAILED(host.name, "register", errorText(error).slice(0, LONGEST_REASON), { cause: error }));
      }
    }
  }

  #eventDefinitions(): readonly EventDefinition[] {
    return [...coreEvents, ...this.#plugins.flatMap(({ definition }) => definition.events ?? [])];
  }

  #host(name: string): PluginHost | undefined {
    return this.#hosts.find((host) => host.name === name);
  }

  /** @throws HTL_CORE_PLUGIN_REQUIREMENT_FAILED when a plugin it cannot do without has failed */
  #requireRequirements(host: PluginHost): void {
    for (const text of host.definition.requires ?? []) {
      const failure = this.#host(text.replace(/@.*$/, ""))?.failure;
      if (failure !== undefined) throw coreErrors.PLUGIN_REQUIREMENT_FAILED(host.name, text.replace(/@.*$/, ""), errorText(failure));
    }
  }

  /** Fails the hotline, or takes the plugin out when it is not critical. */
  #failed(host: PluginHost, phase: "register" | "check" | "ready" | "start", error: HotlineError): void {
    if (host.critical) throw error;
    host.fail(error);
    this.#data.jobs.putBack(host.name);
    this.#data.events.publish("plugin.failed", { plugin: host.name, phase, code: error.code, message: errorText(safeError(error)) });
  }

  #provideCore(): void {
    const { clock, ids, activity, calendars, settings } = this.#deps;
    const { services } = this;
    const data = this.#data;
    services.provide(CLOCK, () => clock);
    services.provide(IDS, () => ids);
    services.provide(ACTIVITY, () => activity);
    services.provide(CALENDARS, () => calendars);
    services.provide(SETTINGS, () => settings);
    services.provide(UNIT_OF_WORK, () => data.unitOfWork);
    services.provide(READ_POOL, () => data.readPool);
    services.provide(AUDIT, () => data.audit);
    services.provide(JOBS, () => data.jobs);
    services.provide(BLOBS, () => data.blobs);
    services.provide(SECRETS, () => data.secrets);
    services.provide(METRICS, () => this.#metrics);
    services.provide(CALL_PIPELINE, () => this.#pipeline);
    services.provide(CALL_CONTROL, () => this.#control);
    services.provide(CALL_JOURNAL, () => this.#journal);
    services.provide(INTERACTIONS, () => this.#journal.interactions(data.events));
    services.provide(NOTIFICATIONS, () => this.#notifications);
    services.provide(MESSAGE_INTAKE, () => this.#intake);
    services.provide(EVENT_DEFINITIONS, () => this.#eventDefinitions());
    services.provide(DATASETS, () => [...coreDatasets.map((each) => ({ ...each, plugin: "core" })), ...this.#plugins.flatMap(({ definition }) => (definition.datasets ?? []).map((each) => ({ ...each, plugin: definition.name })))]);
    services.provide(IVR_NODE_TYPES, () => new Map(this.#plugins.flatMap(({ definition }) => ((definition.ivrNodes ?? []) as readonly IvrNodeType<unknown>[]).map((node) => [node.type, node] as const))));
    services.provide(IVR_NODE_RUNNER, () => ({ run: (type: string, context: IvrNodeContext) => this.#runner.ivrNode(type, context) }));
    services.provide(TICKET_GATE, () => ({ ask: (transition) => this.#runner.ticketTransition(transition) }));
    services.provide(PERMISSIONS, () => [...corePermissions.map((each) => ({ ...each, plugin: "core" })), ...this.#plugins.flatMap(({ definition }) => (definition.permissions ?? []).map((each) => ({ ...each, plugin: definition.name })))]);
    services.provide(AUDIT_WORDS, () => {
      const all = [coreAuditWords, ...this.#plugins.map(({ definition }) => definition.audit ?? {})];
      return { actions: all.flatMap(({ actions = [] }) => actions), subjects: all.flatMap(({ subjects = [] }) => subjects) };
    });
    services.provide(ROUTES, () => this.#hosts.flatMap((host) => (host.definition.routes ?? []).map((route) => ({ plugin: host.name, route: unlessFailed(host, route) }))));
    services.provide(CONSOLE_UIS, () => this.#hosts.flatMap(({ definition, takesPart }) => (definition.consoleUi === undefined ? [] : [{ plugin: definition.name, version: definition.version, ui: definition.consoleUi, takesPart }])));
    services.provide(HEALTH, () => {
      const kernel = (): Kernel => this;
      return {
        get state() {
          return kernel().state;
        },
        report: () => this.health(),
      };
    });
  }

  async #open(): Promise<void> {
    const { entities, migrations } = this.#manifests();
    await this.#data.open(entities, migrations);
    const found = await this.#journal.recover();
    if (found.interactions > 0 || found.legs > 0) this.#deps.log.warn(found, "the last process ended without a stop; its open interactions were closed with process_restart");
  }

  /** What the plugins bring for the database, in their order. */
  #manifests(): { entities: readonly EntitySchema[]; migrations: readonly PluginMigration[] } {
    const plugins = orderPlugins(this.#deps.plugins, __VERSION__);
    checkManifests(plugins);
    return {
      entities: plugins.flatMap(({ definition }) => [...(definition.entities ?? [])]),
      migrations: plugins.flatMap(({ definition }) => (definition.migrations ?? []).map((migration) => ({ plugin: definition.name, migration }))),
    };
  }

  /** Runs a phase in dependency order. */
  async #phase(phase: Extract<Phase, "check" | "ready" | "start">): Promise<void> {
    for (const host of this.#hosts) {
      if (!host.takesPart()) continue;
      if (!this.#begun.includes(host)) this.#begun.push(host);
      try {
        this.#requireRequirements(host);
        await host.run(phase, { clock: this.#deps.clock });
      } catch (error) {
        this.#failed(host, phase, isHotlineError(error) ? error : coreErrors.PLUGIN_FAILED(host.name, phase, errorText(error), { cause: error }));
        // What it had begun (a port, a timer) is let go of now, not at the end of the hotline.
        await this.#stopHost(host);
      }
    }
  }

  async #shutDown(drain: boolean): Promise<void> {
    const { clock, log, drainMs } = this.#deps;
    if (this.state === "stopped") return;
    if (this.state === "running") {
      this.#lifecycle.move("draining");
      this.#pipeline.close(Math.max(1, Math.ceil(drainMs / 1_000)));
      const deadline = clock.setTimeout(() => this.hurry(), drain ? drainMs : 0);
      if (!drain) this.hurry();
      const { signal } = this.#drainDeadline;
      const run = async (phase: "drain" | "drained"): Promise<void> => {
        for (const host of [...this.#hosts].reverse()) await host.run(phase, { clock, deadline: signal }).catch((error: unknown) => log.error({ err: error }, `plugin ${host.name} could not drain`));
      };
      // Plugins drain while live calls finish: both look at the same deadline.
      await Promise.all([this.#pipeline.drained(signal), run("drain")]);
      await run("drained");
      await this.#journal.flush(signal);
      await this.#data.drain(signal);
      deadline.cancel();
    }
    await this.#release();
    this.#lifecycle.move("stopped");
  }

  async #stopHost(host: PluginHost): Promise<void> {
    const { clock, log } = this.#deps;
    await host.run("stop", { clock }).catch((error: unknown) => log.error({ err: error }, `plugin ${host.name} could not stop in order`));
  }

  /** Stops what has begun, in reverse, and closes the data layer. Never throws. */
  async #release(): Promise<void> {
    const { log } = this.#deps;
    for (const host of [...this.#begun].reverse()) await this.#stopHost(host);
    this.#begun = [];
    // What the plugins ended while they stopped is a change too.
    await this.#journal.end();
    this.#unwatch();
    await this.#data.close().catch((error: unknown) => log.error({ err: error }, "the data layer could not be closed in order"));
    this.#container.dispose();
  }
}

/** Its route as long as it takes part, then 503. */
function unlessFailed(host: PluginHost, route: HttpRoute): HttpRoute {
  return {
    ...route,
    handler: async (request) => {
      if (!host.takesPart()) throw coreErrors.PLUGIN_UNAVAILABLE(host.name);
      return route.handler(request);
    },
  };
}
