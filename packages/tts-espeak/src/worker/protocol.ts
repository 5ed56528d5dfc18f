/** What the main thread asks of the worker; one at a time. */
export interface SpeakRequest {
  readonly id: number;
  readonly text: string;
  /** eSpeak's own name, for example `cmn` or `en-us+f3`. */
  readonly voice: string;
  /** Words per minute. */
  readonly rate: number;
  /** 0-99. */
  readonly pitch: number;
}

export type SpeakReply = { readonly id: number; readonly pcm: Int16Array; readonly sampleRate: number } | { readonly id: number; readonly error: string };
