import { SystemClock, UuidIds, createSilentLogger } from "@hotlinejs/core";
import type { AuditEntry, Call, CallPipeline, Clock, DigestCredentials, HotlineSettings, Logger, MediaEngine, MessageIntake } from "@hotlinejs/core";
import { sipConfig } from "../../src/config.js";
import { computeHa1 } from "../../src/digest/digest-response.js";
import { DigestServer } from "../../src/digest/digest-server.js";
import { ProvenSources } from "../../src/edge/proven-sources.js";
import { AuthThrottle } from "../../src/registrar/auth-throttle.js";
import { Authenticator } from "../../src/registrar/authenticator.js";
import { phoneKeepAlive } from "../../src/registrar/phone-keep-alive.js";
import type { PhoneKeepAlive } from "../../src/registrar/phone-keep-alive.js";
import { Registrar } from "../../src/registrar/registrar.js";
import { SipAdapter } from "../../src/sip-adapter.js";
import type { DialogSnapshot } from "../../src/stack/index.js";
import { TrunkTable } from "../../src/trunk/trunk-table.js";
import { FakeMedia } from "./fake-media.js";

export const REALM = "hotline";

/** Accounts 1001 to 1005 with the passwords demo-1001 to demo-1005. */
export const credentials: DigestCredentials = {
  realm: REALM,
  find: async (username) =>
    /^100[1-5]$/.test(username)
      ? { username, md5: computeHa1("MD5", username, REALM, `demo-${username}`), sha256: computeHa1("SHA-256", username, REALM, `demo-${username}`) }
      : undefined,
};

/** The plugin's inside without kernel and database: adapter, registrar, fake media, on free loopback ports. */
export class HotlineSide {
  readonly media = new FakeMedia();
  /** Callers the hotline was told of although they were refused. */
  readonly turnedAway: string[] = [];
  /** What was refused for want of room, and where it came from. */
  readonly noRoom: string[] = [];
  /** What host names in descriptions lead to. */
  readonly names = new Map<string, string>();
  readonly arrived: Call[] = [];
  readonly dialogs = new Map<string, DialogSnapshot | null>();
  readonly audit: AuditEntry[] = [];
  readonly events: string[] = [];
  /** Levels and texts of the log. */
  readonly logged: string[] = [];
  readonly clock: Clock;
  closed: { status: number; retryAfter?: number } | undefined;
  orphans: { legId: string; dialog: unknown }[] = [];
  /** What to do with an arriving call. */
  onCall: (call: Call) => void = () => undefined;
  /** What to do with a short message. */
  onMessage: MessageIntake["arrive"] = () => Promise.resolve({ accepted: true, ref: "test:1" });
  readonly registrar: Registrar;
  readonly keepAlive: PhoneKeepAlive | undefined;
  readonly trunks: TrunkTable;
  readonly adapter: SipAdapter;
  /** Lookups of accounts wait until told. */
  holdLookups = false;
  readonly #lookups: (() => void)[] = [];
  #waiting: ((call: Call) => void)[] = [];

