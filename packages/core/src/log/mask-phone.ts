/** Area codes of two digits after the 0: Beijing, Guangzhou, Shanghai, Tianjin, Chongqing, Shenyang, Nanjing, Wuhan, Chengdu, Xi'an. All others have three. */
const LANDLINE = /^(?:\+86|0086|86(?=0|\d{10,11}$))?0?(?<area>10|2[0-9]|[3-9]\d{2})(?<local>\d{7,8})$/;
const MOBILE = /^(?<prefix>\+?86|0086)?(?<head>1[3-9]\d)\d{4}(?<tail>\d{4})$/;

/**
 * A telephone number as those see it who need not know it: enough to recognise, not enough to dial. Of a mobile number the four digits in
 * the middle are hidden (`138****5678`), of a landline the last four, its area code stays (`0573-8888****`, `010-6666****`; +86 reads 0).
 * Other numbers keep their first three and last four digits. What has fewer than eight digits (extensions, 12333) or is masked already stays.
 */
export function maskPhone(number: string): string {
  if (number.length < 8 || number.includes("*")) return number;
  const mobile = MOBILE.exec(number)?.groups;
  if (mobile !== undefined) return `${mobile.prefix ?? ""}${mobile.head}****${mobile.tail}`;
  const digits = number.replace(/[\s()-]/g, "");
  // Without a 0 or the country code it may be anything of ten or eleven digits.
  const landline = /^(?:0|\+86|86)/.test(digits) ? LANDLINE.exec(digits)?.groups : undefined;
  if (landline !== undefined) return `0${landline.area}-${landline.local?.slice(0, -4)}****`;
  // Eight digits of a town dialled without its code, or a code that lost its 0 on the way.
  if (/^(?:\d{8}|(?![48]00)[2-9]\d{9,10})$/.test(digits)) return `${digits.slice(0, -4)}****`;
  return `${number.slice(0, 3)}****${number.slice(-4)}`;
}
