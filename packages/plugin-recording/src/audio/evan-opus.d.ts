// @evan/opus has types, but its `exports` map hides them from NodeNext resolution: what is used here, declared again.
declare module "@evan/opus" {
  export class Encoder {
    constructor(options: { channels: 1 | 2; sample_rate: 8000 | 12000 | 16000 | 24000 | 48000; application: "voip" | "audio" | "restricted_lowdelay" });
    complexity: number;
    signal: "auto" | "voice" | "music";
    bitrate: number;
    vbr: boolean;
    /** A raw request of libopus. */
    ctl(request: number, value?: number): number;
    encode(pcm: Int16Array): Uint8Array;
  }
  export class Decoder {
    constructor(options: { channels: 1 | 2; sample_rate: 8000 | 12000 | 16000 | 24000 | 48000 });
    /** 16-bit PCM as octets. */
    decode(packet: Uint8Array): Uint8Array;
  }
}
