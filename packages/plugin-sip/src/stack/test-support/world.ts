import { seededRandom } from "../random.js";
import { createUserAgent } from "../user-agent/create-user-agent.js";
import type { IncomingInvite } from "../user-agent/session-types.js";
import type { UserAgent, UserAgentOptions } from "../user-agent/types.js";
import { FakeClock } from "./fake-clock.js";
import { MemoryNetwork } from "./memory-network.js";

export const OFFER = "v=0\r\no=a 1 1 IN IP4 10.0.0.1\r\ns=-\r\nc=IN IP4 10.0.0.1\r\nt=0 0\r\nm=audio 4000 RTP/AVP 8\r\n";
export const ANSWER = OFFER.replaceAll("10.0.0.1", "10.0.0.2");
export const ALICE = "10.0.0.1";
export const BOB = "10.0.0.2";

/** Clock, network and errors of one test. */
export interface World {
  readonly clock: FakeClock;
  readonly network: MemoryNetwork;
  /** What the user agents logged at error level; a test that expects none checks it is empty. */
  readonly errors: string[];
  agent(address: string, options?: Partial<UserAgentOptions>): Promise<UserAgent>;
}

export function makeWorld(seed = 1): World {
  const clock = new FakeClock();
  const network = new MemoryNetwork(clock, seed);
  const errors: string[] = [];
  return {
    clock, network, errors,
    async agent(address, options = {}) {
      const quiet = (): void => undefined;
      const ua = createUserAgent({
        clock, transports: [network.transport(address)], userAgentHeader: `test/${address}`, random: seededRandom(seed * 1000 + Number(address.split(".")[3])),
        log: { debug: quiet, info: quiet, warn: quiet, error: (message, fields) => void errors.push(`${message} ${JSON.stringify(fields)}`) },
        onInvite: (incoming: IncomingInvite) => incoming.reject({ status: 480 }), ...options,
      });
      await ua.start();
      return ua;
    },
  };
}

/** How to call `callee`. */
export function call(callee: string): { readonly uri: string; readonly from: string; readonly body: string } {
  return { uri: `sip:12333@${callee}`, from: "sip:caller@example.test", body: OFFER };
}

/** Waits out every SIP timer and tells what is left: all zero when nothing leaked. */
export async function leftovers(world: World, ...agents: UserAgent[]): Promise<Record<string, number>> {
  await world.clock.advance(100_000);
  const sum: Record<string, number> = { clock: world.clock.pending };
  for (const ua of agents) {
    const { sessions, dialogs, incomingInvites, outgoingInvites, clientTransactions, serverTransactions, timers } = ua.metrics();
    for (const [name, value] of Object.entries({ sessions, dialogs, incomingInvites, outgoingInvites, clientTransactions, serverTransactions, timers })) sum[name] = (sum[name] ?? 0) + value;
  }
  return sum;
}

export const NOTHING_LEFT = { clock: 0, sessions: 0, dialogs: 0, incomingInvites: 0, outgoingInvites: 0, clientTransactions: 0, serverTransactions: 0, timers: 0 };
