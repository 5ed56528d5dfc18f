import type { CallSession, Clock, FlowVisitResult, IvrNodeRunner, IvrStep, Logger, Prompts, Services } from "@hotlinejs/core";
import { errorText, isHotlineError } from "@hotlinejs/core";
import { GLOBAL_OUTCOMES } from "../contract.js";
import { errors } from "../errors.js";
import type { CompiledFlow, CompiledNode, FlowSet } from "../flow/compiled-flow.js";
import type { FlowLimits } from "./flow-control.js";
import { OWN_OUTCOMES, setControl } from "./flow-control.js";
import type { VisitResult } from "./node-visit.js";
import { NodeVisit } from "./node-visit.js";

export interface FlowRunOptions {
  readonly session: CallSession;
  /** All flows as they were when the call began. */
  readonly flows: FlowSet;
  readonly flow: CompiledFlow;
  readonly vars: Record<string, unknown>;
  readonly services: Services;
  readonly runner: IvrNodeRunner;
  readonly prompts: Prompts | undefined;
  readonly clock: Clock;
  readonly log: Logger;
  readonly limits: FlowLimits;
  /** Whether the caller talks with somebody right now. */
  readonly bridged: () => boolean;
  /** An agent has sent the caller here: the key 0, a failure and the end lead back to the agent. */
  readonly visit?: boolean;
}

interface Place {
  readonly flow: CompiledFlow;
  readonly node: CompiledNode;
}

const MAX_DEPTH = 16;
const MAX_FAILURES = 3;
/** How long a node may take to notice that the caller pressed 0, and that the caller has gone (below the kernel's own limit). */
const LEAVE_MS = 2_000;
const HANGUP_MS = 4_500;
const PATH_LENGTH = 60;

/**
 * One call in its flow, from node to node.
 *
 * ```
 *            +--- outcome ----> next node        $back ---> menu before
 * node ------+--- end --------> over             $goto ---> other flow, and $return
 *            +--- key 0 ------> agent node
 *            +--- failure ----> its `error` edge, the fallback node, the agent node, a goodbye: the first there is
 *            +--- hang-up ----> over
 * ```
 * On a visit from the desk the key 0 and a failure without an edge of its own end the run instead.
 */
export class FlowRun {
  readonly #options: FlowRunOptions;
  /** Flows that wait for a sub-flow to return, outermost first. */
  readonly #frames: Place[] = [];
  /** Menus the caller went through, for `*`. */
  #menus: { place: Place; depth: number }[] = [];
  readonly #path: string[] = [];
  readonly #gone: Promise<void>;
  #visit: NodeVisit | undefined;
  /** Keys were pressed in a conversation: nobody collected them, and they mean nothing afterwards. */
  #staleKeys = false;
  readonly #keyedAhead = { count: 0, at: 0 };
  #target: { flow: string; node?: string; call: boolean } | undefined;
  #nodes = 0;
  #silentNodes = 0;
  #failures = 0;
  #lastResort = false;
  /** How a visit ends. */
  #end: FlowVisitResult = { outcome: "completed" };
  #returned: string | undefined;

  constructor(options: FlowRunOptions) {
    this.#options = options;
    this.#gone = aborted(options.session.signal);
  }

  /** Resolves when the flow is over: at an end node, or because the caller has gone. Rejects never. */
  async run(): Promise<FlowVisitResult> {
    const { session, flow, log } = this.#options;
    const unsubscribe = session.call.media?.subscribe((event) => {
      if (event.type !== "dtmf") return;
      if (this.#options.bridged() || this.#visit?.inConversation) this.#staleKeys = true;
      else this.#visit?.pressed(event.digit);
    });
    try {
      let place: Place | undefined = placeOf(flow, flow.start);
      while (place && !session.signal.aborted) {
        const result = await this.#guarded(place);
        place = await this.#follow(place, result);
      }
    } catch (error) {
      log.error({ interactionId: session.interaction.id, flow: flow.id, err: error }, "a flow failed and nothing could take over");
      this.#end = { outcome: "failed" };
    } finally {
      unsubscribe?.();
    }
    return this.#end;
  }

  async #guarded(place: Place): Promise<VisitResult> {
    const { limits } = this.#options;
    this.#nodes++;
    this.#silentNodes++;
    if (this.#silentNodes > limits.maxSilentNodes) {
      this.#silentNodes = 0;
      return { kind: "failed", error: errors.FLOW_SPINS(limits.maxSilentNodes) };
    }
    if (this.#nodes > limits.maxNodes) {
      this.#nodes = 0;
      return { kind: "failed", error: errors.FLOW_TOO_LONG(limits.maxNodes) };
    }
    return this.#stay(place);
  }

