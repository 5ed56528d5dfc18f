/** Names in the form in which they are written, with the compact form where there is one (RFC 3261 section 7.3.3 and the IANA registry). */
const KNOWN: readonly (readonly [name: string, compact?: string])[] = [
  ["Via", "v"], ["From", "f"], ["To", "t"], ["Call-ID", "i"], ["CSeq"], ["Contact", "m"], ["Max-Forwards"], ["Route"], ["Record-Route"],
  ["Content-Type", "c"], ["Content-Length", "l"], ["Content-Encoding", "e"], ["Content-Disposition"], ["Content-Language"], ["User-Agent"], ["Server"],
  ["Allow"], ["Allow-Events", "u"], ["Supported", "k"], ["Require"], ["Proxy-Require"], ["Unsupported"], ["Accept"], ["Accept-Encoding"], ["Accept-Language"],
  ["Authorization"], ["Proxy-Authorization"], ["WWW-Authenticate"], ["Proxy-Authenticate"], ["Authentication-Info"], ["Expires"], ["Min-Expires"], ["Event", "o"],
  ["Subscription-State"], ["Refer-To", "r"], ["Referred-By", "b"], ["Refer-Sub"], ["Replaces"], ["Retry-After"], ["Reason"], ["Warning"], ["Subject", "s"],
  ["Session-Expires", "x"], ["Min-SE"], ["Date"], ["Timestamp"], ["Organization"], ["Priority"], ["Alert-Info"], ["Call-Info"], ["Error-Info"], ["In-Reply-To"],
  ["MIME-Version"], ["Reply-To"], ["Path"], ["Service-Route"], ["P-Asserted-Identity"], ["P-Preferred-Identity"], ["Remote-Party-ID"], ["Privacy"],
  ["Diversion"], ["History-Info"], ["RSeq"], ["RAck"], ["Identity", "y"], ["Accept-Contact", "a"], ["Reject-Contact", "j"], ["Request-Disposition", "d"],
];

const canonical = new Map<string, string>();
const written = new Map<string, string>();

for (const [name, compact] of KNOWN) {
  const lower = name.toLowerCase();
  written.set(lower, name);
  canonical.set(name, lower).set(lower, lower).set(name.toUpperCase(), lower);
  if (compact !== undefined) canonical.set(compact, lower).set(compact.toUpperCase(), lower);
}

/** The name as the stack keeps it: lower case, compact forms resolved. */
export function canonicalName(name: string): string {
  const known = canonical.get(name);
  if (known !== undefined) return known;
  const lower = name.toLowerCase();
  return canonical.get(lower) ?? lower;
}

/** The name as it is written into messages, from its canonical form. */
export function writtenName(name: string): string {
  return written.get(name) ?? name.replace(/(^|-)([a-z])/g, (_all, dash: string, letter: string) => dash + letter.toUpperCase());
}
