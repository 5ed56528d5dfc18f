import { maskPhone } from "@hotlinejs/core";

/** Digits of a number as sent by the network or typed, without the country code of China. Empty: no number at all. */
export function normaliseNumber(number: string): string {
  const digits = number.replace(/[^\d]/g, "");
  return digits.replace(/^(?:00)?86(?=1\d{10}$|0?[2-9]\d{8,10}$)/, "");
}

/** The ways the network may write a number that is kept as `normaliseNumber` gives it. */
export function writtenForms(number: string): readonly string[] {
  return [number, `+86${number}`, `86${number}`, `0086${number}`];
}

/** `138****8000`, `0573-8888****`: enough to recognise, not enough to dial. */
export function maskNumber(number: string): string {
  return number.length < 8 ? "*".repeat(number.length) : maskPhone(number);
}
