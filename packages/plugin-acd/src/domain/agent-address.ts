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

/** Where an agent is rung: the profile's word counts. */
export function agentAddress(number: string, own: string | undefined, profile: string | undefined): string {
  return profile?.replaceAll("{number}", number) ?? own ?? `sip:${number}`;
}

/** A telephone of two agents. */
export interface SharedPhone {
  readonly number: string;
  readonly address: string;
  /** Who has it too, and comes before. */
  readonly with: string;
}

/** Telephones that ring for two agents at once: each agent once, with the first of the others. */
export function sharedPhones(agents: Iterable<{ readonly number: string; readonly address: string }>): SharedPhone[] {
  const shared: SharedPhone[] = [];
  const users = new Map<string, { readonly number: string; readonly address: string }[]>();
  for (const agent of agents) {
    const { scheme, user } = parts(agent.address);
    const key = `${scheme}:${user}`;
    const before = users.get(key) ?? [];
    const other = before.find(({ address }) => sameAddress(address, agent.address));
    if (other !== undefined) shared.push({ number: agent.number, address: agent.address, with: other.number });
    users.set(key, [...before, agent]);
  }
  return shared;
}
