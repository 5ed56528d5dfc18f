/** What was bound, not what was asked for: port 0, an empty variable and TLS show what they became. */
export interface Bound {
  readonly host: string;
  readonly sip: readonly { readonly port: number }[];
  readonly http: { readonly url: string | undefined };
}

/** The one line on stdout that tells a person what to do next. */
export function readyLine({ host, sip, http }: Bound): string {
  // Nobody can dial the address that stands for all.
  const dialled = host === "0.0.0.0" ? "127.0.0.1" : host === "::" ? "::1" : host;
  const port = sip[0] === undefined ? "" : `:${sip[0].port}`;
  return `12333 is ready: dial sip:12333@${dialled.includes(":") ? `[${dialled}]` : dialled}${port}${http.url === undefined ? "" : `, or call and answer in the browser at ${http.url}/`}`;
}
