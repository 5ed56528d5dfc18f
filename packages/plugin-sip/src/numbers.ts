/** Longest name or number that is kept. */
export const MOST_TEXT = 100;

/** Visual separators of a telephone number go; names of other kinds stay as they are, but for what `withoutControls` takes out (`%00` in a URI). At most 100 characters. */
export function cleanNumber(user: string): string {
  const text = withoutControls(user);
  const number = text.replace(/[-.() ]/g, "");
  return (/^\+?[0-9*#]+$/.test(number) ? number : text).slice(0, MOST_TEXT);
}

/**
 * Text of a stranger without control characters, line separators and marks of writing direction (Unicode TR 36 section 2.3):
 * a name must neither break a line nor turn round how the number beside it is read.
 */
export function withoutControls(text: string): string {
  return text.replace(/[\p{Cc}\u2028\u2029\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, "");
}
