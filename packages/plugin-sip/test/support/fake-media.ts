import type {
  AudioAsset, AudioSource, Capture, Collected, CollectOptions, DatagramPort, DatagramPortOptions, DtmfDigit, LegStats, LineLeg, MediaBridge, MediaEngine, MediaLegEvent, Playback, RtpLeg, RtpLegOptions, RtpRemote, RtpTransport, WebRtcLeg, WebRtcLegOptions, WebRtcRemote, WebRtcTransport,
} from "@hotlinejs/core";

const STATS: LegStats = { packetsSent: 0, packetsReceived: 0, octetsSent: 0, octetsReceived: 0, packetsLost: 0, packetsLate: 0, jitterMs: 0 };

const FINGERPRINT = { algorithm: "sha-256", value: Array.from({ length: 32 }, () => "AB").join(":") };

/** A leg without sound that remembers what it was told. */
export class FakeLeg implements RtpLeg {
  readonly id: string;
  readonly worker = 0;
  readonly localAddress = "127.0.0.1";
  readonly localPort: number;
  readonly options: RtpLegOptions;
  readonly remotes: RtpRemote[] = [];
  readonly injected: DtmfDigit[] = [];
  ended = false;
  readonly #listeners = new Set<(event: MediaLegEvent) => void>();

  constructor(number: number, options: RtpLegOptions) {
    this.id = `leg-${number}`;
    this.localPort = 20_000 + number * 2;
    this.options = options;
    if (options.remote !== undefined) this.remotes.push(options.remote);
  }

  get remote(): RtpRemote | undefined {
    return this.remotes.at(-1);
  }

  play(_source: AudioSource | readonly AudioSource[]): Playback {
    return { id: "p", done: new Promise((resolve) => this.#listeners.add((event) => event.type === "ended" && resolve({ reason: "leg-ended", playedMs: 0 }))), stop: () => undefined };
  }

  async collect(_options?: CollectOptions): Promise<Collected> {
    return { digits: this.injected.join(""), reason: "ended" };
  }

  async sendDtmf(): Promise<void> {
    // nothing to send
  }

  injectDtmf(digit: DtmfDigit): void {
    this.injected.push(digit);
  }

  setDirection(): void {
    // told by setRemote
  }

  setRemote(remote: RtpRemote): void {
    this.remotes.push(remote);
  }

  /** Of the browser that has taken the peer's place. */
  readonly browsers: WebRtcRemote[] = [];
  iceRestarts = 0;

  async asWebRtc(): Promise<WebRtcTransport> {
    const { localAddress, localPort } = this;
    let ice = { ufrag: "fake", pwd: "a-password-of-the-fake-1" };
    return Promise.resolve({
      localAddress,
      localPort,
      fingerprint: FINGERPRINT,
      get ice() {
        return ice;
      },
      setRemote: (remote) => void this.browsers.push(remote),
      restartIce: () => {
        this.iceRestarts++;
        return (ice = { ufrag: `fake${this.iceRestarts}`, pwd: ice.pwd });
      },
    });
  }

  subscribe(listener: (event: MediaLegEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  emit(event: MediaLegEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }

  capture(): Promise<Capture> {
    return Promise.reject(new Error("no capture here"));
  }

  async stats(): Promise<LegStats> {
    return STATS;
  }

  async close(): Promise<LegStats> {
    if (!this.ended) {
      this.ended = true;
      this.emit({ type: "ended", reason: "closed", stats: STATS });
    }
    return STATS;
  }
}

/** A leg to a browser that is none. */
export class FakeWebRtcLeg extends FakeLeg implements WebRtcLeg {
  readonly fingerprint = FINGERPRINT;
  ice = { ufrag: "fake", pwd: "a-password-of-the-fake-1" };

  override setRemote(remote: RtpRemote | WebRtcRemote): void {
    if ("fingerprints" in remote) this.browsers.push(remote);
  }

  asRtp(): RtpTransport {
    const { localAddress, localPort } = this;
    return { localAddress, localPort, setRemote: (remote) => super.setRemote(remote) };
  }

  restartIce(): { ufrag: string; pwd: string } {
    this.iceRestarts++;
    this.ice = { ufrag: `${this.ice.ufrag}1`, pwd: this.ice.pwd };
    return this.ice;
  }
}

/** A datagram port that remembers where it was told to send. */
export class FakePort implements DatagramPort {
  readonly id: string;
  readonly localAddress = "127.0.0.1";
  readonly localPort: number;
  readonly options: DatagramPortOptions;
  readonly remotes: { readonly address: string; readonly port: number }[] = [];
  readonly closed: Promise<{ reason: "closed" | "worker-failed" }>;
  ended = false;
  #settle: (end: { reason: "closed" | "worker-failed" }) => void = () => undefined;

  constructor(number: number, options: DatagramPortOptions) {
    this.id = `port-${number}`;
    this.localPort = 30_000 + number * 2;
    this.options = options;
    this.closed = new Promise((resolve) => (this.#settle = resolve));
  }

  setRemote(remote: { readonly address: string; readonly port: number }): void {
    this.remotes.push(remote);
  }

  post(): void {
    // no part
  }

  listen(): () => void {
    return () => undefined;
  }

  async close(): Promise<void> {
    this.ended = true;
    this.#settle({ reason: "closed" });
  }
}

/** A media engine without sound. */
export class FakeMedia implements MediaEngine {
  readonly made: FakeLeg[] = [];
  readonly ports: FakePort[] = [];
  /** Set to let legs wait for it. */
  gate: Promise<void> | undefined;
  failure: Error | undefined;
  latenessMs = 0;
  busyShare = 0;
  portsTaken = false;

  async createRtpLeg(options: RtpLegOptions = {}): Promise<RtpLeg> {
    await this.gate;
    if (this.failure !== undefined) throw this.failure;
    const leg = new FakeLeg(this.made.length + 1, options);
    this.made.push(leg);
    return leg;
  }

  get open(): number {
    return this.made.filter((leg) => !leg.ended).length;
  }

  get legs(): number {
    return this.open;
  }

  get last(): FakeLeg {
    const leg = this.made.at(-1);
    if (leg === undefined) throw new Error("no leg was made");
    return leg;
  }

  createLineLeg(): Promise<LineLeg> {
    return Promise.reject(new Error("no lines here"));
  }

  async createWebRtcLeg(options: WebRtcLegOptions = {}): Promise<WebRtcLeg> {
    await this.gate;
    if (this.failure !== undefined) throw this.failure;
    const leg = new FakeWebRtcLeg(this.made.length + 1, options);
    this.made.push(leg);
    return leg;
  }

  async createDatagramPort(options: DatagramPortOptions): Promise<DatagramPort> {
    if (this.failure !== undefined) throw this.failure;
    const port = new FakePort(this.ports.length + 1, options);
    this.ports.push(port);
    return port;
  }

  createBridge(): Promise<MediaBridge> {
    return Promise.reject(new Error("no bridges here"));
  }

  encode(): Promise<AudioAsset> {
    return Promise.reject(new Error("no encoder here"));
  }

  loadWav(): Promise<AudioAsset> {
    return Promise.reject(new Error("no encoder here"));
  }

  async health(): Promise<[]> {
    return [];
  }
}
