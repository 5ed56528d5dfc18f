/** Longest name or number that is kept. */
export const MOST_TEXT = 100;

/** Visual separators of a telephone number go; names of other kinds stay as they are, but for control characters (`%00` in a URI). At most 100 characters. */
export function cleanNumber(user: string): string {
  const text = withoutControls(user);
  const number = text.replace(/[-.() ]/g, "");
  return (/^\+?[0-9*#]+$/.test(number) ? number : text).slice(0, MOST_TEXT);
}

export function withoutControls(text: string): string {
  return text.replace(/\p{Cc}/gu, "");
}
