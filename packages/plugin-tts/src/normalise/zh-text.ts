import { digitGroups, readDigits, readInteger, readMoney, readNumber } from "./zh-numbers.js";

/** Measure words and units before which a bare 2 is 两. */
const MEASURE =
  /^(?:多|余)?(?:个|位|名|件|条|次|天|年|周|岁|元|块|角|分|秒|点|时|小时|人|份|张|页|本|套|间|家|种|项|类|题|步|遍|倍|趟|场|轮|批|笔|支|台|辆|亩|米|公里|公斤|斤|千克|吨|升|工作日|成|所|处|户|通|封|则|万|千|百|亿|行|段|组|对|部|代|期间|星期|礼拜|刻|日内|平方)/;

/** Units that count places in an order: the 2 stays 二. */
const ORDINAL = /^(?:月|日|号|楼|层|级|期|科|室|区|路|班|等|线|版|季|栋|单元|中队|支队)/;

/** Words after which a number is a name, not an amount. */
const NAMED = /(?:流水号|编号|代号|工号|查询码|号码|尾号|电话|热线|代码|邮编|账号|帐号|卡号|验证码|单号|密码|传真|分机|区号|拨打|呼叫|回拨|致电|拨)(?:是|为|：|:|，|,|\s)*$/;

/** Words after which single figures are keys of the telephone. */
const KEYED = /(?:按下|按键|请按|按|键入|选择|选)\s*$/;

/** Public service numbers: 110, 114, 12333, 95588, 96110, 10086, 400/800 numbers. */
const SERVICE = /^(?:1[12]\d|12[0-9]{3}|10[0-9]{3}|9[56][0-9]{3}|1258[0-9]|116[0-9]{2,3}|[48]00\d{7})$/;

/** How many characters around a number tell how it is read. */
const CONTEXT = 12;

/** Whether the text begins with a measure word before which 2 is 两. */
export function startsWithMeasureWord(text: string): boolean {
  return MEASURE.test(text.trimStart()) || text.trimStart().startsWith("个");
}

/**
 * Writes everything in a Mandarin text that is not a word as a reader would say it. No ASCII figure
 * and nothing an engine could take for markup is left over.
 *
 * - service numbers (12333, 110), telephone numbers, and figures after 流水号, 编号, 工号 ... one by one, 1 as 幺
 * - keys after 按: 按1 is 按一
 * - dates, times, ranges, percentages, sums (¥1,800.50), decimals, fractions
 * - other numbers as cardinals, 2 as 两 before a measure word
 */
export function normaliseChinese(text: string): string {
  let out = fold(text);
  out = dates(out);
  out = times(out);
  out = out.replace(/[¥￥]\s*(\d[\d,]*)(?:\.(\d{1,2}))?/g, (_all, yuan: string, cents: string | undefined) => readMoney(Number(yuan.replaceAll(",", "")) * 100 + Number((cents ?? "").padEnd(2, "0"))));
  out = out.replace(/([+-]?\d[\d,]*(?:\.\d+)?)\s*([%‰])/g, (_all, number: string, sign: string) => `${sign === "%" ? "百" : "千"}分之${readNumber(plain(number)) ?? number}`);
  out = telephones(out);
  out = ranges(out);
  out = out.replace(/(?<![\d.])(\d{1,4})\/(\d{1,4})(?![\d/])/g, (_all, above: string, below: string) =>
    Number(above) < Number(below) && Number(above) > 0 ? `${readInteger(below)}分之${readInteger(above)}` : `${above}、${below}`,
  );
  out = numbers(out);
  return tidy(out);
}

