/** Luhn's check of the last figure (ISO/IEC 7812-1 annex B). */
export function luhn(digits: string): boolean {
  if (!/^\d{2,}$/.test(digits)) return false;
  let sum = 0;
  for (let index = 0; index < digits.length; index++) {
    const figure = Number(digits[digits.length - 1 - index]);
    const doubled = index % 2 === 1 ? figure * 2 : figure;
    sum += doubled > 9 ? doubled - 9 : doubled;
  }
  return sum % 10 === 0;
}

/** Check character of an 18-place identity number (GB 11643, ISO/IEC 7064 MOD 11-2) and a date of birth that exists. */
export function idCard(number: string): boolean {
  if (!/^\d{17}[\dXx]$/.test(number)) return false;
  const date = new Date(`${number.slice(6, 10)}-${number.slice(10, 12)}-${number.slice(12, 14)}T00:00:00Z`);
  if (Number.isNaN(date.getTime()) || date.getUTCDate() !== Number(number.slice(12, 14))) return false;
  let sum = 0;
  for (let index = 0; index < 17; index++) sum += Number(number[index]) * (2 ** (17 - index) % 11);
  return "10X98765432"[sum % 11] === number[17]?.toUpperCase();
}

export const CHECKS = { luhn, "id-card": idCard } as const;
