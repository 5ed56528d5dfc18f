import { SipParseError } from "../errors.js";
import { isToken } from "./chars.js";

/** Elements of a comma list; commas in quotes and angle brackets do not separate. Empty elements are an error. */
export function splitList(text: string): string[] {
  if (text.indexOf(",") < 0) return [text];
  const out: string[] = [];
  let from = 0;
  let bracket = false;
  let quoted = false;
  for (let i = 0; i <= text.length; i++) {
    const code = i === text.length ? 0x2c : text.charCodeAt(i);
    if (quoted && i < text.length) {
      if (code === 0x5c) i++;
      else if (code === 0x22) quoted = false;
    } else if (code === 0x22 && !bracket) quoted = true;
    else if (code === 0x3c) bracket = true;
    else if (code === 0x3e) bracket = false;
    else if (code === 0x2c && (!bracket || i === text.length)) {
      const element = text.slice(from, i).trim();
      if (element.length === 0) throw new SipParseError("empty list element");
      out.push(element);
      from = i + 1;
    }
  }
  if (quoted) throw new SipParseError("quoted string is not closed");
  return out;
}

/** Comma list of tokens (Allow, Require, Supported ...). An empty text is an empty list. */
export function splitTokens(text: string): string[] {
  if (text.length === 0) return [];
  const out = text.split(",");
  for (let i = 0; i < out.length; i++) {
    const token = (out[i] as string).trim();
    if (!isToken(token)) throw new SipParseError("bad token list");
    out[i] = token;
  }
  return out;
}