/** Full-width figures, letters and signs to ASCII; what cannot be spoken or is markup goes. */
function fold(text: string): string {
  return text
    .normalize("NFC")
    .replace(/[！-～]/g, (char) => (/[０-９Ａ-Ｚａ-ｚ％＋－．＃＊＠／]/.test(char) ? String.fromCharCode(char.charCodeAt(0) - 0xfee0) : char))
    .replace(/[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\ufeff\ufff0-\uffff]/g, " ")
    .replace(/[<>]/g, " ")
    .replace(/&/g, "和")
    .replace(/[#]\s*(?:号键|号|键)?/g, "井号键")
    .replace(/[*]\s*(?:号键|号|键)?/g, "星号键")
    .replace(/℃/g, "摄氏度")
    .replace(/㎡/g, "平方米");
}

function dates(text: string): string {
  return text
    .replace(/(?<!\d)(\d{4})(?:年|[-/.])(\d{1,2})(?:月|[-/.])(\d{1,2})(?:日|号)?(?!\d)/g, (all, year: string, month: string, day: string) =>
      isDay(month, day) ? `${readDigits(year, "一")}年${readInteger(month)}月${readInteger(day)}日` : all,
    )
    .replace(/(?<!\d)(\d{1,2})月(\d{1,2})(日|号)/g, (all, month: string, day: string, unit: string) => (isDay(month, day) ? `${readInteger(month)}月${readInteger(day)}${unit}` : all))
    .replace(/[〔［[](\d{4})[〕］\]]/g, (_all, year: string) => `，${readDigits(year, "一")}，`)
    .replace(/(?<!\d)((?:1[89]|20)\d{2})年/g, (_all, year: string) => `${readDigits(year, "一")}年`);
}

function isDay(month: string, day: string): boolean {
  return Number(month) >= 1 && Number(month) <= 12 && Number(day) >= 1 && Number(day) <= 31;
}

function times(text: string): string {
  return text
    .replace(/(\d{1,2}[:：]\d{2})\s*[-–—~～至到]{1,2}\s*(?=\d{1,2}[:：]\d{2})/g, "$1至")
    .replace(/(?<![\d:：])([01]?\d|2[0-4])[:：]([0-5]\d)(?:[:：]([0-5]\d))?(?![\d:：])/g, (_all, hour: string, minute: string, second: string | undefined) => clockWords(Number(hour), Number(minute), second === undefined ? undefined : Number(second)));
}

/** 十点, 十点零五分, 两点三十分. */
export function clockWords(hour: number, minute: number, second?: number): string {
  const head = `${readInteger(String(hour), true)}点`;
  const minutes = minute === 0 && second === undefined ? "" : `${minute < 10 ? (minute === 0 ? "零" : `零${readInteger(String(minute))}`) : readInteger(String(minute))}分`;
  return head + minutes + (second === undefined ? "" : `${readInteger(String(second), true)}秒`);
}

function telephones(text: string): string {
  return text
    .replace(/(?<![\d.])\+?\d{0,4}[-\s]?(?:0\d{2,3}[-\s]\d{7,8}|[48]00[-\s]\d{3,4}[-\s]\d{3,4}|1[3-9]\d[-\s]?\d{4}[-\s]?\d{4})(?:[-转]\d{1,6})?(?![\d.])/g, (number) => spellNumber(number))
    .replace(/\+(\d{6,15})(?!\d)/g, (_all, number: string) => `加${spellNumber(number)}`);
}

/** Digit by digit, in groups parted by a pause. */
export function spellNumber(text: string): string {
  return text
    .split("转")
    .map((part) =>
      digitGroups(part)
        .map((group) => readDigits(group.replace("+", "加")))
        .join("，"),
    )
    .join("，转");
}

function ranges(text: string): string {
  return text.replace(/(\d)\s*(?:[~～–—]{1,2}|-(?!\d{3,}-))\s*(?=\d)/g, "$1至");
}

function numbers(text: string): string {
  return text.replace(/(-?)(\d{1,3}(?:,\d{3})+(?!\d)|\d+)(\.\d+)?/g, (all: string, minus: string, whole: string, fraction: string | undefined, at: number) => {
    const before = text.slice(Math.max(0, at - CONTEXT), at);
    const after = text.slice(at + all.length, at + all.length + CONTEXT);
    const digits = plain(whole);
    // A hyphen behind a word or letter joins, it does not subtract.
    const sign = minus === "" ? "" : /[\p{L}\p{N}]$/u.test(before) ? "，" : "负";
    if (fraction !== undefined) return sign + (readNumber(digits + fraction) ?? all);
    return sign + wholeNumber(digits, before, after, whole.includes(","));
  });
}

function wholeNumber(digits: string, before: string, after: string, grouped: boolean): string {
  if (KEYED.test(before) && digits.length === 1) return readDigits(digits, "一");
  if (/第\s*$/.test(before)) return readInteger(digits);
  if (NAMED.test(before) || /[A-Za-z]$/.test(before)) return spellNumber(digits);
  if (grouped) return readInteger(digits, startsWithMeasureWord(after));
  if (digits.length > 1 && digits.startsWith("0")) return spellNumber(digits);
  if (/^\s*个?月/.test(after) && !/^\s*个/.test(after)) return readInteger(digits);
  if (ORDINAL.test(after)) return /^号/.test(after) && digits.length > 2 ? spellNumber(digits) : readInteger(digits);
  if (startsWithMeasureWord(after)) return readInteger(digits, true);
  if (SERVICE.test(digits) || digits.length >= 7) return spellNumber(digits);
  return readInteger(digits);
}

function plain(number: string): string {
  return number.replaceAll(",", "").replace("+", "");
}

/** Signs that no engine should see; several pauses in a row become the longest of them. */
function tidy(text: string): string {
  return text
    .replace(/[“”‘’"'《》〈〉「」『』【】[\]{}|\\^`_=~～]/g, "")
    .replace(/[（(]/g, "，")
    .replace(/[）)]/g, "，")
    .replace(/[—–…]+/g, "，")
    .replace(/\+/g, "加")
    .replace(/\//g, "、")
    .replace(/\s+/g, " ")
    .replace(/(?<=[\u4e00-\u9fff，。；：！？、]) | (?=[\u4e00-\u9fff，。；：！？、])/g, "")
    .replace(/[，、；：]+(?=[。！？；])/g, "")
    .replace(/([，、；：])[，、；：]+/g, "$1")
    .replace(/([。！？])[，、；：。！？]+/g, "$1")
    .replace(/^[，、；：。！？\s]+/, "")
    .trim();
}
