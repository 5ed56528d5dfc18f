import { SystemClock } from "@hotlinejs/core";
import { challengeHandler } from "../../src/digest/challenge-handler.js";
import { createUserAgent } from "../../src/stack/index.js";
import type { IncomingInvite, InviteOptions, OutgoingInvite, RequestOutcome, Session, SipRequest, UserAgent, UserAgentOptions } from "../../src/stack/index.js";

/** A session description as phones write it. */
export function offerOf(port: number, lines: readonly string[] = ["a=sendrecv"], media = "RTP/AVP 8 0 101"): string {
  return ["v=0", "o=phone 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0", `m=audio ${port} ${media}`, "a=rtpmap:101 telephone-event/8000", ...lines, ""].join("\r\n");
}

/** The far end of the tests: a phone, a carrier, or a caller. */
export class Phone {
  readonly agent: UserAgent;
  readonly user: string;
  readonly invites: IncomingInvite[] = [];
  readonly requests: SipRequest[] = [];
  /** What to do when it rings. */
  onInvite: (invite: IncomingInvite) => void = (invite) => invite.ring();
  onRequest: ((request: Parameters<NonNullable<Parameters<typeof createUserAgent>[0]["onRequest"]>>[0]) => void) | undefined;

  constructor(user: string, options: { password?: string; transport?: "udp" | "tcp"; address?: string; agent?: Partial<UserAgentOptions> } = {}) {
    this.user = user;
    this.agent = createUserAgent({
      clock: new SystemClock(),
      transports: [{ kind: options.transport ?? "udp", address: options.address ?? "127.0.0.1", port: 0 }],
      userAgentHeader: "test-phone",
      timers: { t1: 50, t2: 400, t4: 500 },
      methods: ["REGISTER"],
      onInvite: (invite) => {
        this.invites.push(invite);
        this.onInvite(invite);
      },
      onRequest: (request) => {
        this.requests.push(request.request);
        if (this.onRequest === undefined) request.respond({ status: 200 });
        else this.onRequest(request);
      },
      ...(options.password === undefined ? {} : { onChallenge: challengeHandler(user, options.password) }),
      ...options.agent,
    });
  }

  get port(): number {
    return this.agent.endpoints[0]?.port ?? 0;
  }

  async start(): Promise<this> {
    await this.agent.start();
    return this;
  }

  stop(): Promise<void> {
    return this.agent.stop({ graceMs: 0 });
  }

  call(hotlinePort: number, options: Partial<InviteOptions> & { number?: string } = {}): OutgoingInvite {
    const { number = "12333", ...rest } = options;
    return this.agent.invite({ uri: `sip:${number}@127.0.0.1:${hotlinePort}`, from: `<sip:${this.user}@127.0.0.1>`, body: offerOf(40_000), ...rest });
  }

  /** Calls and waits for the answer. */
  async reach(hotlinePort: number, options: Parameters<Phone["call"]>[1] = {}): Promise<{ session: Session; sdp: string }> {
    const outcome = await this.call(hotlinePort, options).outcome;
    if (!outcome.answered) throw new Error(`not answered: ${outcome.status}`);
    return { session: outcome.session, sdp: outcome.response.body.toString() };
  }

  register(hotlinePort: number, options: { expires?: number; contact?: string } = {}): Promise<RequestOutcome> {
    return this.agent.request({
      method: "REGISTER",
      uri: `sip:127.0.0.1:${hotlinePort}`,
      from: `<sip:${this.user}@127.0.0.1>`,
      to: `<sip:${this.user}@127.0.0.1>`,
      contact: options.contact ?? `<sip:${this.user}@127.0.0.1:${this.port}>`,
      headers: { Expires: String(options.expires ?? 120) },
    });
  }

}
