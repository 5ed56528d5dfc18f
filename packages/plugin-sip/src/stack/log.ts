/** Where the stack tells what it does. Texts from the network are escaped and cut before they get here. */
export interface StackLog {
  debug(message: string, fields?: Readonly<Record<string, unknown>>): void;
  info(message: string, fields?: Readonly<Record<string, unknown>>): void;
  warn(message: string, fields?: Readonly<Record<string, unknown>>): void;
  error(message: string, fields?: Readonly<Record<string, unknown>>): void;
}

function nothing(): void {
  // the silent log
}

/** Says nothing. */
export const silentLog: StackLog = { debug: nothing, info: nothing, warn: nothing, error: nothing };

/** Makes text from the network safe for a log line: printable ASCII, everything else escaped, at most `max` characters. */
export function printable(text: string, max = 80): string {
  let out = "";
  const end = Math.min(text.length, max);
  for (let i = 0; i < end; i++) {
    const code = text.charCodeAt(i);
    out += code >= 0x20 && code < 0x7f && code !== 0x5c ? text[i] : code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16).padStart(4, "0")}`;
  }
  return text.length > max ? `${out}...` : out;
}
