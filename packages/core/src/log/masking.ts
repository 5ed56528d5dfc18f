/** Names whose values never reach a log. */
const SECRET = /pass(word|wd)?|secret|token|authorization|cookie|credential|digest|ha1|querycode|pin$|apikey/i;
/** Names whose values are telephone numbers or addresses of people: only the ends are kept. */
const NUMBER = /number|phone|caller|msisdn|mobile|^(from|to|callee|contact)$/i;

/**
 * A copy of log fields in which secrets are replaced and telephone numbers of eight and more digits
 * keep three digits at the front and two at the end (`138******78`). Extensions and service numbers
 * are short and stay readable. Goes five levels deep.
 */
export function maskFields(fields: Record<string, unknown>, depth = 0): Record<string, unknown> {
  const out: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) out[key] = maskValue(key, value, depth);
  return out;
}

function maskValue(key: string, value: unknown, depth: number): unknown {
  try {
    return masked(key, value, depth);
  } catch {
    return "[unreadable]"; // a proxy or getter that throws: no reason to fail whoever logs it
  }
}

function masked(key: string, value: unknown, depth: number): unknown {
  if (value === undefined || value === null || typeof value === "boolean") return value;
  if (SECRET.test(key)) return "[hidden]";
  if (typeof value === "string") return NUMBER.test(key) ? maskNumbers(value) : value;
  if (value instanceof Error || typeof value !== "object") return value;
  if (depth >= 5) return "[deep]";
  if (Array.isArray(value)) return value.map((item) => maskValue(key, item, depth + 1));
  return maskFields(value as Record<string, unknown>, depth + 1);
}

/** Masks every run of eight or more digits in a text. */
export function maskNumbers(text: string): string {
  return text.replace(/\d{8,}/g, (digits) => `${digits.slice(0, 3)}${"*".repeat(digits.length - 5)}${digits.slice(-2)}`);
}
