import { SipError } from "../errors.js";
import { isToken } from "../grammar/chars.js";
import { canonicalName, writtenName } from "../grammar/header-names.js";
import { splitList, splitTokens } from "../grammar/list.js";

/**
 * The header fields of a message, in order, values kept as text until somebody asks. Names are matched
 * without case and compact forms count as their long ones.
 */
export class SipHeaders {
  readonly #names: string[] = [];
  readonly #values: string[] = [];

  /** Value of the first field with this name. */
  get(name: string): string | undefined {
    const i = this.#indexOf(name);
    return i < 0 ? undefined : this.#values[i];
  }

  has(name: string): boolean {
    return this.#indexOf(name) >= 0;
  }

  /** Whether more than one field has this canonical name. */
  repeats(canonical: string): boolean {
    return this.#names.indexOf(canonical) !== this.#names.lastIndexOf(canonical);
  }

  /** Values of all fields with this name, one per field. */
  all(name: string): string[] {
    const wanted = canonicalName(name);
    const out: string[] = [];
    for (let i = 0; i < this.#names.length; i++) if (this.#names[i] === wanted) out.push(this.#values[i] as string);
    return out;
  }

  /** All elements of a comma-list header (Via, Contact, Route, Record-Route ...). Throws `SipParseError`. */
  list(name: string): string[] {
    const wanted = canonicalName(name);
    const out: string[] = [];
    for (let i = 0; i < this.#names.length; i++) if (this.#names[i] === wanted) out.push(...splitList(this.#values[i] as string));
    return out;
  }

  /** All tokens of a token-list header (Allow, Require, Supported ...). Throws `SipParseError`. */
  tokens(name: string): string[] {
    const wanted = canonicalName(name);
    const out: string[] = [];
    for (let i = 0; i < this.#names.length; i++) if (this.#names[i] === wanted) out.push(...splitTokens(this.#values[i] as string));
    return out;
  }

  /** How many fields have this name. */
  count(name: string): number {
    const wanted = canonicalName(name);
    let n = 0;
    for (let i = 0; i < this.#names.length; i++) if (this.#names[i] === wanted) n++;
    return n;
  }

  /** Number of fields. */
  get size(): number {
    return this.#names.length;
  }

  /** Replaces all fields of this name by one. Throws `SipError` (`SIP_INVALID_HEADER`). */
  set(name: string, value: string): this {
    const wanted = checked(name, value);
    const i = this.#names.indexOf(wanted);
    if (i < 0) return this.append(wanted, value);
    this.#values[i] = value;
    for (let k = this.#names.length - 1; k > i; k--) if (this.#names[k] === wanted) this.#removeAt(k);
    return this;
  }

  /** Adds a field at the end. Throws `SipError` (`SIP_INVALID_HEADER`). */
  add(name: string, value: string): this {
    return this.append(checked(name, value), value);
  }

  /** Adds a field before all others. Throws `SipError` (`SIP_INVALID_HEADER`). */
  addFirst(name: string, value: string): this {
    this.#names.unshift(checked(name, value));
    this.#values.unshift(value);
    return this;
  }

  remove(name: string): this {
    const wanted = canonicalName(name);
    for (let k = this.#names.length - 1; k >= 0; k--) if (this.#names[k] === wanted) this.#removeAt(k);
    return this;
  }

  /** Fields in order, names canonical (lower case, long form). */
  *entries(): Generator<readonly [name: string, value: string]> {
    for (let i = 0; i < this.#names.length; i++) yield [this.#names[i] as string, this.#values[i] as string];
  }

  clone(): SipHeaders {
    const copy = new SipHeaders();
    for (let i = 0; i < this.#names.length; i++) copy.append(this.#names[i] as string, this.#values[i] as string);
    return copy;
  }

  /** Adds without checks: for the parser and for values the stack made itself. `canonical` must be in canonical form. */
  append(canonical: string, value: string): this {
    this.#names.push(canonical);
    this.#values.push(value);
    return this;
  }

  /** Changes the value of the first field with this canonical name, without checks. */
  replaceFirst(canonical: string, value: string): void {
    const i = this.#names.indexOf(canonical);
    if (i >= 0) this.#values[i] = value;
  }

  /** Appends all fields with this canonical name from other headers, in order. */
  copyFrom(other: SipHeaders, canonical: string): this {
    for (let i = 0; i < other.#names.length; i++) if (other.#names[i] === canonical) this.append(canonical, other.#values[i] as string);
    return this;
  }

  /** Fields as they go out, each line ended by CRLF. Content-Length is left out: who writes the body knows it. */
  toString(): string {
    let out = "";
    for (let i = 0; i < this.#names.length; i++) if (this.#names[i] !== "content-length") out += `${writtenName(this.#names[i] as string)}: ${this.#values[i] as string}\r\n`;
    return out;
  }

  #indexOf(name: string): number {
    // Nearly everybody asks by the canonical name, and for what is there.
    const i = this.#names.indexOf(name);
    if (i >= 0) return i;
    const canonical = canonicalName(name);
    return canonical === name ? -1 : this.#names.indexOf(canonical);
  }

  #removeAt(index: number): void {
    this.#names.splice(index, 1);
    this.#values.splice(index, 1);
  }
}

/** A line break in a value would let its source write headers of its own. */
function checked(name: string, value: string): string {
  if (!isToken(name)) throw new SipError("SIP_INVALID_HEADER", "not a header name");
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (code === 0x0d || code === 0x0a || code === 0) throw new SipError("SIP_INVALID_HEADER", `line break in header ${name}`, { header: name });
  }
  return canonicalName(name);
}
