import type { Calendars, Clock, EventMap, EventName, Logger } from "@hotlinejs/core";
import { errorText } from "@hotlinejs/core";
import type { AcdEvent } from "@hotlinejs/queueing";
import { changeableRules, queueSettings, type AcdConfig, type QueueSettings } from "../config.js";
import type { AgentProfile, QueueRules as Rules, QueueRulesChange } from "../contract.js";
import { engineQueue } from "../domain/engine-config.js";
import { queueDoubts } from "../domain/settings-doubts.js";
import { knownHosts, knownReserves, knownSkills, queueFaults, type Known } from "../domain/settings-faults.js";
import { acdErrors } from "../errors.js";
import type { StoredQueue } from "./acd-store.js";
import { checked, INPUTS, issuesOf } from "./checked.js";
import type { Floor } from "./floor.js";
import type { QueueChanges, QueueRuleStore, StoredRules } from "./queue-rule-store.js";
import type { SettingsCheck } from "./settings-check.js";

export interface QueueRulesDeps {
  readonly config: AcdConfig;
  readonly store: QueueRuleStore;
  readonly floor: Floor;
  readonly check: SettingsCheck;
  readonly calendars: Pick<Calendars, "has" | "keys">;
  readonly clock: Clock;
  readonly log: Logger;
  readonly profiles: () => readonly AgentProfile[];
  /** Other rules count: whoever goes by them without the engine looks anew. */
  readonly ruled: (queue: string) => void;
  readonly queueChanged: (key: string) => void;
  readonly publish: <N extends EventName>(name: N, payload: EventMap[N]) => void;
}

interface Ruled extends QueueChanges {
  /** Without the changes. */
  readonly base: QueueSettings;
  /** Why a change does not count. */
  readonly leftOut: ReadonlyMap<string, string>;
}

interface RuleFault {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

const CHANGEABLE: ReadonlySet<string> = new Set(Object.keys(changeableRules.shape));

/** Rules of queues that supervisors change while the hotline runs: over what the database has from the configuration, kept over restarts. */
export class QueueRules {
  readonly #deps: QueueRulesDeps;
  readonly #ruled = new Map<string, Ruled>();
  /** Changes of queues that are no longer there. */
  readonly #orphans: string[] = [];
  /** The change that is under way: the next sees what it left. */
  #changing: Promise<unknown> = Promise.resolve();

  constructor(deps: QueueRulesDeps) {
    this.#deps = deps;
  }

