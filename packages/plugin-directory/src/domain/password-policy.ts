import { directoryErrors } from "../errors.js";
import { usernameKey } from "./username.js";

/** Fewest characters of a password. */
export const PASSWORD_MIN = 8;
/** Most octets of a password in UTF-8, so that nobody makes us hash megabytes. */
export const PASSWORD_MAX_OCTETS = 256;

const COMMON = new Set(["password", "passw0rd", "password1", "12345678", "123456789", "1234567890", "87654321", "11111111", "00000000", "88888888", "66666666", "qwertyui", "qwerty123", "abcd1234", "abc12345", "admin123", "iloveyou", "a1234567", "hotline1", "12333123"]);

/** The form in which passwords are hashed and compared (RFC 8265 section 4.2: NFC, nothing trimmed). */
export function normalisePassword(password: string): string {
  return password.normalize("NFC");
}

/**
 * Throws `HTL_DIRECTORY_PASSWORD_EMPTY` or `HTL_DIRECTORY_PASSWORD_WEAK`. Length counts, not classes of
 * characters (NIST SP 800-63B section 5.1.1.2).
 */
export function checkPassword(username: string, password: string): void {
  if (password.length === 0) throw directoryErrors.PASSWORD_EMPTY(username);
  const length = [...password].length;
  if (length < PASSWORD_MIN) throw directoryErrors.PASSWORD_WEAK(username, `at least ${PASSWORD_MIN} characters`, { details: { reason: "short", min: PASSWORD_MIN } });
  if (Buffer.byteLength(password) > PASSWORD_MAX_OCTETS) throw directoryErrors.PASSWORD_WEAK(username, `at most ${PASSWORD_MAX_OCTETS} octets`, { details: { reason: "long", max: PASSWORD_MAX_OCTETS } });
  if (/\p{Cc}/u.test(password)) throw directoryErrors.PASSWORD_WEAK(username, "no control characters", { details: { reason: "control" } });
  const folded = usernameKey(password);
  if (folded === usernameKey(username)) throw directoryErrors.PASSWORD_WEAK(username, "it is the user name", { details: { reason: "username" } });
  if (COMMON.has(folded) || new Set(folded).size < 3) throw directoryErrors.PASSWORD_WEAK(username, "too common", { details: { reason: "common" } });
}
