/**
 * Bad input found by a pure part. The engine turns it into a coded error; the pure parts stay free
 * of the kernel, because they also run in the workers.
 */
export class MediaFormatError extends Error {
  override readonly name = "MediaFormatError";
  readonly code: "BAD_WAV" | "BAD_AUDIO";

  constructor(code: "BAD_WAV" | "BAD_AUDIO", message: string) {
    super(message);
    this.code = code;
  }
}
