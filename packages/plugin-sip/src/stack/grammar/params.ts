import { SipParseError } from "../errors.js";
import { skipLws, skipQuoted, skipToken, unquote } from "./chars.js";

/** Parameters `;name=value` in order. Names are compared without case. */
export class Params {
  readonly #names: string[] = [];
  readonly #values: (string | undefined)[] = [];

  /** The value (quotes removed); `undefined` when missing or without value, see `has`. */
  get(name: string): string | undefined {
    const i = this.#names.indexOf(name);
    const value = i < 0 ? undefined : this.#values[i];
    return value !== undefined && value.charCodeAt(0) === 0x22 ? unquote(value) : value;
  }

  has(name: string): boolean {
    return this.#names.indexOf(name) >= 0;
  }

  /** Adds or replaces. `name` in lower case, `value` as it shall stand in the message. */
  set(name: string, value?: string): this {
    const i = this.#names.indexOf(name);
    if (i < 0) {
      this.#names.push(name);
      this.#values.push(value);
    } else this.#values[i] = value;
    return this;
  }

  delete(name: string): this {
    const i = this.#names.indexOf(name);
    if (i >= 0) {
      this.#names.splice(i, 1);
      this.#values.splice(i, 1);
    }
    return this;
  }

  get size(): number {
    return this.#names.length;
  }

  /** Names in lower case with values as they stand in the message. */
  *entries(): Generator<readonly [string, string | undefined]> {
    for (let i = 0; i < this.#names.length; i++) yield [this.#names[i] as string, this.#values[i]];
  }

  /** `;a=b;c`, empty when there are none. */
  toString(): string {
    let out = "";
    for (let i = 0; i < this.#names.length; i++) out += this.#values[i] === undefined ? `;${this.#names[i] as string}` : `;${this.#names[i] as string}=${this.#values[i] as string}`;
    return out;
  }
}

const VALUE_END = new Uint8Array(128);
for (const char of ' \t;,"<>\\') VALUE_END[char.charCodeAt(0)] = 1;

/**
 * Parses header parameters from `at` to the end of the text (RFC 3261 section 25.1, generic-param). Values
 * may hold more than token characters, since peers send unquoted URIs and the like; a repeated name keeps its first value.
 */
export function parseParams(text: string, at: number): Params {
  const params = new Params();
  let i = skipLws(text, at);
  while (i < text.length) {
    if (text.charCodeAt(i) !== 0x3b) throw new SipParseError("unexpected text after value");
    const start = skipLws(text, i + 1);
    i = skipToken(text, start);
    if (i === start) throw new SipParseError("empty parameter");
    const name = text.slice(start, i).toLowerCase();
    i = skipLws(text, i);
    let value: string | undefined;
    if (text.charCodeAt(i) === 0x3d) {
      const from = skipLws(text, i + 1);
      if (text.charCodeAt(from) === 0x22) i = skipQuoted(text, from);
      else {
        i = from;
        while (i < text.length) {
          const code = text.charCodeAt(i);
          if (code < 0x20 || (code < 128 && VALUE_END[code] === 1)) break;
          i++;
        }
        if (i === from) throw new SipParseError("empty parameter value");
      }
      value = text.slice(from, i);
      i = skipLws(text, i);
    }
    if (!params.has(name)) params.set(name, value);
  }
  return params;
}
