const DIGITS = ["零", "一", "二", "三", "四", "五", "六", "七", "八", "九"] as const;

/** How the figure 1 is read where digits are read one by one: 幺 in numbers of telephones and cases, 一 in years and menu keys. */
export type OneReading = "幺" | "一";

/** Reads digits one by one; other characters stay as they are. */
export function readDigits(digits: string, one: OneReading = "幺"): string {
  let out = "";
  for (const char of digits) {
    if (char === "1") out += one;
    else if (char >= "0" && char <= "9") out += DIGITS[Number(char)];
    else out += char;
  }
  return out;
}

/**
 * A whole number in words: 十五, 一百零五, 一万零五百, 两千二百, 二十万.
 * A 2 that leads a section before 千, 万 or 亿 is 两; 二十 and 二百 stay.
 *
 * @param digits decimal digits without sign, any length up to 16; leading zeros are dropped.
 * @param beforeMeasureWord whether a bare 2 is 两 (两位, 两分钟).
 */
export function readInteger(digits: string, beforeMeasureWord = false): string {
  const plain = digits.replace(/^0+(?=\d)/, "");
  if (plain === "0" || plain === "") return "零";
  if (plain === "2" && beforeMeasureWord) return "两";
  if (plain.length > 16) return readDigits(plain, "一");
  const words = readLarge(plain);
  // 一十五 is said 十五 only at the very beginning.
  return words.startsWith("一十") ? words.slice(1) : words;
}

/** A number with sign and decimals: 三点一四, 负五. `undefined` when it is not one. */
export function readNumber(text: string, beforeMeasureWord = false): string | undefined {
  const match = /^([+-]?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (!match) return undefined;
  const [, sign, whole = "0", fraction] = match;
  const decimals = fraction?.replace(/0+$/, "") ?? "";
  const words = readInteger(whole, beforeMeasureWord && decimals === "") + (decimals === "" ? "" : `点${readDigits(decimals, "一")}`);
  return sign === "-" && words !== "零" ? `负${words}` : words;
}

/** 万 and 亿 split a number in sections of four figures; the higher part is read as a number of its own. */
function readLarge(plain: string): string {
  if (plain.length > 8) return join(plain, 8, "亿");
  if (plain.length > 4) return join(plain, 4, "万");
  return readSection(plain, true);
}

function join(plain: string, low: number, unit: string): string {
  const high = plain.slice(0, -low);
  const rest = plain.slice(-low);
  const head = (high === "2" ? "两" : readLarge(high)) + unit;
  if (/^0+$/.test(rest)) return head;
  // A gap in the figures is one 零: 十万零五, but 一万二千.
  const gap = rest.startsWith("0");
  const tail = rest.replace(/^0+/, "");
  return head + (gap ? "零" : "") + readTail(tail);
}

/** What follows 万 or 亿: 2000 is 二千 here, and 10 is 一十. */
function readTail(plain: string): string {
  return plain.length > 4 ? readLarge(plain) : readSection(plain, false);
}

function readSection(plain: string, leading: boolean): string {
  const units = ["", "十", "百", "千"];
  let out = "";
  let zero = false;
  for (let index = 0; index < plain.length; index++) {
    const figure = Number(plain[index]);
    const unit = units[plain.length - 1 - index] ?? "";
    if (figure === 0) {
      zero = out !== "";
      continue;
    }
    if (zero) out += "零";
    zero = false;
    out += figure === 2 && unit === "千" && leading && index === 0 ? "两千" : `${DIGITS[figure]}${unit}`;
  }
  return out;
}

/**
 * A sum in yuan: 一千八百元五角, 两元, 一千八百元零五分, 五角.
 *
 * @param fen the sum in 分 (1/100 yuan), a whole number.
 */
export function readMoney(fen: number): string {
  const sign = fen < 0 ? "负" : "";
  const total = Math.abs(Math.round(fen));
  const yuan = Math.floor(total / 100);
  const jiao = Math.floor((total % 100) / 10);
  const cents = total % 10;
  if (total === 0) return "零元";
  let out = yuan > 0 ? `${readInteger(String(yuan), true)}元` : "";
  if (jiao > 0) out += `${out === "" && jiao === 2 ? "两" : readInteger(String(jiao))}角`;
  if (cents > 0) out += `${out !== "" && jiao === 0 ? "零" : ""}${out === "" && cents === 2 ? "两" : readInteger(String(cents))}分`;
  return sign + out;
}

/**
 * Splits a number to be read digit by digit the way people say it: serials of 12 figures 6-5-1,
 * mobile numbers 3-4-4, fixed lines behind their area code, identity numbers 6-8-4. Separators in
 * the text begin a new group.
 */
export function digitGroups(text: string): readonly string[] {
  const out: string[] = [];
  for (const part of text.split(/[\s\-–—()（）]+/)) {
    const plain = part.replace(/[^0-9A-Za-z*#+]/g, "");
    if (plain === "") continue;
    const prefix = /^\+/.exec(plain) ? plain.slice(0, 3) : "";
    if (prefix !== "") out.push(prefix);
    out.push(...split(plain.slice(prefix.length)));
  }
  return out;
}

function split(plain: string): readonly string[] {
  if (plain === "") return [];
  const sizes = groupSizes(plain);
  const out: string[] = [];
  let at = 0;
  for (const size of sizes) {
    out.push(plain.slice(at, at + size));
    at += size;
  }
  if (at < plain.length) out.push(plain.slice(at));
  return out;
}

function groupSizes(plain: string): readonly number[] {
  const length = plain.length;
  if (length === 11 && /^1[3-9]/.test(plain)) return [3, 4, 4];
  if (plain.startsWith("0") && length >= 10 && length <= 12) {
    // Area codes: 010 and 02x have three figures, the others four.
    const area = /^0[12]/.test(plain) && !/^00/.test(plain) ? 3 : 4;
    const rest = length - area;
    return rest === 8 ? [area, 4, 4] : rest === 7 ? [area, 3, 4] : [area, rest];
  }
  if (length === 12) return [6, 5, 1];
  if (length === 18) return [6, 8, 4];
  if (length === 6) return [3, 3];
  if (length === 7) return [3, 4];
  if (length <= 5) return [length];
  const sizes: number[] = [];
  for (let left = length; left > 0; left -= 4) sizes.push(Math.min(4, left));
  // No lonely last figure: 9 is 3-3-3, 13 is 4-4-5.
  if (length === 9) return [3, 3, 3];
  if (sizes.length > 1 && sizes.at(-1) === 1) {
    sizes.pop();
    sizes[sizes.length - 1] = 5;
  }
  return sizes;
}
