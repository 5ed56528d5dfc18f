/** A file that is not what it should be. Plain, because the audio worker loads nothing of core; the engine turns it into a coded error. */
export class AudioFormatError extends Error {
  override readonly name = "AudioFormatError";
}
