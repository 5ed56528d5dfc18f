/** What is used of the package, which comes without types. */
declare module "@echogarden/espeak-ng-emscripten" {
  export interface EspeakWorker {
    /** 0 when the voice exists. */
    set_voice(name: string): number;
    set_rate(wordsPerMinute: number): void;
    set_pitch(pitch: number): void;
    set_volume(percent: number): void;
    get_samplerate(): number;
    /** Synchronous; returning true stops the synthesis. `audio` may be absent in the last call. */
    synthesize(text: string, callback: (audio: Int16Array | null | undefined, events: readonly unknown[]) => boolean): void;
  }
  export interface EspeakModule {
    eSpeakNGWorker: new () => EspeakWorker;
  }
  export default function load(options?: { print?: (line: string) => void; printErr?: (line: string) => void }): Promise<EspeakModule>;
}
