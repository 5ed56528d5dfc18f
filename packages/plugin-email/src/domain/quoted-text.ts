/** The line with which programs begin what they quote. */
const HEAD = /^(?:(?:On|在|于).{3,200}(?:wrote|写道|寫道)\s*[:：]|-{2,}\s*(?:Original Message|原始邮件|Forwarded message|转发邮件信息)\s*-{2,}|_{20,})\s*$/;

/** A letter without the letter it answers, which stands at its end. A text that is nothing but quotation is left whole. */
export function withoutQuote(text: string): string {
  const lines = text.replaceAll("\r\n", "\n").split("\n");
  const head = lines.findIndex((line, index) => HEAD.test(line.trim()) && lines.slice(index + 1).some((next) => next.trim() !== ""));
  let end = head === -1 ? lines.length : head;
  while (end > 0 && (lines[end - 1]?.trim() === "" || lines[end - 1]?.startsWith(">") === true)) end--;
  const own = lines.slice(0, end).join("\n").trim();
  return own === "" ? text.trim() : own;
}