  async #stay(place: Place): Promise<VisitResult> {
    const { session, services, prompts, limits, log, runner, clock } = this.#options;
    const { flow, node } = place;
    if (this.#staleKeys) await this.#forgetKeys();
    if (node.type === "menu") this.#reachedMenu(place);
    this.#remember(place);
    const visit = new NodeVisit({ session, flow, node, vars: this.#options.vars, services, prompts, limits, log, zero: this.#zeroWorks(place), keyedAhead: this.#keyedAhead, now: () => clock.now(), talked: () => (this.#silentNodes = 0) });
    this.#visit = visit;
    setControl(session, {
      invalid: flow.invalid,
      silence: flow.silence,
      goodbye: flow.goodbye,
      maxInvalid: flow.maxInvalid,
      limits,
      globals: { ...node.globals, zero: this.#zeroWorks(place) },
      ask: (ref, options) => visit.askRaw(ref, options),
      enter: (target) => (this.#target = target),
      returning: (result) => (this.#returned = result),
      conversing: (on) => visit.conversing(on),
    });
    const started = clock.monotonic();
    const work = runner.run(node.type, visit.context).then(
      (step): VisitResult => (step ? { kind: "step", step } : { kind: "failed", error: errors.NODE_NOT_OWNED(node.type) }),
      (error: unknown): VisitResult => ({ kind: "failed", error }),
    );
    let result = await Promise.race([work, visit.left.then((): VisitResult => ({ kind: "agent" })), this.#gone.then((): VisitResult => ({ kind: "gone" }))]);
    // Whoever won: nothing of this node may speak or listen any more, and the next one waits for its end.
    visit.abort();
    if (result.kind === "agent") await this.#settled(work, LEAVE_MS, place);
    if (session.signal.aborted) {
      await this.#settled(work, HANGUP_MS, place);
      // A flow that ended the call itself, or sent it elsewhere, has not lost its caller.
      const end = session.call.state === "ended" ? await session.call.ended : undefined;
      const ours = end?.by === "local" || end?.reason === "redirected";
      result = ours ? { kind: "step", step: { end: true } } : { kind: "gone" };
    }
    session.interaction.event("ivr.node", { flow: flow.id, version: flow.version, node: node.id, type: node.type, ...(node.label === undefined ? {} : { label: node.label }), outcome: outcomeName(result), ms: Math.round(clock.monotonic() - started) });
    return result;
  }

  /** Where the call goes on; `undefined`: nowhere, the flow is over. */
  async #follow(place: Place, result: VisitResult): Promise<Place | undefined> {
    switch (result.kind) {
      case "gone":
        return undefined;
      case "agent":
        return this.#agent(place);
      case "failed":
        return this.#recover(place, result.error);
      case "step":
        return "end" in result.step ? undefined : this.#edge(place, result.step.outcome);
    }
  }

  async #edge(place: Place, outcome: string): Promise<Place | undefined> {
    switch (outcome) {
      case GLOBAL_OUTCOMES.agent:
        return (await this.#agent(place)) ?? (this.#options.visit === true ? undefined : place);
      case GLOBAL_OUTCOMES.back:
        return this.#back(place);
      case GLOBAL_OUTCOMES.repeat:
        return place;
      case OWN_OUTCOMES.goto:
        return this.#goto(place);
      case OWN_OUTCOMES.return:
        return this.#return();
    }
    const target = place.node.edges.get(outcome);
    if (target !== undefined) return placeOf(place.flow, target);
    if (place.node.optional.has(outcome)) return undefined;
    return this.#recover(place, errors.UNKNOWN_OUTCOME(place.node.id, outcome));
  }

  #goto(place: Place): Place | Promise<Place | undefined> {
    const target = this.#target;
    this.#target = undefined;
    const flow = target && this.#options.flows.get(target.flow);
    const next = flow && placeOf(flow, target.node ?? flow.start);
    if (!next) return this.#recover(place, errors.UNKNOWN_FLOW(target?.flow ?? "?"));
    if (target.call) {
      if (this.#frames.length >= MAX_DEPTH) return this.#recover(place, errors.FLOW_TOO_DEEP(MAX_DEPTH));
      this.#frames.push(place);
    }
    return next;
  }

  async #return(): Promise<Place | undefined> {
    const result = this.#returned;
    this.#returned = undefined;
    const caller = this.#frames.pop();
    if (!caller) {
      if (result !== undefined) this.#end = { outcome: "completed", result };
      return undefined;
    }
    this.#menus = this.#menus.filter(({ depth }) => depth <= this.#frames.length);
    return this.#edge(caller, "returned");
  }

  /** To the menu before the one the caller is at (or came from); in the first menu, that one again. */
  #back(place: Place): Place {
    const last = this.#menus.at(-1);
    if (last && same(last.place, place)) this.#menus.pop();
    const target = this.#menus.at(-1);
    if (!target) return place;
    // Sub-flows that were entered after that menu are left.
    this.#frames.length = Math.min(this.#frames.length, target.depth);
    return target.place;
  }

  #reachedMenu(place: Place): void {
    const known = this.#menus.findIndex((menu) => same(menu.place, place));
    if (known >= 0) this.#menus.length = known;
    this.#menus.push({ place, depth: this.#frames.length });
  }

  async #agent(place: Place): Promise<Place | undefined> {
    // What was keyed before belongs to what the caller has left.
    await this.#forgetKeys();
    if (this.#options.visit === true) this.#end = { outcome: "agent" };
    return this.#zeroPlace(place);
  }

  async #forgetKeys(): Promise<void> {
    this.#staleKeys = false;
    try {
      await this.#visit?.forgetKeys();
    } catch (error) {
      this.#options.log.debug({ error: errorText(error) }, "keys could not be cleared");
    }
  }

  /** A node failed: the first of its own error edge, the fallback node, the agent node, a goodbye. */
  async #recover(place: Place, error: unknown): Promise<Place | undefined> {
    const { session, log } = this.#options;
    if (session.signal.aborted) return undefined;
    this.#failures++;
    this.#silentNodes = 0;
    const code = isHotlineError(error) ? error.code : "error";
    log.error({ interactionId: session.interaction.id, flow: place.flow.id, node: place.node.id, failures: this.#failures, err: error }, "a node failed");
    // A key that waits would cut the apology short.
    await this.#forgetKeys();
    session.interaction.event("ivr.node-failed", { flow: place.flow.id, node: place.node.id, code });
    if (this.#failures <= MAX_FAILURES) {
      const own = place.node.edges.get("error");
      if (own !== undefined && own !== place.node.id) return placeOf(place.flow, own);
      const fallback = this.#inherited(place, (flow) => flow.fallback);
      if (fallback && !same(fallback, place)) return fallback;
    }
    if (this.#options.visit === true) {
      this.#end = { outcome: "failed" };
      return undefined;
    }
    const agent = this.#zeroPlace(place);
    if (!this.#lastResort && agent && !same(agent, place)) {
      this.#lastResort = true;
      await this.#sayAlone(place, "ivr.error");
      return agent;
    }
    await this.#sayAlone(place, place.flow.goodbye);
    await session.call.hangup();
    return undefined;
  }

  async #sayAlone(place: Place, prompt: Parameters<NodeVisit["say"]>[0]): Promise<void> {
    const { session, services, prompts, limits, log, vars, clock } = this.#options;
    const visit = new NodeVisit({ session, flow: place.flow, node: place.node, vars, services, prompts, limits, log, zero: false, keyedAhead: this.#keyedAhead, now: () => clock.now(), talked: () => undefined });
    await visit.say(prompt, { bargeIn: false });
  }

  #zeroWorks(place: Place): boolean {
    if (this.#options.visit === true) return place.node.globals.zero;
    const target = this.#zeroPlace(place);
    return place.node.globals.zero && target !== undefined && !same(target, place);
  }

  #zeroPlace(place: Place): Place | undefined {
    if (this.#options.visit === true) return undefined;
    return this.#inherited(place, (flow) => flow.zero);
  }

  /** A sub-flow that does not name its own uses its caller's. */
  #inherited(place: Place, pick: (flow: CompiledFlow) => string | undefined): Place | undefined {
    for (const flow of [place.flow, ...this.#frames.map((frame) => frame.flow).reverse()]) {
      const id = pick(flow);
      if (id !== undefined) return placeOf(flow, id);
    }
    return undefined;
  }

  #remember({ flow, node }: Place): void {
    const { session, visit } = this.#options;
    // The way that led to the agent stays on the screen.
    if (visit === true) return;
    this.#path.push(node.label);
    if (this.#path.length > PATH_LENGTH) this.#path.shift();
    session.interaction.note({ ivr: { v: 1, flow: flow.id, flowVersion: flow.version, node: node.id, path: [...this.#path], language: session.language } });
  }

  /** Waits for the node's end, but not for ever. */
  async #settled(work: Promise<VisitResult>, limitMs: number, place: Place): Promise<void> {
    const { clock, log, session } = this.#options;
    await new Promise<void>((resolve) => {
      const timer = clock.setTimeout(() => {
        log.warn({ interactionId: session.interaction.id, flow: place.flow.id, node: place.node.id, limitMs }, "a node goes on although the caller has left it");
        resolve();
      }, limitMs);
      void work.then(() => {
        timer.cancel();
        resolve();
      });
    });
  }
}

function placeOf(flow: CompiledFlow, id: string): Place | undefined {
  const node = flow.nodes.get(id);
  return node && { flow, node };
}

function same(a: Place, b: Place): boolean {
  return a.node.id === b.node.id && a.flow.id === b.flow.id;
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener("abort", () => resolve(), { once: true });
  });
}

function outcomeName(result: VisitResult): string {
  if (result.kind !== "step") return result.kind;
  const step: IvrStep = result.step;
  return "end" in step ? "end" : step.outcome;
}
