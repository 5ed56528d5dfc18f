/** An ETag as it goes on the wire: what a plugin gave without quotes gets them. */
export function formatEntityTag(etag: string): string {
  return /^(W\/)?"[\x21\x23-\x7e\x80-\xff]*"$/.test(etag) ? etag : `"${etag.replace(/[^\x21\x23-\x7e]/g, "")}"`;
}

/** If-None-Match by weak comparison (RFC 9110 section 13.1.2). */
export function matchesEntityTag(header: string, etag: string): boolean {
  if (header.trim() === "*") return true;
  const own = etag.replace(/^W\//, "");
  return (header.match(/(?:W\/)?"[^"]*"/g) ?? []).some((tag) => tag.replace(/^W\//, "") === own);
}

/** If-Range by strong comparison (RFC 9110 section 13.1.5). A date never matches: we send no Last-Modified. */
export function rangeStillApplies(header: string, etag: string | undefined): boolean {
  return etag !== undefined && !etag.startsWith("W/") && header.trim() === etag;
}
