import { createRequire } from "node:module";

/** What is used of @evan/opus. It has types, but its `exports` hide them from NodeNext resolution. */
interface OpusBinding {
  readonly Encoder: new (options: { channels: 1; sample_rate: 8000; application: "voip" }) => {
    complexity: number;
    signal: "auto" | "voice" | "music";
    bitrate: number;
    vbr: boolean;
    /** A raw request of libopus. */
    ctl(request: number, value?: number): number;
    encode(pcm: Int16Array): Uint8Array;
  };
  readonly Decoder: new (options: { channels: 1; sample_rate: 8000 }) => {
    /** 16-bit PCM as octets. */
    decode(packet: Uint8Array): Uint8Array;
  };
}

const { Decoder, Encoder } = createRequire(import.meta.url)("@evan/opus") as OpusBinding;

/** OPUS_GET_LOOKAHEAD of libopus: the encoder's delay in samples. */
const GET_LOOKAHEAD = 4027;
/** Bits per second and channel: narrow-band speech is clear at 12 kbit/s. */
const BITRATE = 12_000;

/** One channel at 8 kHz. */
export class MonoOpusEncoder {
  private readonly encoder = new Encoder({ channels: 1, sample_rate: 8000, application: "voip" });

  constructor() {
    this.encoder.complexity = 1;
    this.encoder.signal = "voice";
    this.encoder.vbr = true;
    this.encoder.bitrate = BITRATE;
  }

  /** Samples at 8 kHz by which the decoded sound is late. */
  get lookAhead(): number {
    return this.encoder.ctl(GET_LOOKAHEAD);
  }

  /** The packet is the caller's: the binding answers with a view of memory that it uses again. */
  encode(frame: Int16Array): Uint8Array {
    return this.encoder.encode(frame).slice();
  }
}

/** One channel at 8 kHz. */
export class MonoOpusDecoder {
  private readonly decoder = new Decoder({ channels: 1, sample_rate: 8000 });

  decode(packet: Uint8Array): Int16Array {
    const bytes = this.decoder.decode(packet).slice();
    return new Int16Array(bytes.buffer, 0, bytes.length >> 1);
  }
}
