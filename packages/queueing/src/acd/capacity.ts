import { QueueingError } from "../errors.js";
import type { AgentState } from "./state.js";

/** The channel of a telephone call. */
export const VOICE = "voice";

/** How much an agent may have at once. Without one: a single thing, whatever the channel. */
export interface CapacityConfig {
  /** Channel -> most at once, 0 = none. `*` stands for those not named; default 1. Of `voice` at most 1: nobody talks on two calls. */
  readonly channels?: Readonly<Record<string, number>>;
  /** Most of everything together, 1 or more. Default: no limit but those of the channels. */
  readonly total?: number;
  /** While the agent has anything of the channel `while`, nothing of `exclude` is offered; `*` = of any channel. */
  readonly rules?: readonly { readonly while: string; readonly exclude: readonly string[] }[];
}

export interface Capacity {
  readonly channels: Readonly<Record<string, number>>;
  /** For channels not named. */
  readonly other: number;
  readonly total: number;
  readonly rules: readonly { readonly while: string; readonly exclude: ReadonlySet<string> }[];
}

/** One thing at a time. */
const SINGLE: Capacity = { channels: {}, other: 1, total: 1, rules: [] };

/** @throws QueueingError for figures that make no sense */
export function resolveCapacity(agentId: string, config: CapacityConfig | undefined): Capacity {
  if (config === undefined) return SINGLE;
  const fail = (what: string): never => {
    throw new QueueingError("INVALID", `Agent ${agentId}: ${what}`);
  };
  const { "*": other = 1, ...channels } = config.channels ?? {};
  for (const [channel, most] of [...Object.entries(channels), ["*", other] as const]) {
    if (!(Number.isInteger(most) && most >= 0)) fail(`the capacity for ${channel} must be 0, 1, 2 ..., got ${String(most)}`);
  }
  if ((channels[VOICE] ?? 1) > 1) fail("an agent talks on one call at a time: the capacity for voice must be 0 or 1");
  const { total = Infinity } = config;
  if (!(total === Infinity || Number.isInteger(total)) || total < 1) fail(`the total capacity must be 1, 2, 3 ..., got ${String(total)}`);
  return { channels, other, total, rules: (config.rules ?? []).map((rule) => ({ while: rule.while, exclude: new Set(rule.exclude) })) };
}

/** How much of a channel the agent has, what is just being offered included. */
export function loadOf(agent: AgentState, channel: string): number {
  let load = agent.reservation?.interaction.channel === channel ? 1 : 0;
  for (const interaction of agent.interactions) if (interaction.channel === channel) load += 1;
  return load;
}

/** Most of the channel at once. */
function mostOf({ channels, other }: Capacity, channel: string): number {
  // No rule lifts this one, `*` included.
  return channel === VOICE ? Math.min(1, channels[VOICE] ?? 1) : (channels[channel] ?? other);
}

/** Whether the agent serves the channel at all. */
export function takes({ capacity }: AgentState, channel: string): boolean {
  return mostOf(capacity, channel) > 0;
}

/** Whether one more of the channel is within the agent's capacity and its rules. */
export function roomFor(agent: AgentState, channel: string): boolean {
  const { capacity, interactions, status } = agent;
  const most = mostOf(capacity, channel);
  if (most === 0) return false;
  // By the status alone who has nothing: of thousands who are free what they have need not be looked at.
  if (status === "available" || status === "on-demand") return true;
  const has = interactions.size + (agent.reservation === undefined ? 0 : 1);
  if (has >= capacity.total) return false;
  if (has === 0) return true;
  if (loadOf(agent, channel) >= most) return false;
  return !capacity.rules.some((rule) => (rule.exclude.has(channel) || rule.exclude.has("*")) && (rule.while === "*" || loadOf(agent, rule.while) > 0));
}
