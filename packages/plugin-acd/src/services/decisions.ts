import type { EventMap, EventName, Logger } from "@hotlinejs/core";
import { agentView } from "@hotlinejs/queueing";
import type { AcdEffect } from "@hotlinejs/queueing";
import type { AgentState } from "../contract.js";
import type { Entry, Floor } from "./floor.js";
import { NOBODYS_FAULT } from "./queued-call.js";
import type { QueueFacts } from "./queue-facts.js";
import type { WrapUps } from "./wrap-ups.js";

/** In these an agent has something to do; what is chosen then holds afterwards. */
export const AT_WORK: ReadonlySet<AgentState> = new Set<AgentState>(["reserved", "busy", "wrap-up", "occupied"]);

export interface DecisionsDeps {
  readonly floor: Floor;
  readonly facts: QueueFacts;
  readonly log: Logger;
  readonly queueChanged: (key: string) => void;
  readonly agentChanged: (number: string) => void;
  readonly publish: <N extends EventName>(name: N, payload: EventMap[N]) => void;
  readonly autoPaused: (effect: Extract<AcdEffect, { type: "auto-paused" }>) => void;
  readonly wrapUps: Pick<WrapUps, "changed" | "had" | "over">;
  /** The hotline takes no more calls. */
  readonly stopping: () => boolean;
  /** The agent has no work, or none any more. */
  readonly idle: (agent: string) => void;
  /** The caller stands in another queue now. */
  readonly moved: (entry: Entry, id: string) => void;
}

/** Gives each decision of the engine to whom it concerns. */
export class Decisions {
  readonly #deps: DecisionsDeps;

  constructor(deps: DecisionsDeps) {
    this.#deps = deps;
  }

  perform(effect: Exclude<AcdEffect, { type: "timer" | "timer-cancel" }>, at: number): void {
    const { facts, publish, floor, wrapUps } = this.#deps;
    switch (effect.type) {
      case "queue-length":
        return this.#deps.queueChanged(effect.queue);
      case "agent-status":
        facts.agentStatus(effect, at);
        if (effect.to === "wrap-up") wrapUps.changed(effect.agentId);
        else wrapUps.over(effect.agentId);
        if (!AT_WORK.has(effect.to)) this.#deps.idle(effect.agentId);
        // Who is there and free, and how long talks are taken care of, are figures of the queues too.
        for (const key of agentView(floor.engine.state, effect.agentId)?.queues ?? []) this.#deps.queueChanged(key);
        return publish("acd.agent-state", { agent: effect.agentId, from: effect.from, to: effect.to, reason: effect.reason ?? null, at });
      case "auto-paused":
        return this.#deps.autoPaused(effect);
    }
    const entry = floor.entries.get(effect.interactionId);
    if (entry === undefined) return;
    const { call, owner } = entry;
    const { interactionId } = owner;
    if (entry.kept !== undefined) return this.#performKept(entry, effect);
    switch (effect.type) {
      case "entered":
        entry.entered = true;
        facts.entered(owner, effect, at);
        publish("acd.queued", { interactionId, queue: effect.queue, ahead: effect.ahead, at });
        return call.entered(effect);
      case "offer":
        facts.offered(owner, effect, at);
        publish("acd.offered", { interactionId, queue: effect.queue, agent: effect.agentId, attempt: effect.attempt, at });
        return call.offered(effect);
      case "rescind":
        // Of the others `requeued` tells next.
        if (NOBODYS_FAULT.has(effect.reason)) publish("acd.withdrawn", { interactionId, queue: owner.queue, agent: effect.agentId, reason: effect.reason, at });
        return call.rescinded(effect);
      case "requeued":
        publish("acd.requeued", { interactionId, queue: owner.queue, agent: effect.agentId, cause: effect.cause, ringing: effect.ringing, at });
        return call.requeued(effect);
      case "connect":
        publish("acd.connecting", { interactionId, queue: effect.queue, agent: effect.agentId, waitMs: effect.waitMs, at });
        void call.connect(effect).catch((error: unknown) => {
          this.#deps.log.error({ err: error, interactionId, agent: effect.agentId }, "joining caller and agent failed");
          floor.engine.dispatch({ type: "offer.rejected", reservationId: effect.reservationId, cause: "failed" });
        });
        return;
      case "announce":
        return call.announce(effect);
      case "overflowed":
        publish("acd.overflowed", { interactionId, queue: owner.queue, queues: effect.queues, at });
        return call.overflowed(effect);
      case "left":
        facts.left(owner, effect, { at, entered: entry.entered, cut: call.cut });
        if (effect.outcome === "moved") this.#deps.moved(entry, effect.interactionId);
        else if (effect.outcome !== "answered") floor.entries.delete(effect.interactionId);
        return call.left(effect);
      case "ended":
        facts.ended(owner, effect, at, call.brokenOff);
        // A chat that ends while the hotline stops goes on with its agent in the next process.
        owner.cut = this.#deps.stopping() && (call.brokenOff || owner.channel !== "voice");
        wrapUps.had(effect.agentId, owner);
        floor.entries.delete(effect.interactionId);
        call.ended(effect);
        // Who has other work goes on in that state, with room for more.
        if (agentView(floor.engine.state, effect.agentId)?.status === "busy") this.#deps.agentChanged(effect.agentId);
        return;
    }
  }

  /** Of a place whose citizen is not on the line: no facts, nothing to tell of a call. */
  #performKept(entry: Entry, effect: Exclude<AcdEffect, { type: "timer" | "timer-cancel" | "queue-length" | "agent-status" | "auto-paused" }>): void {
    const { call } = entry;
    const { floor } = this.#deps;
    if (effect.type === "entered") call.entered(effect);
    else if (effect.type === "offer") call.offered(effect);
    else if (effect.type === "rescind") call.rescinded(effect);
    else if (effect.type === "left") {
      if (effect.outcome === "moved") this.#deps.moved(entry, effect.interactionId);
      else floor.entries.delete(effect.interactionId);
      call.left(effect);
    }
  }
}
