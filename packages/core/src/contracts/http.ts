import type { Readable } from "node:stream";
import type { Duplex } from "node:stream";
import type { IncomingMessage } from "node:http";
import type { z } from "zod";
import { token } from "../di/token.js";
import type { Services } from "./services.js";

/** Who makes a request. */
export interface Principal {
  readonly userId: string;
  readonly username: string;
  readonly displayName: string;
  readonly roles: readonly string[];
  readonly permissions: ReadonlySet<string>;
  readonly departmentCode?: string;
  readonly agentNumber?: string;
  /** Epoch ms at which the password was last set: sessions opened before are over. */
  readonly credentialsChangedAt?: number;
}

/** A request whose parts have passed their schemas. */
export interface HttpRequest<P = unknown, Q = unknown, B = unknown> {
  readonly params: P;
  readonly query: Q;
  readonly body: B;
  /** Set unless the route is public; there only when the request carries a valid session. */
  readonly principal: Principal | undefined;
  readonly services: Services;
  readonly signal: AbortSignal;
  /** Of the client, also behind a trusted proxy that tells it; of that proxy where it does not. IPv4 as IPv4. */
  readonly remoteAddress: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
}

/** Bytes with ranges (RFC 9110 section 14): the server asks only for the part wanted. */
export interface HttpContent {
  readonly kind: "content";
  readonly contentType: string;
  readonly size: number;
  readonly fileName?: string;
  /** For If-None-Match and If-Range. */
  readonly etag?: string;
  /** Further headers: Cache-Control, Content-Encoding, Content-Security-Policy ... They replace the server's own. */
  readonly headers?: Readonly<Record<string, string>>;
  /** `end` is inclusive. */
  open(start: number, end: number): Readable;
}

/** An answer with another status or headers. */
export interface HttpReply {
  readonly kind: "reply";
  readonly status: number;
  /** Several values of one name (Set-Cookie) as a list. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is instead: a page. Name its Content-Type in `headers`. */
  readonly text?: string;
}

/** A route of the HTTP interface, as data and one function. */
export interface HttpRoute {
  readonly method: "GET" | "POST" | "PUT" | "PATCH" | "DELETE";
  /** Express 5 path below the root, for example `/api/tickets/:id`. */
  readonly path: string;
  /** Permission of the plugin's manifest, `"authenticated"`, or `"public"`. Missing is a boot error. */
  readonly permission: string;
  readonly summary: string;
  readonly params?: z.ZodType;
  readonly query?: z.ZodType;
  readonly body?: z.ZodType;
  /** The body may also be an HTML form (`application/x-www-form-urlencoded`): names with text, repeated names with a list. */
  readonly form?: boolean;
  readonly output?: z.ZodType;
  // The handler's input is checked against the schemas before it runs; defineRoute gives it their types.
  handler(request: HttpRequest<never, never, never>): Promise<unknown>;
}

type Out<S> = S extends z.ZodType<infer T> ? T : undefined;

/** Types the handler from its schemas. */
export function defineRoute<P extends z.ZodType | undefined = undefined, Q extends z.ZodType | undefined = undefined, B extends z.ZodType | undefined = undefined>(route: {
  method: HttpRoute["method"];
  path: string;
  permission: string;
  summary: string;
  params?: P;
  query?: Q;
  body?: B;
  form?: boolean;
  output?: z.ZodType;
  handler(request: HttpRequest<Out<P>, Out<Q>, Out<B>>): Promise<unknown>;
}): HttpRoute {
  return route as unknown as HttpRoute;
}

/** Answer of every list: a page and the cursor of the next (absent on the last). */
export interface Page<T> {
  readonly items: readonly T[];
  readonly next: string | null;
}

/** A WebSocket: one chunk a message. */
export type WsRouteSocket = Duplex & {
  send(data: string | Buffer): void;
  /** Closes with a code of RFC 6455 section 7.4, after what was sent. Idempotent. */
  close(code: number, reason: string): void;
  /** See `HttpRequest.remoteAddress`. */
  readonly remoteAddress: string;
};

/** WebSocket paths on the HTTP port. Provided by plugin-http. */
export interface WsRoutes {
  handle(path: string, options: { permission: string; protocols?: readonly string[] }, onConnection: (socket: WsRouteSocket, request: IncomingMessage, principal: Principal | undefined) => void): void;
  /** Whether this is a trusted proxy: where it does not tell its client, its address stands for many people and must not be banned. */
  isProxy(address: string): boolean;
}

export const WS_ROUTES = token<WsRoutes>("http.ws-routes");

/** Routes of the plugins present. Filled by the kernel, served by plugin-http. */
export const ROUTES = token<readonly { readonly plugin: string; readonly route: HttpRoute }[]>("core.routes");

/** created -> wired -> ready -> running -> draining -> stopped, and failed. */
export type HotlineState = "created" | "wired" | "ready" | "running" | "draining" | "stopped" | "failed";

/** How writing goes. On SQLite units of work run one after the other: one that hangs holds up all others until it is rolled back. */
export interface DataHealth {
  /** No unit of work has been open for more than 5 s. */
  readonly ok: boolean;
  /** Why it is not. */
  readonly message?: string;
  /** Units of work that wait for their turn to write; 0 on PostgreSQL, where they do not wait here. */
  readonly waiting: number;
  /** Units of work that have been open for more than 5 s. */
  readonly long: number;
  /** Units of work that took too long (30 s) and were rolled back, since the start. */
  readonly timeouts: number;
}

export interface HotlineHealth {
  readonly state: HotlineState;
  /** Running, and every plugin and the writing of data well. */
  readonly ok: boolean;
  readonly name: string;
  readonly version: string;
  readonly uptimeMs: number;
  /** How writing goes. */
  readonly data: DataHealth;
  readonly plugins: readonly PluginHealth[];
}

/**
 * ```
 * running <--its report is well, its taps work again--> degraded
 *    \______________ a phase failed (critical: false) ______________> failed
 * ```
 * `degraded`: it serves in part. Its own report is not well, or taps of it failed five times in a row.
 * `failed`: it takes no part any more, its routes answer 503.
 */
export type PluginState = "running" | "degraded" | "failed";

export interface PluginHealth {
  readonly name: string;
  readonly version: string;
  readonly state: PluginState;
  /** Whether the state is `running`. */
  readonly ok: boolean;
  /** Why it is not. */
  readonly message?: string;
  /** Code of the error it failed with. */
  readonly code?: string;
  /** Taps that failed five times in a row and have not worked since. */
  readonly taps?: readonly {
    readonly hook: string;
    readonly failures: number;
    /** The last failure. */
    readonly why: string;
    /** Epoch ms until which it is not asked; null: asked all the same, its failure counts as a refusal. */
    readonly mutedUntil: number | null;
  }[];
  /** Figures of its own. */
  readonly details?: Readonly<Record<string, unknown>>;
}

/** How the hotline and its plugins are. */
export interface HealthService {
  readonly state: HotlineState;
  report(): Promise<HotlineHealth>;
}

export const HEALTH = token<HealthService>("core.health");