  /** Takes the queues in, with what was changed of them by earlier processes; what can no longer be so is left out and told. Before anybody waits. @throws HTL_ACD_QUEUE_UNUSABLE */
  async load(queues: readonly StoredQueue[]): Promise<void> {
    const { calendars, config, floor, store } = this.#deps;
    for (const queue of queues) {
      const { calendar } = queue.settings;
      if (calendar !== undefined && !calendars.has(calendar)) throw acdErrors.QUEUE_UNUSABLE(queue.key, `calendar: there is no calendar ${calendar}; known: ${calendars.keys().join(", ")}`);
      floor.queues.set(queue.key, queue);
    }
    // What agents can, and which queue is somebody's overflow, changes from day to day: no reason to take a change back that was right when it was made.
    const known = { ...this.#named(), skills: undefined, reserves: undefined, hosts: new Set(floor.queues.keys()) };
    const changed = await store.load();
    for (const [key, { changes }] of changed) if (!floor.queues.has(key)) this.#orphaned(key, Object.keys(changes));
    for (const queue of queues) {
      const { changes, edition } = changed.get(queue.key) ?? { changes: {}, edition: 0 };
      const base = queue.settings;
      const { settings, leftOut } = await this.#whatCan(queue.key, base, changes, known);
      for (const [rule, why] of leftOut) this.#tell(queue.key, rule, why);
      queue.settings = settings;
      this.#ruled.set(queue.key, { base, changes, edition, leftOut });
      floor.engine.dispatch({ type: "queue.configured", queue: engineQueue(queue.key, settings, config.wrapUp) } satisfies AcdEvent);
    }
  }

  /** Changes that do not count, as `queue.rule`. */
  get leftOut(): readonly string[] {
    return [...this.#orphans, ...[...this.#ruled].flatMap(([key, { leftOut }]) => [...leftOut.keys()].map((rule) => `${key}.${rule}`))];
  }

  /** @throws HTL_ACD_UNKNOWN_QUEUE */
  of(key: string): Rules {
    const { name, settings } = this.#deps.floor.queue(key);
    const { base, changes, edition, leftOut } = this.#known(key);
    const made = Object.entries(changes).map(([rule, { value, by, at }]) => ({ rule, value, by, at }));
    return {
      queue: key,
      name,
      version: edition,
      rules: pick(settings),
      configured: pick(base),
      changed: made.filter(({ rule }) => !leftOut.has(rule)).map(({ rule, by, at }) => ({ rule, by, at })),
      leftOut: made.flatMap(({ rule, value, by, at }) => (leftOut.has(rule) ? [{ rule, by, at, value, why: leftOut.get(rule) ?? "" }] : [])),
    };
  }

  /** See `Acd.changeQueueRules`. */
  change(key: string, change: QueueRulesChange, actor: string): Promise<Rules> {
    const done = this.#changing.then(() => this.#change(key, change, actor));
    this.#changing = done.catch(() => undefined);
    return done;
  }

  async #change(key: string, given: QueueRulesChange, actor: string): Promise<Rules> {
    const { clock, floor, log, publish, store } = this.#deps;
    const queue = floor.queue(key);
    const { version, rules, reset } = checked(INPUTS.queueRules, given, `The rules of queue ${key}`);
    const ruled = this.#known(key);
    for (const rule of [...Object.keys(rules), ...reset]) if (!CHANGEABLE.has(rule) && !Object.hasOwn(ruled.changes, rule)) throw acdErrors.RULE_FIXED(rule, key, [...CHANGEABLE].join(", "));
    if (version !== ruled.edition) throw acdErrors.RULES_CHANGED(key, String(ruled.edition), String(version));
    const back = reset.filter((rule) => Object.hasOwn(ruled.changes, rule));
    if (Object.keys(rules).length === 0 && back.length === 0) return this.of(key);
    const at = clock.now();
    const changes = { ...without(ruled.changes, back), ...Object.fromEntries(Object.entries(rules).map(([rule, value]) => [rule, { value, by: actor, at }])) };
    const touched = new Set([...Object.keys(rules), ...back]);
    const leftOut = new Map([...ruled.leftOut].filter(([rule]) => !touched.has(rule)));
    const outcome = await this.#tried(key, ruled.base, valuesOf(without(changes, [...leftOut.keys()])), this.#all(key));
    if ("fault" in outcome) throw outcome.fault;
    const { settings } = outcome;
    for (const { path, message } of queueDoubts(settings)) log.warn({ queue: key, setting: path.join(".") }, `a setting probably has no effect: ${message}`);
    const details = { rules: Object.fromEntries([...touched].map((rule) => [rule, { before: read(queue.settings, rule), after: read(settings, rule) }])), ...(back.length === 0 ? {} : { reset: back }) };
    const stored = await store.put(key, ruled, changes, { actor, details });
    this.#ruled.set(key, { ...stored, base: ruled.base, leftOut });
    // In place: who waits in the queue, and whoever serves them, has this very object.
    queue.settings = settings;
    floor.engine.dispatch({ type: "queue.configured", queue: engineQueue(key, settings, this.#deps.config.wrapUp) });
    this.#deps.queueChanged(key);
    this.#deps.ruled(key);
    publish("acd.queue-rules-changed", { queue: key, rules: Object.keys(rules), reset: back, version: stored.edition, by: actor, at });
    return this.of(key);
  }

  /** As many of the changes as can be together. */
  async #whatCan(key: string, base: QueueSettings, changes: StoredRules, known: Known): Promise<{ readonly settings: QueueSettings; readonly leftOut: ReadonlyMap<string, string> }> {
    const leftOut = new Map<string, string>();
    const whole = await this.#tried(key, base, valuesOf(changes), known);
    if ("settings" in whole) return { settings: whole.settings, leftOut };
    let settings = base;
    let taken: Record<string, unknown> = {};
    const rest = new Map(Object.entries(valuesOf(changes)));
    // One may need another that comes later: again, until none is added any more.
    for (let before = -1; before !== rest.size; ) {
      before = rest.size;
      for (const [rule, value] of rest) {
        const outcome = await this.#tried(key, base, { ...taken, [rule]: value }, known);
        if ("fault" in outcome) leftOut.set(rule, outcome.why);
        else {
          settings = outcome.settings;
          taken = { ...taken, [rule]: value };
          rest.delete(rule);
          leftOut.delete(rule);
        }
      }
    }
    return { settings, leftOut };
  }

  /** The check of the start: of what was wrong already without these values they are not to blame. */
  async #tried(key: string, base: QueueSettings, values: Readonly<Record<string, unknown>>, known: Known): Promise<{ readonly settings: QueueSettings } | { readonly fault: Error; readonly why: string }> {
    // Each with its place besides: a form tells it at the field.
    const unusable = (faults: readonly RuleFault[]): { readonly fault: Error; readonly why: string } => {
      const why = issuesOf({ issues: faults });
      return { fault: acdErrors.RULES_UNUSABLE(key, why, { details: { faults: faults.map(({ path, message }) => ({ path: path.map(String), message })) } }), why };
    };
    const unknown = Object.keys(values).find((rule) => !CHANGEABLE.has(rule));
    if (unknown !== undefined) return unusable([{ path: [unknown], message: "there is no such rule that can be changed while the hotline runs; take it back" }]);
    const parsed = queueSettings.safeParse({ ...base, ...values });
    if (!parsed.success) return unusable(parsed.error.issues);
    const before = new Set(queueFaults(key, base, known).map(toldOf));
    const faults = queueFaults(key, parsed.data, known).filter((fault) => !before.has(toldOf(fault)));
    if (faults.length > 0) return unusable(faults);
    const silent = new Set((await this.#deps.check.sounds(key, base)).map(errorText));
    const fault = (await this.#deps.check.sounds(key, parsed.data)).find((each) => !silent.has(errorText(each)));
    return fault === undefined ? { settings: parsed.data } : { fault, why: errorText(fault) };
  }

  #named(): Pick<Known, "queues" | "wrapUpCodes"> {
    return { queues: new Set(this.#deps.floor.queues.keys()), wrapUpCodes: new Set(this.#deps.config.wrapUpCodes.map(({ code }) => code)) };
  }

  /** What there is at this moment, for rules of this queue. */
  #all(key: string): Known {
    const { floor, profiles } = this.#deps;
    const agents = [...floor.agents.values()].map(({ own }) => own);
    return { ...this.#named(), skills: knownSkills(agents, profiles()), reserves: knownReserves(agents, profiles()), hosts: knownHosts([...floor.queues.values()].filter((other) => other.key !== key).map(({ settings }) => settings)) };
  }

  #known(key: string): Ruled {
    const ruled = this.#ruled.get(key);
    if (ruled === undefined) throw acdErrors.UNKNOWN_QUEUE(key, [...this.#ruled.keys()].join(", "));
    return ruled;
  }

  #orphaned(key: string, rules: readonly string[]): void {
    for (const rule of rules) {
      this.#orphans.push(`${key}.${rule}`);
      this.#tell(key, rule, `there is no queue ${key}`);
    }
  }

  #tell(queue: string, rule: string, why: string): void {
    this.#deps.log.warn({ queue, rule, err: acdErrors.RULE_LEFT_OUT(rule, queue, why) }, "a rule of a queue that was changed while the hotline ran does not count any more; what is configured counts");
  }
}

function toldOf({ path, message }: { readonly path: readonly (string | number)[]; readonly message: string }): string {
  return `${path.join(".")}: ${message}`;
}

function pick(settings: QueueSettings): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(settings).filter(([rule, value]) => CHANGEABLE.has(rule) && value !== undefined));
}

function read(settings: QueueSettings, rule: string): unknown {
  return CHANGEABLE.has(rule) ? ((settings as Readonly<Record<string, unknown>>)[rule] ?? null) : null;
}

function valuesOf(changes: StoredRules): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(changes).map(([rule, { value }]) => [rule, value]));
}

function without(changes: StoredRules, names: readonly string[]): StoredRules {
  return Object.fromEntries(Object.entries(changes).filter(([rule]) => !names.includes(rule)));
}
