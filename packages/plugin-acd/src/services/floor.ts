import { agentView, queueView } from "@hotlinejs/queueing";
import { acdErrors } from "../errors.js";
import type { StoredAgent, StoredQueue } from "./acd-store.js";
import type { QueueEngine } from "./queue-engine.js";
import type { EntryOwner } from "./queue-facts.js";
import type { QueueMember } from "./queue-member.js";
import type { QueuedCall } from "./queued-call.js";

/** One stay in a queue. */
export interface Entry {
  readonly call: QueueMember;
  /** Of the stay in the present queue. */
  owner: EntryOwner;
  entered: boolean;
  /** The number of a place that is kept: it is in no figures, the call that comes of it is. */
  readonly kept?: string;
}

/** The queues, the agents and who is served at this moment: what the parts of the distribution have in common. */
export class Floor {
  readonly queues = new Map<string, StoredQueue>();
  readonly agents = new Map<string, StoredAgent>();
  /** By the engine's id of the stay. */
  readonly entries = new Map<string, Entry>();
  /** Calls of callers in a queue or talking through one, by interaction. */
  readonly serving = new Map<string, QueuedCall>();

  constructor(readonly engine: QueueEngine) {}

  /** @throws HTL_ACD_UNKNOWN_QUEUE */
  queue(key: string): StoredQueue {
    const queue = this.queues.get(key);
    if (queue === undefined) throw acdErrors.UNKNOWN_QUEUE(key, [...this.queues.keys()].join(", "));
    return queue;
  }

  /** A queue that lets callers in. @throws HTL_ACD_UNKNOWN_QUEUE, HTL_ACD_QUEUE_FROZEN */
  open(key: string): StoredQueue {
    const queue = this.queue(key);
    if (queueView(this.engine.state, key)?.frozen === true) throw acdErrors.QUEUE_FROZEN(key);
    return queue;
  }

  /** @throws HTL_ACD_UNKNOWN_AGENT */
  agent(number: string): StoredAgent {
    const agent = this.agents.get(number);
    if (agent === undefined) throw acdErrors.UNKNOWN_AGENT(number);
    return agent;
  }

  /** An agent who serves callers of the queue, as one of its own or of a queue it overflows into. @throws HTL_ACD_UNKNOWN_AGENT, HTL_ACD_AGENT_NOT_IN_QUEUE */
  server(number: string, key: string): StoredAgent {
    const agent = this.agent(number);
    const own = agentView(this.engine.state, number)?.queues ?? [];
    const reached = [key, ...this.queue(key).settings.overflow.flatMap(({ queues }) => queues)];
    if (!reached.some((queue) => own.includes(queue))) throw acdErrors.AGENT_NOT_IN_QUEUE(number, key);
    return agent;
  }

  /** Numbers of the agents who serve the queue. */
  membersOf(key: string): string[] {
    return [...this.agents.keys()].filter((number) => agentView(this.engine.state, number)?.queues.includes(key) === true);
  }
}
