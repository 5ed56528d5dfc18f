/** Where a browser that sent these headers opens its WebSocket: the public address, else the origin of its page, else the host it named. */
export function webSocketUrl(path: string, publicUrl: string | undefined, headers: Readonly<Record<string, string | undefined>>): URL {
  const base = publicUrl ?? (headers.origin !== undefined && /^https?:/i.test(headers.origin) ? headers.origin : `http://${headers.host ?? "127.0.0.1"}`);
  const url = new URL(base);
  const below = url.pathname.replace(/\/$/, "");
  return new URL(`${url.protocol === "https:" ? "wss" : "ws"}://${url.host}${below}${path}`);
}
