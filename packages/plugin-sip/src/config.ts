import { isIP } from "node:net";
import { z } from "zod";

const hostName = z.string().min(1).max(253).regex(/^[A-Za-z0-9._:-]+$/, "a host name or IP address");
const port = z.int().min(1).max(65535);

const network = z.string().refine((text) => {
  const [address, bits, more] = text.split("/");
  const version = isIP(address ?? "");
  if (version === 0 || more !== undefined) return false;
  return bits === undefined || (/^\d{1,3}$/.test(bits) && Number(bits) <= (version === 4 ? 32 : 128));
}, "an IP address or a network such as 10.1.0.0/16");

/** A number range by its first digits; `""` fits every number. */
const prefix = z.string().regex(/^\+?\d{0,20}$/, "leading digits, with + where numbers carry one");

const trunk = z
  .strictObject({
    /** Name in logs, call records and routing. */
    key: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,39}$/, "lower-case letters, digits, . _ -"),
    /** Source addresses whose calls are taken without a password. */
    match: z.array(network).default([]),
    /** Registers with the carrier and keeps the registration alive. Its host counts as a source of calls too. */
    registration: z
      .strictObject({
        server: hostName,
        port: port.optional(),
        transport: z.enum(["udp", "tcp"]).default("udp"),
        username: z.string().min(1).max(100),
        password: z.string().min(1),
        /** User name for the digest where it differs. */
        authUsername: z.string().min(1).max(100).optional(),
        /** Seconds wished. */
        expires: z.int().min(60).max(7200).default(300),
      })
      .optional(),
    /** Takes calls of ours. */
    outbound: z
      .strictObject({
        /** Default: the registration's server. */
        host: hostName.optional(),
        port: port.optional(),
        transport: z.enum(["udp", "tcp"]).default("udp"),
        /** Numbers that go this way, by their first digits; the longest fit wins, then the order of trunks. Default every number. */
        prefixes: z.array(prefix).min(1).default([""]),
      })
      .optional(),
    /** Number shown to the called party when the call names none. */
    callerId: z.string().regex(/^\+?[0-9*#]{1,20}$/, "a telephone number").optional(),
    /** Calls in and out at once. Default: no limit. */
    maxChannels: z.int().min(1).optional(),
    /** Dialled numbers taken from this trunk; others get 404. Default all. */
    numbers: z.array(z.string().min(1)).optional(),
    /**
     * A caller whose From names an account of this hotline must prove it even from this trunk's
     * address. Switch off only for a carrier whose callers may have such short numbers.
     */
    challengeAccounts: z.boolean().default(true),
  })
  .refine((t) => t.match.length > 0 || t.registration !== undefined || t.outbound !== undefined, { message: "a trunk needs `match`, `registration` or `outbound`" })
  .refine((t) => t.outbound === undefined || t.outbound.host !== undefined || t.registration !== undefined, { message: "outbound.host is needed where there is no registration", path: ["outbound", "host"] });

/** Options of `sip({ ... })`. Times are in milliseconds unless named otherwise. */
export const sipConfig = z.strictObject({
  /** Address to listen on. Default: the hotline's host. */
  host: z.string().refine((text) => isIP(text) !== 0, "an IP address").optional(),
  /** 0 takes any free port. */
  port: z.int().min(0).max(65535).default(5060),
  transports: z.array(z.enum(["udp", "tcp"])).min(1).default(["udp", "tcp"]),
  /** SIP over WebSocket (RFC 7118), for phones in browsers: on the port of plugin-http where that is present, else on `wsPort`. */
  ws: z.boolean().default(true),
  /** Path of the WebSocket. */
  wsPath: z.string().regex(/^\/[A-Za-z0-9._~/-]*$/, "a path such as /sip").default("/sip"),
  /** Port of the WebSocket without plugin-http; 0 takes any free port. Without it and plugin-http no browser can register. */
  wsPort: z.int().min(0).max(65535).optional(),
  /** Origins of pages that may open the WebSocket on `wsPort`, such as `https://desk.example`. Default: none but programs that name no origin. On plugin-http's port its own pages may. */
  wsOrigins: z.array(z.url()).default([]),
  /** How long the credentials that a browser gets for its phone are good, in seconds. It must ask for new ones before. */
  browserCredentialSeconds: z.int().min(60).max(86_400).default(3600),
  /** Address told to peers in Via, Contact and SDP, behind NAT. Default: the hotline's advertised address, else the one listened on. */
  advertisedAddress: z.string().refine((text) => isIP(text) !== 0, "an IP address").optional(),
  /** Realm of challenges. Default: the realm the stored digests were made for; another one makes them useless. */
  realm: z.string().min(1).max(64).optional(),
  /**
   * Digest algorithms offered to phones, best first; answers in either are taken. RFC 8760 would offer
   * SHA-256 before MD5, but phones from before it fail on a challenge they do not know instead of
   * passing it over (SIPp 3.6 reads only the first, baresip 1.0 gives up at any). So SHA-256 is
   * offered only when told: `["SHA-256", "MD5"]`, once all phones follow RFC 8760.
   */
  algorithms: z.array(z.enum(["SHA-256", "MD5"])).min(1).default(["MD5"]),
  trunks: z.array(trunk).default([]),
  /** Take calls of unknown sources. They then arrive with `via` trunk `anonymous`. */
  allowAnonymous: z.boolean().default(false),
  /** Codecs, best first. */
  codecs: z.array(z.enum(["PCMA", "PCMU"])).min(1).default(["PCMA", "PCMU"]),
  registrar: z
    .strictObject({
      /** Seconds. */
      minExpires: z.int().min(1).max(3600).default(60),
      maxExpires: z.int().min(60).max(86_400).default(3600),
      defaultExpires: z.int().min(60).max(86_400).default(300),
      /** Phones of one account. */
      maxContacts: z.int().min(1).max(100).default(10),
    })
    .prefault({}),
  /** How long an outgoing call rings unless it says otherwise. */
  ringTimeoutMs: z.int().min(1000).max(600_000).default(30_000),
  /** Ends a call from which no sound has come for so long (its phone is dead); not while on hold. 0: never. */
  mediaTimeoutMs: z.int().min(0).max(86_400_000).default(300_000),
  /** Answered and unanswered calls at once; more are refused with 503. */
  maxCalls: z.int().min(1).default(2000),
  /** Wrong passwords of one account from one source before it must wait `authBlockSeconds`. */
  authFailures: z.int().min(1).max(1000).default(5),
  authBlockSeconds: z.int().min(1).max(86_400).default(300),
});

export type SipConfig = z.output<typeof sipConfig>;
export type TrunkConfig = SipConfig["trunks"][number];
