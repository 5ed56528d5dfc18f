/** What an agent may key as the target of a call: an extension or telephone number, with the usual spacing and full-width digits. */
export function targetDigits(text: string): string | undefined {
  const plain = text
    .normalize("NFKC")
    .replace(/[\s\-()]/g, "")
    .replace(/^tel:/i, "");
  return /^\+?\d{2,20}$/.test(plain) ? plain : undefined;
}
