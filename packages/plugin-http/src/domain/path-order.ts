/**
 * Order in which paths are tried: a fixed segment before a parameter before a wildcard, segment by segment,
 * so that `/api/tickets/export` is never taken for the ticket named "export", whoever registered first.
 */
export function comparePaths(a: string, b: string): number {
  const left = a.split("/");
  const right = b.split("/");
  for (let i = 0; i < Math.max(left.length, right.length); i++) {
    const difference = rank(left[i]) - rank(right[i]);
    if (difference !== 0) return difference;
  }
  return 0;
}

function rank(segment: string | undefined): number {
  if (segment === undefined) return 0;
  if (segment.includes("*") || segment.includes("{")) return 3;
  return segment.includes(":") ? 2 : 1;
}
