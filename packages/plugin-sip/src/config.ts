import { isIP } from "node:net";
import { HOST_ADDRESS, isHostAddress, isNetwork, Networks } from "@hotlinejs/core";
import { z } from "zod";

const hostName = z.string().min(1).max(253).regex(/^[A-Za-z0-9._:-]+$/, "a host name or IP address");
const port = z.int().min(1).max(65535);

/** `192.0.2.53`, `192.0.2.53:5353`, `2001:db8::53`, `[2001:db8::53]:5353`. */
function isServer(text: string): boolean {
  const [, six, four, port = "53"] = /^(?:\[([^\]]+)\]|([^:]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const address = six ?? four ?? text;
  return isIP(address) !== 0 && (six === undefined || isIP(six) === 6) && Number(port) >= 1 && Number(port) <= 65_535;
}

/** Whether all of one network lies in another. */
function encloses(outer: string, inner: string): boolean {
  if (!isNetwork(outer) || !isNetwork(inner)) return false;
  const [address = "", bits] = inner.split("/");
  const size = (text: string | undefined, of: string): number => (text === undefined ? (isIP(of) === 6 ? 128 : 32) : Number(text));
  const [outerAddress = "", outerBits] = outer.split("/");
  return isIP(outerAddress) === isIP(address) && size(outerBits, outerAddress) <= size(bits, address) && new Networks([outer]).has(address);
}

const network = z.string().refine(isNetwork, "an IP address or a network such as 10.1.0.0/16");

/**
 * Keys of SRTP in SDP (RFC 4568): `off` refuses them; `accept` takes them where a peer offers them; `offer` puts them into our
 * own offers too, and the peer may do without; `require` makes no call without. Keys are as safe as the signalling that carries them: use TLS.
 */
const srtp = z.enum(["off", "accept", "offer", "require"]);

/**
 * Comfort noise (RFC 3389, payload type 13): `off` agrees to none; `accept` does where a peer offers it; `offer` puts it into our own
 * offers too. Who has agreed to it may send pauses as a few octets, and gets the pauses of others so where they come so. Speech that is cut at its
 * edges costs recordings and key detection more than G.711 lines save. What comes unasked is understood whatever this says.
 */
const comfortNoise = z.enum(["off", "accept", "offer"]);

/** A number range by its first digits; `""` fits every number. */
const prefix = z.string().regex(/^\+?\d{0,20}$/, "leading digits, with + where numbers carry one");

const rewriteRules = z
  .array(
    z
      .strictObject({
        /** Whose number: `called`, or `caller` (From and P-Asserted-Identity alike; of a diverted call also who diverted it). */
        of: z.enum(["called", "caller"]),
        /** Beginning of the numbers it fits; `""` fits all. */
        prefix: prefix.default(""),
        /** Characters taken away in front, a `+` counted. */
        strip: z.int().min(0).max(20).default(0),
        /** Put in front after that. */
        prepend: z.string().regex(/^\+?[0-9*#]{0,20}$/, "digits, * and #, with + in front at most").default(""),
        /** Shortest number it fits, characters. */
        minLength: z.int().min(1).max(40).optional(),
        /** Longest number it fits, characters. */
        maxLength: z.int().min(1).max(40).optional(),
      })
      .refine((rule) => (rule.minLength ?? 0) <= (rule.maxLength ?? Infinity), { message: "must not be above maxLength", path: ["minLength"] })
      .refine((rule) => rule.strip <= Math.max(rule.prefix.length, rule.minLength ?? 0), { message: "takes away more than `prefix` or `minLength` say is there", path: ["strip"] }),
  )
  .superRefine((rules, context) => {
    for (const [i, rule] of rules.entries()) {
      const all = rules.findIndex((r) => r.of === rule.of && rule.prefix.startsWith(r.prefix) && (r.minLength ?? 0) <= (rule.minLength ?? 0) && (r.maxLength ?? Infinity) >= (rule.maxLength ?? Infinity));
      if (all < i) context.addIssue({ code: "custom", message: `is never reached: rule ${all} fits all its numbers. Put the longer prefix first`, path: [i] });
    }
  });

const callsPerSecond = z.number().min(0.1).max(10_000);

const trunk = z
  .strictObject({
    /** Name in logs, call records and routing. */
    key: z.string().regex(/^[a-z0-9][a-z0-9._-]{0,39}$/, "lower-case letters, digits, . _ -"),
    /** Source addresses whose calls are taken without a password. No two trunks share one; of two networks, one within the other, the narrower stands first. */
    match: z.array(network).default([]),
    /** Registers with the carrier and keeps the registration alive. Its host counts as a source of calls too. */
    registration: z
      .strictObject({
        /** The carrier's registrar. */
        server: hostName,
        /** Default 5060. */
        port: port.optional(),
        /** How it is reached. */
        transport: z.enum(["udp", "tcp", "tls"]).default("udp"),
        /** Account at the carrier. */
        username: z.string().min(1).max(100),
        /** Of the account. Stays out of logs. */
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
        /** Default 5060. */
        port: port.optional(),
        /** `auto`: what the carrier's DNS names (NAPTR, then SRV; RFC 3263). */
        transport: z.enum(["auto", "udp", "tcp", "tls"]).default("udp"),
        /** Numbers that go this way, by their first digits; the longest fit wins, then `priority`, then the order of trunks. Default every number. */
        prefixes: z.array(prefix).min(1).default([""]),
        /** Of trunks whose prefixes fit equally well the lowest is taken first; the others when it fails. */
        priority: z.int().min(0).max(65_535).default(0),
        /** Nothing heard from the carrier for so long, not even 100: the next fitting trunk is tried, if there is one. */
        tryMs: z.int().min(500).max(32_000).default(4_000),
        /**
         * Calls of ours a second, on the average; as many at once, at least one. Above, the next fitting trunk takes the call, else it waits
         * for up to 2 s in its turn, else it fails with `HTL_SIP_TRUNK_RATE`. Default: no limit.
         */
        maxCallsPerSecond: callsPerSecond.optional(),
        /** How our numbers are written for the carrier: the first rule that fits a number. Records keep the number as it was before. */
        rewrite: rewriteRules.default([]),
      })
      .optional(),
    /** Number shown to the called party when the call names none. */
    callerId: z.string().regex(/^\+?[0-9*#]{1,20}$/, "a telephone number").optional(),
    /**
     * Asks the carrier by OPTIONS every so many seconds whether it is there. Two without an answer and the trunk is down: other
     * trunks are taken first, and `sip.trunk-reachable` is told. It also keeps NAT open. Default: not asked.
     */
    keepAliveSeconds: z.int().min(5).max(3600).optional(),
    /** Whether P-Asserted-Identity of this trunk's calls is believed (RFC 3325). Off for a trunk whose callers can write it. Privacy (RFC 3323) is honoured in any case. */
    trustIdentity: z.boolean().default(true),
    /**
     * Identity of our calls to the carrier: `asserted` (P-Asserted-Identity, where it trusts us) or `preferred` (P-Preferred-Identity),
     * with the trunk's number; a call whose headers ask for `Privacy: id` then shows nobody in From. Default: none.
     */
    identity: z.enum(["off", "asserted", "preferred"]).default("off"),
    /**
     * How the carrier is told that a call of ours carries on one that came in (a transfer outside, a bridged redirection), which many ask for before
     * they show the caller's own number: by Diversion (RFC 5806) or History-Info (RFC 7044), with the number of ours that was called and, where
     * it had been sent to us by another, that one's. Numbers are written as `rewrite` says for `caller`. Default: not at all.
     */
    forwarded: z.enum(["off", "diversion", "history-info"]).default("off"),
    /** How keys are sent to the far end of this trunk: with the sound (RFC 4733, tones where it knows none) or by INFO. */
    dtmf: z.enum(["media", "info"]).default("media"),
    /**
     * Takes short messages of this trunk (MESSAGE, RFC 3428, `text/plain`), which gateways make of SMS, as messages of the channel `sms`:
     * plugin-tickets makes tickets of them. Off: 405. With `outbound` notifications of that channel go out by it in the same way.
     */
    messages: z.boolean().default(false),
    /** Keys of SRTP in SDP on this trunk. Default: as everywhere. */
    srtp: srtp.optional(),
    /** Comfort noise on this trunk. Default: as everywhere. */
    comfortNoise: comfortNoise.optional(),
    /**
     * Redirections (3xx) of the carrier followed for one call: to hosts of this trunk, and to numbers that `toll` allows. 0, the
     * default: none, the call counts as declined. Those of phones are never followed.
     */
    redirects: z.int().min(0).max(10).default(0),
    /** Calls in and out at once. Default: no limit. */
    maxChannels: z.int().min(1).optional(),
    /** Calls a second taken from this trunk, on the average; as many at once, at least one. More get 503 with Retry-After. Default: no limit. */
    maxCallsPerSecond: callsPerSecond.optional(),
    /** How the carrier's numbers become ours: the first rule that fits a number. Records, routing and `numbers` see them after that. */
    rewriteInbound: rewriteRules.default([]),
    /** Dialled numbers taken from this trunk; others get 404. Default all. */
    numbers: z.array(z.string().min(1)).optional(),
    /**
     * A caller whose From names an account of this hotline must prove it even from this trunk's
     * address. Switch off only for a carrier whose callers may have such short numbers.
     */
    challengeAccounts: z.boolean().default(true),
  })
  .refine((t) => t.match.length > 0 || t.registration !== undefined || t.outbound !== undefined, { message: "a trunk needs `match`, `registration` or `outbound`" })
  .refine((t) => t.keepAliveSeconds === undefined || t.outbound !== undefined || t.registration !== undefined, { message: "keepAliveSeconds needs a host to ask: `outbound` or `registration`", path: ["keepAliveSeconds"] })
  .refine((t) => t.outbound === undefined || t.outbound.host !== undefined || t.registration !== undefined, { message: "outbound.host is needed where there is no registration", path: ["outbound", "host"] });

/** Options of `sip({ ... })`. Times are in milliseconds unless named otherwise. */
export const sipConfig = z.strictObject({
  /** Address to listen on. Default: the hotline's host. */
  host: z.string().refine((text) => isIP(text) !== 0, "an IP address").optional(),
  /** Further addresses to listen on, of either family: `["::1"]`. */
  alsoOn: z.array(z.string().refine((text) => isIP(text) !== 0, "an IP address")).default([]),
  /** 0 takes any free port. */
  port: z.int().min(0).max(65535).default(5060),
  /** What is listened on. */
  transports: z.array(z.enum(["udp", "tcp"])).min(1).default(["udp", "tcp"]),
  /** SIP over WebSocket (RFC 7118), for phones in browsers: on the port of plugin-http where that is present, else on `wsPort`. */
  ws: z.boolean().default(true),
  /** Path of the WebSocket. */
  wsPath: z.string().regex(/^\/[A-Za-z0-9._~/-]*$/, "a path such as /sip").default("/sip"),
  /** Port of the WebSocket without plugin-http; 0 takes any free port. Without it and plugin-http no browser can register. */
  wsPort: z.int().min(0).max(65535).optional(),
  /** `wsPort` speaks TLS (wss:) and nothing else, with the certificates of SIP over TLS: `tlsCert`, `tlsKey`, `tlsNames`, `tlsCa`, `tlsClients`. Off: in clear (ws:), for a proxy that speaks TLS in front of it. */
  wsTls: z.boolean().default(false),
  /** Origins of pages that may open the WebSocket on `wsPort`, such as `https://desk.example`. Default: none but programs that name no origin. On plugin-http's port its own pages may. */
  wsOrigins: z.array(z.url()).default([]),
  /**
   * Addresses and networks of the proxies in front of `wsPort`, `["127.0.0.1", "10.0.0.0/8"]`: from them alone `proxyHeader` is believed, and
   * they are never banned. On plugin-http's port its own `trustedProxies` hold.
   */
  trustedProxies: z.array(network).default([]),
  /** The header in which they tell their client; the other one is not read. `forwarded` is that of RFC 7239. */
  proxyHeader: z.enum(["x-forwarded-for", "forwarded"]).default("x-forwarded-for"),
  /** How long the credentials that a browser gets for its phone are good, in seconds. It must ask for new ones before. */
  browserCredentialSeconds: z.int().min(60).max(86_400).default(3600),
  /** Address told to peers in Via, Contact and SDP, behind NAT. Default: the hotline's advertised address, else the one listened on. */
  advertisedAddress: z.string().refine(isHostAddress, HOST_ADDRESS).optional(),
  /** The same for IPv6, where `advertisedAddress` is an IPv4 address. */
  advertisedAddress6: z.string().refine((text) => isIP(text) === 6 && isHostAddress(text), "an IPv6 address at which this hotline can be reached").optional(),
  /** DNS servers for carriers' names instead of the system's, `192.0.2.53` or `[2001:db8::53]:5353`. */
  dnsServers: z.array(z.string().refine(isServer, "an IP address, with a port where it is not 53")).default([]),
  /** PEM text or path of a PEM file; with `tlsKey` SIP over TLS is offered. Files are read again when they change, without ending a connection. */
  tlsCert: z.string().min(1).optional(),
  /** Private key of `tlsCert`: PEM text or path of a PEM file, without a passphrase. */
  tlsKey: z.string().min(1).optional(),
  /** Port of SIP over TLS. Default: one above `port`; any free one where that is 0. */
  tlsPort: z.int().min(0).max(65535).optional(),
  /** Certificates for further server names (SNI); `*.example.org` stands for one label. PEM text or paths. */
  tlsNames: z.array(z.strictObject({ /** Server name the certificate is for. */ name: z.string().regex(/^(\*\.)?[A-Za-z0-9.-]+$/, "a host name"), /** Certificate. */ cert: z.string().min(1), /** Private key of it, without a passphrase. */ key: z.string().min(1) })).default([]),
  /** Authorities believed besides the system's: PEM text or path. For carriers with a certificate of their own making, and for clients' certificates. */
  tlsCa: z.string().min(1).optional(),
  /** What carriers must prove: `full` chain and name (RFC 5922), `chain`, or `none`. */
  tlsVerify: z.enum(["full", "chain", "none"]).default("full"),
  /** Certificates of phones and carriers that connect: not asked for, asked for, or a must. */
  tlsClients: z.enum(["none", "optional", "required"]).default("none"),
  /** TLS or nothing: no UDP, no TCP, no WebSocket but within TLS, ours or that of a proxy which is trusted or on this machine, where the public address has https:. */
  tlsOnly: z.boolean().default(false),
  /** Connections we made over TCP and TLS are kept open by a ping every so many seconds (RFC 5626). 0: not. */
  keepAliveSeconds: z.int().min(0).max(3600).default(90),
  /** Realm of challenges. Default: the realm the stored digests were made for; another one makes them useless. */
  realm: z.string().min(1).max(64).optional(),
  /**
   * Digest algorithms offered to phones, best first; answers in either are taken. RFC 8760 would offer
   * SHA-256 before MD5, but phones from before it fail on a challenge they do not know instead of
   * passing it over (SIPp 3.6 reads only the first, baresip 1.0 gives up at any). So SHA-256 is
   * offered only when told: `["SHA-256", "MD5"]`, once all phones follow RFC 8760.
   */
  algorithms: z.array(z.enum(["SHA-256", "MD5"])).min(1).default(["MD5"]),
  /** Carriers and switches. */
  trunks: z.array(trunk).default([]),
  /** Take calls of unknown sources. They then arrive with `via` trunk `anonymous`. */
  allowAnonymous: z.boolean().default(false),
  /**
   * Codecs, best first. `G722` is for peers who speak nothing else, or for two phones to hear each other in wideband: where it meets G.711, prompts,
   * conferences or recordings it is transcoded, which costs as much CPU as some five relayed calls. Put it last: `["PCMA", "PCMU", "G722"]`; for a
   * caller who speaks it, phones are asked for it first all the same.
   */
  codecs: z.array(z.enum(["PCMA", "PCMU", "G722"])).min(1).default(["PCMA", "PCMU"]),
  /** Keys of SRTP in SDP. Browsers have theirs by DTLS, whatever this says. */
  srtp: srtp.default("accept"),
  /** Comfort noise in SDP. */
  comfortNoise: comfortNoise.default("off"),
  /**
   * Extended RTCP reports with VoIP metrics (RFC 3611, `a=rtcp-xr:voip-metrics`): `accept` sends them to who asks, and asks whose offer
   * speaks of such reports; `offer` asks in our own offers too; `off` neither. What comes unasked is kept with the quality of the leg.
   */
  rtcpXr: z.enum(["off", "accept", "offer"]).default("accept"),
  /** How phones register here. */
  registrar: z
    .strictObject({
      /** Shortest registration, seconds. */
      minExpires: z.int().min(1).max(3600).default(60),
      /** Longest registration, seconds. */
      maxExpires: z.int().min(60).max(86_400).default(3600),
      /** Where the phone names none, seconds. */
      defaultExpires: z.int().min(60).max(86_400).default(300),
      /** Phones of one account. */
      maxContacts: z.int().min(1).max(100).default(10),
      /**
       * Phones over UDP are asked by OPTIONS every so many seconds (a fifth more or less) whether they are there: NAT in front of them stays open, and
       * one that does not answer is not rung. Below 30 where their NAT forgets that soon. 0: not asked, which costs nothing.
       */
      keepAliveSeconds: z.union([z.literal(0), z.int().min(10).max(3600)]).default(0),
      /** Questions in a row without any answer until a phone counts as out of reach. */
      keepAliveMisses: z.int().min(1).max(20).default(3),
    })
    .refine((r) => r.minExpires <= r.maxExpires, { message: "must not be above maxExpires", path: ["minExpires"] })
    .refine((r) => r.defaultExpires >= r.minExpires && r.defaultExpires <= r.maxExpires, { message: "must lie between minExpires and maxExpires", path: ["defaultExpires"] })
    .prefault({}),
  /**
   * Provisional responses that are acknowledged (RFC 3262), so that none is lost: `off`; `supported` where the peer wishes it;
   * `required` demands it of carriers, whose trunks must know it.
   */
  reliableProvisionals: z.enum(["off", "supported", "required"]).default("supported"),
  /** Session timers (RFC 4028): calls are refreshed within so many seconds, and ended when the far end is not there any more. */
  sessionTimer: z
    .strictObject({
      /** Session interval asked for, seconds; the far end may make it shorter. 0: none. */
      seconds: z.union([z.literal(0), z.int().min(90).max(86_400)]).default(1800),
      /** Shortest interval taken, seconds; wishes below get 422. */
      minSeconds: z.int().min(90).max(3600).default(90),
    })
    .refine((t) => t.seconds === 0 || t.seconds >= t.minSeconds, { message: "must not be below minSeconds", path: ["seconds"] })
    .prefault({}),
  /** How long an outgoing call rings unless it says otherwise. */
  ringTimeoutMs: z.int().min(1000).max(600_000).default(30_000),
  /** Ends a call from which no sound has come for so long (its phone is dead); not while on hold. 0: never. */
  mediaTimeoutMs: z.int().min(0).max(86_400_000).default(300_000),
  /** The same for browsers, which show every five seconds at the latest that they are there, on hold too. 0: never. */
  browserTimeoutMs: z.int().min(0).max(86_400_000).default(15_000),
  /** Answered and unanswered calls at once; more are refused with 503. */
  maxCalls: z.int().min(1).default(2000),
  /**
   * Connections over TCP, TLS and WebSocket at once; for more, those of strangers are closed over which nothing has come for longest. Each takes a file
   * descriptor. Default: a quarter of those the process may have (`LimitNOFILE`, `ulimit -n`), 2,000 at the most.
   */
  maxConnections: z.int().min(1).max(100_000).optional(),
  /**
   * Calls that come in faster than they can be served are refused with 503 and `Retry-After: 1`, so that those let in are answered in
   * time. Strangers are refused first: sources that are no trunk's, have no phone registered, and where no account has proved itself
   * within the hour; but not where `allowAnonymous` takes their calls and there is no trunk. A call is being set up until it rings or is answered, and again from the hotline's decision to answer until its media are there.
   */
  settingUp: z
    .strictObject({
      /** No more calls are let in while twenty wait for longer than so many ms, or any waits half as long before it is read, or twenty in a row a quarter as long. Strangers' calls are refused at half of it. 0: however long they wait. */
      maxWaitMs: z.int().min(0).max(60_000).default(1_500),
      /** Calls set up at once; strangers' may be half of them. */
      max: z.int().min(1).max(100_000).default(1_000),
      /** Fewer calls are let in while the frames of sound (20 ms each) of those there are leave later than so many ms, over a second: as many as the machine was seen to follow, so that none of them sounds bad. Strangers' calls are refused at half of it. 0: however late. */
      maxSoundLateMs: z.int().min(0).max(1_000).default(40),
      /** No call is let in while the media worker that would take it computes this part of its time, over a second: beyond it the sound of all would come late. Strangers' calls are refused at nine tenths of it. 0: however busy. */
      maxSoundBusy: z.number().min(0).max(1).default(0.8),
    })
    .prefault({}),
  /** Wrong passwords of one account from one source before it must wait `authBlockSeconds`. */
  authFailures: z.int().min(1).max(1000).default(5),
  /** See `authFailures`. */
  authBlockSeconds: z.int().min(1).max(86_400).default(300),
  /** What stands before calls and registrations. Sources of configured trunks are neither limited nor banned. */
  edge: z
    .strictObject({
      /**
       * Who may send what, by network. Each rule holds for its transports and purposes (default all): nobody in `deny`, and where
       * `allow` names somebody nobody else. What a rule does not let in gets no answer.
       */
      access: z
        .array(
          z.strictObject({
            /** Transports it holds for. Default all. */
            transports: z.array(z.enum(["udp", "tcp", "tls", "ws", "wss"])).min(1).optional(),
            /** Kinds of requests it holds for: REGISTER, INVITE, all others. Default all. */
            purposes: z.array(z.enum(["register", "call", "other"])).min(1).optional(),
            /** Networks that may; where none is named, all. */
            allow: z.array(network).default([]),
            /** Networks that may not, whatever `allow` says. */
            deny: z.array(network).default([]),
          }),
        )
        .default([]),
      /** Requests outside of calls from one address: so many a second on the average, `burst` at once. More get no answer. */
      perSource: z
        .strictObject({
          /** Requests a second on the average. */
          perSecond: z.number().min(0.1).max(100_000).default(50),
          /** Requests at once. */
          burst: z.int().min(1).max(100_000).default(500),
          /** Connections at once, of each of TCP, TLS and WebSocket; more are closed. Trunks, trusted proxies and who is never banned have no such limit. Raise it where more phones share one address. */
          connections: z.int().min(1).max(100_000).default(500),
          /** Of these, WebSockets that have sent no message yet; more are closed. The same are exempt. */
          silent: z.int().min(1).max(100_000).default(20),
        })
        .prefault({}),
      /** A connection made to us, over TCP, TLS or WebSocket, must have sent its first message within so many seconds, or it is closed. */
      firstMessageSeconds: z.int().min(1).max(600).default(8),
      /** The same as `perSource` of one account, after it has proved itself. More get 503. */
      perAccount: z
        .strictObject({
          /** Requests a second on the average. */
          perSecond: z.number().min(0.01).max(10_000).default(5),
          /** Requests at once. */
          burst: z.int().min(1).max(10_000).default(60),
        })
        .prefault({}),
      /** Drop what programs send whose User-Agent names them as scanners, and ban their address; over UDP, where it may be forged, slow it down instead until it answers a challenge. */
      fingerprints: z.boolean().default(true),
      /** Different accounts claimed from one address and not proved, by a wrong password or 5 s after the challenge, whether there are such or not, before it is banned; over UDP slowed down, as for `fingerprints`. */
      unknownAccounts: z.int().min(2).max(10_000).default(8),
      /** How long a ban lasts, or the slowing down. 0: nobody is banned but by a person. */
      banSeconds: z.int().min(0).max(31_536_000).default(3600),
      /** Never banned. Default this machine's own addresses, where demos run. */
      neverBan: z.array(network).default(["127.0.0.1", "::1"]),
    })
    .prefault({}),
  /** Limits of what calls by trunks may cost. Refused calls are written into the record of their interaction. */
  toll: z
    .strictObject({
      /** Beginnings of numbers that may be called; the longest fit of `allow` and `deny` counts, `+` and `00` being the same. Default all. */
      allow: z.array(prefix).default([""]),
      /** Beginnings that may not: `["00"]` for abroad, where `allow: ["", "+86"]` keeps the own country's numbers that are written so. */
      deny: z.array(prefix).default([]),
      /** Calls go out only while this calendar is open. Default always. */
      calendar: z.string().min(1).optional(),
      /** Calls out at once, over all trunks. */
      maxConcurrent: z.int().min(1).optional(),
      /** Calls one person may make a day (of the hotline's time zone), attempts counted, one that the carrier does not redirect and a trunk then makes once. Where a flow leads a caller out, by redirection or transfer, it is the caller's. Those of the hotline itself count together. */
      perDay: z.int().min(1).optional(),
    })
    .prefault({}),
  /** `Server` and `User-Agent` of our messages. Default: name of the hotline and version; a shorter one tells strangers less. */
  productName: z.string().min(1).max(100).regex(/^[\x20-\x7e]+$/, "printable ASCII").optional(),
})
  .refine((c) => (c.tlsCert === undefined) === (c.tlsKey === undefined), { message: "certificate and key go together", path: ["tlsCert"] })
  .refine((c) => !c.tlsOnly || c.tlsCert !== undefined, { message: "needs tlsCert and tlsKey (HOTLINE_TLS_CERT, HOTLINE_TLS_KEY)", path: ["tlsOnly"] })
  .refine((c) => c.tlsCert === undefined || c.tlsOnly || c.port === 0 || c.tlsPort !== c.port || !c.transports.includes("tcp"), { message: "must differ from `port`, where TCP is listened for (HOTLINE_SIP_TLS_PORT, HOTLINE_SIP_PORT)", path: ["tlsPort"] })
  .superRefine((c, context) => {
    if (c.tlsCert !== undefined) return;
    // Nothing would listen there, and nobody be asked for a certificate, without a word.
    for (const option of [...(c.tlsPort === undefined ? [] : ["tlsPort"]), ...(c.tlsNames.length === 0 ? [] : ["tlsNames"]), ...(c.tlsClients === "none" ? [] : ["tlsClients"])]) {
      context.addIssue({ code: "custom", message: "means nothing without tlsCert and tlsKey (HOTLINE_TLS_CERT, HOTLINE_TLS_KEY): no SIP over TLS is spoken", path: [option] });
    }
  })
  .refine((c) => !c.wsTls || c.tlsCert !== undefined, { message: "needs tlsCert and tlsKey (HOTLINE_TLS_CERT, HOTLINE_TLS_KEY)", path: ["wsTls"] })
  .refine((c) => !c.wsTls || c.wsPort !== undefined, { message: "needs wsPort (HOTLINE_SIP_WS_PORT), the port that shall speak TLS; plugin-http's port speaks it by its own tlsCert and tlsKey", path: ["wsTls"] })
  .refine((c) => !c.wsTls || c.port === 0 || c.wsPort === 0 || c.wsPort !== (c.tlsPort ?? c.port + 1), { message: "must differ from the port of SIP over TLS (HOTLINE_SIP_WS_PORT, HOTLINE_SIP_TLS_PORT)", path: ["wsPort"] })
  .superRefine((c, context) => {
    for (const [i, each] of c.trunks.entries()) {
      if (c.trunks.findIndex(({ key }) => key === each.key) < i) context.addIssue({ code: "custom", message: "another trunk has this key", path: ["trunks", i, "key"] });
      for (const [j, source] of each.match.entries()) {
        const first = c.trunks.slice(0, i).find((earlier) => earlier.match.some((wider) => encloses(wider, source)));
        if (first !== undefined) context.addIssue({ code: "custom", message: `is taken by the trunk ${first.key}: each call from there would be its. Give each trunk sources of its own, the trunk with the narrower network first`, path: ["trunks", i, "match", j] });
      }
      for (const part of ["registration", "outbound"] as const) {
        const way = each[part]?.transport;
        if (way === "tls" && c.tlsCert === undefined) context.addIssue({ code: "custom", message: "needs tlsCert and tlsKey", path: ["trunks", i, part, "transport"] });
        if (c.tlsOnly && way !== undefined && way !== "tls") context.addIssue({ code: "custom", message: "must be tls, since tlsOnly is on", path: ["trunks", i, part, "transport"] });
      }
    }
  });

export type SipConfig = z.output<typeof sipConfig>;
export type TrunkConfig = SipConfig["trunks"][number];
