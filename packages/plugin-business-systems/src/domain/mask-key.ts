/** `990***********43`: enough to recognise in an audit, not enough to know. Short ones are hidden wholly. */
export function maskKey(value: string): string {
  if (value.length < 8) return "*".repeat(value.length);
  return value.slice(0, 3) + "*".repeat(value.length - 5) + value.slice(-2);
}
