const ONES = ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"];
const TENS = ["", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"];
const SCALES = ["", "thousand", "million", "billion", "trillion"];
const MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"];
const IRREGULAR: Readonly<Record<string, string>> = { one: "first", two: "second", three: "third", five: "fifth", eight: "eighth", nine: "ninth", twelve: "twelfth" };

/** Digits one by one: "one zero zero one". Letters stay. */
export function spellDigits(text: string): string {
  return [...text].map((char) => (char >= "0" && char <= "9" ? (ONES[Number(char)] ?? char) : char)).join(" ");
}

/** A whole number of up to 15 figures in words. Longer ones are read digit by digit. */
export function englishInteger(digits: string): string {
  const plain = digits.replace(/^0+(?=\d)/, "");
  if (plain.length > 15) return spellDigits(plain);
  if (plain === "0" || plain === "") return "zero";
  const groups: string[] = [];
  for (let end = plain.length, scale = 0; end > 0; end -= 3, scale++) {
    const value = Number(plain.slice(Math.max(0, end - 3), end));
    if (value > 0) groups.unshift(`${underThousand(value)}${scale > 0 ? ` ${SCALES[scale] ?? ""}` : ""}`);
  }
  return groups.join(" ");
}

function underThousand(value: number): string {
  const hundreds = Math.floor(value / 100);
  const rest = value % 100;
  const words: string[] = [];
  if (hundreds > 0) words.push(`${ONES[hundreds] ?? ""} hundred`);
  if (rest > 0 && rest < 20) words.push(ONES[rest] ?? "");
  else if (rest > 0) words.push((TENS[Math.floor(rest / 10)] ?? "") + (rest % 10 > 0 ? `-${ONES[rest % 10] ?? ""}` : ""));
  return words.join(" ");
}

/** "first", "twenty-second". */
export function englishOrdinal(value: number): string {
  const words = englishInteger(String(value));
  const match = /^(.*[\s-])?([a-z]+)$/.exec(words);
  const last = match?.[2] ?? words;
  const ordinal = IRREGULAR[last] ?? (last.endsWith("y") ? `${last.slice(0, -1)}ieth` : `${last}th`);
  return (match?.[1] ?? "") + ordinal;
}

/** A number with sign and decimals; `undefined` when it is not one. */
export function englishNumber(text: string): string | undefined {
  const match = /^([+-]?)(\d+)(?:\.(\d+))?$/.exec(text);
  if (!match) return undefined;
  const decimals = (match[3] ?? "").replace(/0+$/, "");
  const words = englishInteger(match[2] ?? "0") + (decimals === "" ? "" : ` point ${spellDigits(decimals)}`);
  return match[1] === "-" && words !== "zero" ? `minus ${words}` : words;
}

export function englishDate(year: number | undefined, month: number, day: number): string {
  return `${MONTHS[month - 1] ?? ""} ${englishOrdinal(day)}${year === undefined ? "" : `, ${englishYear(year)}`}`;
}

function englishYear(year: number): string {
  const high = Math.floor(year / 100);
  const low = year % 100;
  if (year < 1000 || year > 9999 || (low < 10 && year % 1000 < 10)) return englishInteger(String(year));
  if (low === 0) return `${englishInteger(String(high))} hundred`;
  return `${englishInteger(String(high))} ${low < 10 ? "oh " : ""}${englishInteger(String(low))}`;
}

/** "ten thirty AM", "twelve PM", "nine oh five AM". */
export function englishTime(hour: number, minute: number): string {
  const half = hour % 24 < 12 ? "AM" : "PM";
  const twelve = hour % 12 === 0 ? 12 : hour % 12;
  const minutes = minute === 0 ? "" : minute < 10 ? ` oh ${englishInteger(String(minute))}` : ` ${englishInteger(String(minute))}`;
  return `${englishInteger(String(twelve))}${minutes} ${half}`;
}

/** @param fen the sum in 1/100 yuan. */
export function englishMoney(fen: number): string {
  const total = Math.abs(Math.round(fen));
  const yuan = Math.floor(total / 100);
  const rest = total % 100;
  const parts: string[] = [];
  if (yuan > 0 || rest === 0) parts.push(`${englishInteger(String(yuan))} yuan`);
  if (rest > 0) parts.push(`${englishInteger(String(rest))} fen`);
  return (fen < 0 ? "minus " : "") + parts.join(" ");
}

/** Service and telephone numbers digit by digit, other numbers in words, no markup. */
export function normaliseEnglish(text: string): string {
  return text
    .normalize("NFC")
    .replace(/[！-～]/g, (char) => String.fromCharCode(char.charCodeAt(0) - 0xfee0))
    .replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\ufeff\ufff0-\uffff]/g, " ")
    .replace(/[<>]/g, " ")
    .replace(/&/g, " and ")
    .replace(/#(?:\s*key)?/g, " the pound key ")
    .replace(/\*(?:\s*key)?/g, " the star key ")
    .replace(/(?<!\d)(\d{4})-(\d{2})-(\d{2})(?!\d)/g, (all, year: string, month: string, day: string) => (isDay(Number(month), Number(day)) ? englishDate(Number(year), Number(month), Number(day)) : all))
    .replace(/(?<![\d:])([01]?\d|2[0-3]):([0-5]\d)(?![\d:])/g, (_all, hour: string, minute: string) => englishTime(Number(hour), Number(minute)))
    .replace(/¥\s*(\d[\d,]*)(?:\.(\d{1,2}))?/g, (_all, yuan: string, cents: string | undefined) => englishMoney(Number(yuan.replaceAll(",", "")) * 100 + Number((cents ?? "").padEnd(2, "0"))))
    .replace(/(\d[\d,]*(?:\.\d+)?)\s*%/g, (_all, number: string) => `${englishNumber(number.replaceAll(",", "")) ?? number} percent`)
    .replace(/\+?\d{3,4}-\d{3,4}-?\d{3,4}(?:-\d{1,4})?(?!\d)/g, (number) => spellDigits(number.replace(/\D/g, "")))
    .replace(/(\d{1,3}(?:,\d{3})+(?!\d)|\d+)(\.\d+)?/g, (all: string, whole: string, fraction: string | undefined) => {
      const plain = whole.replaceAll(",", "");
      if (fraction !== undefined) return englishNumber(plain + fraction) ?? all;
      if (!whole.includes(",") && (/^(?:1[12]\d|1\d{4}|9[56]\d{3})$/.test(plain) || plain.length >= 7 || (plain.length > 1 && plain.startsWith("0")))) return spellDigits(plain);
      return englishInteger(plain);
    })
    .replace(/[“”"{}|\\^`_=~[\]]/g, "")
    .replace(/\s+/g, " ")
    .replace(/ (?=[,.;:!?])/g, "")
    .trim();
}

function isDay(month: number, day: number): boolean {
  return month >= 1 && month <= 12 && day >= 1 && day <= 31;
}
