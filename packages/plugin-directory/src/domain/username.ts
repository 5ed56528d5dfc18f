/** The form in which names are compared: compatibility-folded and lower case, so that look-alike spellings are one account. */
export function usernameKey(username: string): string {
  return username.slice(0, 256).normalize("NFKC").toLowerCase().trim();
}
