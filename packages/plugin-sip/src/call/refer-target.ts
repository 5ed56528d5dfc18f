import type { Replaces } from "../stack/index.js";
import { formatUri, parseReplaces, parseUri, SipParseError } from "../stack/index.js";

/** What a Refer-To means: the address, and the dialog there that is to be taken over (RFC 3891 section 6.1, RFC 5589). */
export interface ReferTarget {
  /** Without headers. */
  readonly to: string;
  readonly replaces: { readonly dialog: Replaces; /** As it stands in a header. */ readonly value: string } | undefined;
}

/** `undefined`: it cannot be read. Headers other than Replaces are dropped: a phone may not write ours (RFC 3261 section 19.1.5). */
export function referTarget(uri: string): ReferTarget | undefined {
  try {
    const parsed = parseUri(uri);
    const { headers, ...rest } = parsed;
    const to = formatUri(rest);
    const fields = (headers ?? "").split("&").map((field) => field.split("="));
    const values = fields.filter(([name]) => name?.toLowerCase() === "replaces").map(([, ...value]) => decodeURIComponent(value.join("=")));
    const [value] = values;
    if (value === undefined) return { to, replaces: undefined };
    if (values.length > 1) return undefined;
    return { to, replaces: { dialog: parseReplaces(value), value } };
  } catch (error) {
    if (error instanceof SipParseError || error instanceof URIError) return undefined;
    throw error;
  }
}
