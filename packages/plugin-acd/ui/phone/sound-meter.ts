const LOOK_MS = 200;

/** Tells how loud a microphone is, five times a second: RMS from 0 to 1. Listens to a copy, so that a muted track is still measured. */
export class SoundMeter {
  readonly #audio = new AudioContext();
  readonly #track: MediaStreamTrack | undefined;
  readonly #timer: ReturnType<typeof setInterval>;

  constructor(stream: MediaStream, level: (rms: number) => void) {
    this.#track = stream.getAudioTracks()[0]?.clone();
    if (this.#track !== undefined) this.#track.enabled = true;
    const analyser = new AnalyserNode(this.#audio, { fftSize: 2048 });
    if (this.#track !== undefined) new MediaStreamAudioSourceNode(this.#audio, { mediaStream: new MediaStream([this.#track]) }).connect(analyser);
    const samples = new Float32Array(analyser.fftSize);
    this.#timer = setInterval(() => {
      analyser.getFloatTimeDomainData(samples);
      level(Math.sqrt(samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length));
    }, LOOK_MS);
  }

  close(): void {
    clearInterval(this.#timer);
    this.#track?.stop();
    void this.#audio.close();
  }
}
