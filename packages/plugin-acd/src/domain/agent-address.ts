/** `sip:1001@Host;transport=udp` in parts that can be compared. */
function parts(address: string): { scheme: string; user: string; host: string | undefined } {
  const match = /^([a-z][a-z0-9+.-]*):(.*)$/i.exec(address.trim());
  const scheme = (match?.[1] ?? "sip").toLowerCase();
  const rest = (match?.[2] ?? address).replace(/[;?>].*$/, "").replace(/^\/\//, "");
  const at = rest.lastIndexOf("@");
  const user = at < 0 ? rest : rest.slice(0, at);
  const host = at < 0 ? undefined : rest.slice(at + 1).toLowerCase();
  return { scheme: scheme === "sips" ? "sip" : scheme, user, host };
}

export function addressScheme(address: string): string {
  return parts(address).scheme;
}

/** Whether two addresses mean one phone: an address without host is any host's. */
export function sameAddress(a: string, b: string): boolean {
  const one = parts(a);
  const other = parts(b);
  return one.scheme === other.scheme && one.user === other.user && (one.host === undefined || other.host === undefined || one.host === other.host);
}
