/** One request to a business system. */
export interface TransportRequest {
  readonly method: "GET" | "POST";
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  /** Aborted at the time-out, and when nobody waits any more. */
  readonly signal: AbortSignal;
}

export interface TransportAnswer {
  readonly status: number;
  /** As it came; JSON is expected. */
  readonly body: string;
}

/** Carries one request; rejects when there was no answer. */
export type BusinessTransport = (request: TransportRequest) => Promise<TransportAnswer>;

/** A record is small; what is longer is no answer to a look-up. */
const MOST_OCTETS = 256 * 1024;

/** By `fetch`. Redirects are refused: credentials and keys go where the configuration says, nowhere else. */
export const fetchTransport: BusinessTransport = async ({ method, url, headers, body, signal }) => {
  const response = await fetch(url, { method, headers, signal, redirect: "error", ...(body === undefined ? {} : { body }) });
  const parts: Uint8Array[] = [];
  let octets = 0;
  for await (const part of response.body ?? []) {
    octets += part.byteLength;
    if (octets > MOST_OCTETS) throw new Error(`the answer has more than ${MOST_OCTETS} octets`);
    parts.push(part);
  }
  return { status: response.status, body: Buffer.concat(parts).toString("utf8") };
};
