import { api, createStore, languageStore, onResync, onTopic, sessionStore, useStore, whileUsed, type ApiError } from "@hotlinejs/plugin-console/sdk";
import { passScreen, takeScreen } from "./screen-store.js";
import { texts } from "./texts.js";
import type { AgentCall, AgentSnapshot, QueueSnapshot } from "../src/contract.js";

export interface Desk {
  /** 工号, `null` when the user is no agent. */
  readonly number: string | null;
  readonly agents: ReadonlyMap<string, AgentSnapshot>;
  readonly queues: ReadonlyMap<string, QueueSnapshot>;
  readonly call: AgentCall | null;
  readonly loaded: boolean;
  readonly error: ApiError | undefined;
}

const EMPTY: Desk = { number: null, agents: new Map(), queues: new Map(), call: null, loaded: false, error: undefined };

/** What the server says of me, my colleagues and the queues: loaded once, then told by events. Nothing here is guessed from clicks. */
export const deskStore = createStore<Desk>(EMPTY);

function patch(change: Partial<Desk>): void {
  deskStore.set({ ...deskStore.get(), ...change });
}

let toldOfCall = 0;

/** How often the server has told of the call. */
export function callNews(): number {
  return toldOfCall;
}

/** The server tells of the call. */
export function newsOfCall(call: AgentCall | null): void {
  toldOfCall++;
  patch({ call });
}

/**
 * The answer to a command is as good as the event that tells the same; where an event came while it was on its way, it may be older than what is shown.
 * @param asked `callNews()` when it was asked for
 */
export function putCall(call: AgentCall | null, asked: number): void {
  if (asked === toldOfCall) patch({ call });
}

const toldOfAgents = new Map<string, number>();

/** How often the server has told of this agent. */
export function agentNews(number: string): number {
  return toldOfAgents.get(number) ?? 0;
}

/** The server tells of an agent. */
export function newsOfAgent(agent: AgentSnapshot): void {
  toldOfAgents.set(agent.number, agentNews(agent.number) + 1);
  show(agent);
}

/**
 * The answer to a command, unless an event of this agent came while it was on its way: the answer may be older than that.
 * @param asked `agentNews(agent.number)` when it was asked for
 */
export function putAgent(agent: AgentSnapshot, asked: number): void {
  if (asked === agentNews(agent.number)) show(agent);
}

function show(agent: AgentSnapshot): void {
  patch({ agents: new Map(deskStore.get().agents).set(agent.number, agent) });
}

export async function loadDesk(): Promise<void> {
  const number = sessionStore.get()?.user.agentNumber ?? null;
  const asked = toldOfCall;
  const askedOf = new Map(toldOfAgents);
  try {
    const [agents, queues] = await Promise.all([api.get<{ items: AgentSnapshot[] }>("/api/agents", { limit: 1000 }), api.get<{ items: QueueSnapshot[] }>("/api/queues", { limit: 1000 })]);
    const known = new Map(agents.items.map((agent) => [agent.number, agent]));
    const own = number !== null && known.has(number) ? number : null;
    const loaded = own === null ? null : (await api.get<{ call: AgentCall | null }>(`/api/agents/${own}/call`)).call;
    const call = asked === toldOfCall ? loaded : deskStore.get().call;
    for (const [told, agent] of deskStore.get().agents) if (agentNews(told) !== (askedOf.get(told) ?? 0)) known.set(told, agent);
    deskStore.set({ number: own, agents: known, queues: new Map(queues.items.map((queue) => [queue.key, queue])), call, loaded: true, error: undefined });
    // Told while the page was away: what came with the caller.
    if (own !== null && call !== null && call.answeredAt !== null && call.given?.asked !== true) void takeScreen(own, call.interactionId);
  } catch (error) {
    patch({ error: error as ApiError });
  }
}

/** Told before the desk is loaded, it counts as well: what is being loaded may be older. */
function isMine(agent: string): boolean {
  return agent === sessionStore.get()?.user.agentNumber;
}

/** Loads the desk and follows what the server tells. Returns what ends it. */
export function followDesk(): () => void {
  void loadDesk();
  const stops = [
    onTopic("acd.agent", (data) => newsOfAgent(data as AgentSnapshot)),
    onTopic("acd.queue", (data) => patch({ queues: new Map(deskStore.get().queues).set((data as QueueSnapshot).key, data as QueueSnapshot) })),
    onTopic("acd.agents-today", (data) => {
      const { today } = data as { today: Readonly<Record<string, AgentSnapshot["today"]>> };
      patch({ agents: new Map([...deskStore.get().agents].map(([number, agent]) => [number, { ...agent, today: today[number] ?? agent.today }])) });
    }),
    onTopic("acd.call", (data) => {
      const { agent, call } = data as { agent: string; call: AgentCall | null };
      if (isMine(agent)) newsOfCall(call);
    }),
    onTopic("acd.passed", (data) => {
      const { agent, interactionId, name } = data as { agent: string; interactionId: string; name: string };
      if (isMine(agent)) void passScreen(agent, interactionId, name, texts[languageStore.get()].screen.kept);
    }),
    onTopic("acd.screen", (data) => {
      const { agent, interactionId } = data as { agent: string; interactionId: string };
      if (isMine(agent)) void takeScreen(agent, interactionId);
    }),
    onResync(() => void loadDesk()),
  ];
  return () => stops.forEach((each) => each());
}

const useNews = whileUsed(followDesk);

/** The desk, kept up to date as long as anybody looks. */
export function useDesk(): Desk {
  useNews();
  return useStore(deskStore);
}