  /** @param engine real media in place of the fake. */
  constructor(options: Record<string, unknown> = {}, clock: Clock = new SystemClock(), engine?: MediaEngine) {
    this.clock = clock;
    const config = sipConfig.parse({ port: 0, trunks: [{ key: "demo", match: ["127.0.0.1"] }], ...options });
    const ids = new UuidIds(this.clock);
    const note = (level: string) => (fields: object | string, message?: string) => void this.logged.push(`${level}: ${message ?? String(fields)}`);
    const log: Logger = Object.assign(createSilentLogger(), { info: note("info"), warn: note("warn"), error: note("error") });
    this.registrar = new Registrar({
      clock: this.clock,
      ids,
      ...config.registrar,
      listener: {
        bound: (b, refreshed) => {
          this.events.push(`${refreshed ? "refreshed" : "bound"} ${b.account}`);
          this.adapter.bound(b);
          this.keepAlive?.bound(b);
        },
        unbound: (b, reason) => {
          this.events.push(`unbound ${b.account} ${reason}`);
          this.keepAlive?.unbound(b);
        },
        silent: (b, silent) => void this.events.push(`${b.account} ${silent ? "silent" : "back"}`),
      },
    });
    this.keepAlive = phoneKeepAlive(config.registrar, { clock: this.clock, log, registrar: this.registrar, own: () => this.adapter });
    this.trunks = new TrunkTable(config.trunks);
    const pipeline: CallPipeline = {
      register: () => undefined,
      adapters: [],
      admission: () => this.closed,
      arrive: (call) => {
        this.arrived.push(call);
        this.onCall(call);
        this.#waiting.shift()?.(call);
      },
      turnedAway: ({ from }, status) => void this.turnedAway.push(`${from.number} ${status}`),
      handler: () => undefined,
    whenLegEnds: () => undefined,
      launch: () => Promise.reject(new Error("this side of the hotline does not call out")),
      active: 0,
    };
    const lookups: DigestCredentials = {
      realm: REALM,
      find: async (username) => {
        if (this.holdLookups) await new Promise<void>((resolve) => this.#lookups.push(resolve));
        return credentials.find(username);
      },
    };
    const proven = new ProvenSources(this.clock);
    const settings: HotlineSettings = {
      name: "test", timezone: "Asia/Shanghai", host: "127.0.0.1", loopbackOnly: true, dataDir: "/nowhere", nodeId: "n", publicUrl: undefined, advertisedAddress: undefined,
    };
    const audit = {
      record: async (entry: AuditEntry) => void this.audit.push(entry),
      verify: async () => ({ ok: true as const, rows: 0 }),
    };
    this.adapter = new SipAdapter({
      config,
      settings,
      clock: this.clock,
      ids,
      log,
      pipeline,
      journal: { dialog: (id, dialog) => void this.dialogs.set(id, dialog as DialogSnapshot | null), orphans: () => this.orphans.splice(0) },
      credentials: lookups,
      authenticator: new Authenticator({ digest: new DigestServer({ credentials: lookups, clock: this.clock, algorithms: config.algorithms }), throttle: new AuthThrottle(this.clock, { perAccount: config.authFailures }), audit, log, proven: (address) => proven.add(address) }),
      knows: (address) => proven.has(address),
      registrar: this.registrar,
      trunks: this.trunks,
      media: () => engine ?? this.media,
      sound: () => engine ?? this.media,
      intake: () => ({ arrive: (message) => this.onMessage(message) }),
      trunkChanged: (trunk, state) => void this.events.push(`trunk ${trunk} ${state}`),
      trunkReachable: (trunk, up, status) => void this.events.push(`trunk ${trunk} ${up ? "up" : "down"} ${status}`),
      lookup: async (host) => {
        const address = this.names.get(host);
        if (address === undefined) throw new Error(`there is no ${host}`);
        return address;
      },
      turnedAway: (reason, address) => void this.noRoom.push(`${reason} ${address}`),
      product: "hotline-test",
      timers: { t1: 50, t2: 400, t4: 500, session: 9_000 },
    });
  }

  get waitingLookups(): number {
    return this.#lookups.length;
  }

  releaseLookups(): void {
    this.holdLookups = false;
    for (const go of this.#lookups.splice(0)) go();
  }

  get port(): number {
    const endpoint = this.adapter.agent?.endpoints.find((e) => e.kind === "udp");
    if (endpoint === undefined) throw new Error("not started");
    return endpoint.port;
  }

  async start(): Promise<this> {
    await this.adapter.start();
    return this;
  }

  async stop(): Promise<void> {
    this.keepAlive?.stop();
    await this.adapter.stop();
    this.registrar.close();
  }

  /** The next call that arrives. */
  next(): Promise<Call> {
    return new Promise((resolve) => this.#waiting.push(resolve));
  }
}

/** Waits until the condition holds; fails after so many seconds. */
export async function until(condition: () => boolean, what: string | (() => string) = "the condition", seconds = 2): Promise<void> {
  const clock = new SystemClock();
  for (let i = 0; i < seconds * 200; i++) {
    if (condition()) return;
    await clock.sleep(5);
  }
  throw new Error(`waited in vain for ${typeof what === "string" ? what : what()}`);
}
