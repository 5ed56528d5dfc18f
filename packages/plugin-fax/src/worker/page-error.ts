/** A document that cannot become fax pages; crosses the thread border by its kind. */
export class PageError extends Error {
  constructor(
    readonly kind: "unreadable" | "too-long",
    message: string,
  ) {
    super(message);
  }
}
