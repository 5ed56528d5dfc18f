import { isNetwork } from "@hotlinejs/core";
import { z } from "zod";

const action = z.strictObject({
  /** Shown where this plugin serves pages. */
  plugin: z.string().min(1).max(64),
  /** Where the button leads, on this site. */
  href: z.string().regex(/^\/(?!\/)/, "a path on this site"),
  /** In a tab of its own; the page stays open. */
  newTab: z.boolean().default(false),
  /** Heading of the card. */
  title: z.string().min(1).max(60),
  /** The same in English. */
  titleEn: z.string().min(1).max(80).optional(),
  /** What it is for, in one or two sentences. */
  text: z.string().max(300).default(""),
  /** The same in English. */
  textEn: z.string().max(400).optional(),
  /** Words on the button. */
  label: z.string().min(1).max(40),
  /** The same in English. */
  labelEn: z.string().min(1).max(60).optional(),
  /** A published account to try it with: told only where the hotline is reached from its own computer alone, since elsewhere it is worth nothing. */
  demo: z.strictObject({ /** To sign in with. */ username: z.string().min(1), /** Published, so worth nothing elsewhere. */ password: z.string().min(1) }).optional(),
});

export const httpConfig = z.strictObject({
  /** Address to listen on. Default: the hotline's host. */
  host: z.string().min(1).optional(),
  /** 0 takes any free port. */
  port: z.int().min(0).max(65_535).default(8080),
  /** PEM text or path of a PEM file; with `tlsKey` the server speaks TLS only. Files are read again when they change, without ending a connection. */
  tlsCert: z.string().min(1).optional(),
  /** Private key of `tlsCert`: PEM text or path of a PEM file, without a passphrase. */
  tlsKey: z.string().min(1).optional(),
  /**
   * Connections at once, WebSockets among them; one more is closed unread. Each takes a file descriptor. Default: a quarter of those the process may
   * have (`LimitNOFILE`, `ulimit -n`), 10,000 at the most.
   */
  maxConnections: z.int().min(1).max(1_000_000).optional(),
  /** Of these, of one address (of IPv6 a /64) that is no trusted proxy's. Default: half of them, so that no one can keep all others out. */
  maxConnectionsPerAddress: z.int().min(1).max(1_000_000).optional(),
  /** Largest JSON body in octets. */
  bodyLimit: z.int().min(1024).max(64 * 1024 * 1024).default(1024 * 1024),
  /**
   * Addresses and networks of the proxies in front, `["127.0.0.1", "10.0.0.0/8"]`. From them alone `proxyHeader`, X-Forwarded-Host and
   * X-Request-Id are believed: limits, sessions, audit and bans then mean the client and not the proxy.
   */
  trustedProxies: z.array(z.string().refine(isNetwork, "an IP address or a network such as 10.1.0.0/16")).default([]),
  /** The header in which they tell their client; the other one is not read. `forwarded` is that of RFC 7239. */
  proxyHeader: z.enum(["x-forwarded-for", "forwarded"]).default("x-forwarded-for"),
  /** A session ends after so many hours without a request. */
  sessionHours: z.number().min(0.01).max(720).default(12),
  /** A session ends after so many hours in any case. */
  sessionMaxHours: z.number().min(0.01).max(8760).default(168),
  /** Sign-in attempts a minute for one name from one address; ten times as many for one address. */
  loginAttempts: z.int().min(1).max(10_000).default(10),
  /** With it as bearer token a program reads `GET /api/metrics`, and nothing else. Default: only people with `core.metrics.read` do. */
  metricsToken: z.string().min(16).max(512).regex(/^[\w.~+/=-]+$/, "letters, digits and . _ ~ + / = -").optional(),
  /** The page at `/`, for people. */
  home: z
    .strictObject({
      /** Default: the hotline's name. */
      title: z.string().min(1).max(60).optional(),
      /** The same in English. */
      titleEn: z.string().min(1).max(80).optional(),
      /** Below the title. */
      lead: z.string().max(300).optional(),
      /** The same in English. */
      leadEn: z.string().max(400).optional(),
      /** One card with a button each; default the citizens' site and the console. */
      actions: z.array(action).max(6).default([]),
      /** A line below. */
      note: z.string().max(400).optional(),
      /** The same in English. */
      noteEn: z.string().max(500).optional(),
    })
    .default({ actions: [] }),
  /** Check answers against the routes' output schemas (for tests): a misfit is a 500. */
  checkOutput: z.boolean().default(false),
  /** Largest WebSocket message in octets. */
  wsMaxMessage: z.int().min(1024).max(64 * 1024 * 1024).default(1024 * 1024),
  /** Octets that may wait for a slow WebSocket client before it is cut off. */
  wsMaxBuffered: z.int().min(1024).default(4 * 1024 * 1024),
  /** Seconds between WebSocket pings; a client that misses one is cut off. */
  wsPingSeconds: z.number().min(0.05).max(3600).default(30),
  /** WebSocket connections at once; more are refused with 503. */
  wsMaxConnections: z.int().min(1).default(5000),
});

export type HttpConfig = z.output<typeof httpConfig>;
export type HttpOptions = z.input<typeof httpConfig>;
