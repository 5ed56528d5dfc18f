/** Reads a 16-bit PCM or A-law/µ-law WAV file into its channels. A reader of the tests' own. */
export function readWav(data: Buffer): { sampleRate: number; channels: Int16Array[] } {
  if (data.toString("latin1", 0, 4) !== "RIFF" || data.toString("latin1", 8, 12) !== "WAVE") throw new Error("not a WAV file");
  let format = 0;
  let count = 0;
  let sampleRate = 0;
  let bits = 0;
  for (let at = 12; at + 8 <= data.length; ) {
    const id = data.toString("latin1", at, at + 4);
    const size = data.readUInt32LE(at + 4);
    const body = at + 8;
    if (id === "fmt ") {
      format = data.readUInt16LE(body);
      count = data.readUInt16LE(body + 2);
      sampleRate = data.readUInt32LE(body + 4);
      bits = data.readUInt16LE(body + 14);
    }
    if (id === "data") {
      if (format !== 1 || bits !== 16) throw new Error(`WAV format ${format} with ${bits} bits is not what this reader takes`);
      const frames = Math.floor(Math.min(size, data.length - body) / 2 / count);
      const channels = Array.from({ length: count }, () => new Int16Array(frames));
      for (let i = 0; i < frames; i++) for (let c = 0; c < count; c++) (channels[c] as Int16Array)[i] = data.readInt16LE(body + (i * count + c) * 2);
      return { sampleRate, channels };
    }
    at = body + size + (size % 2);
  }
  throw new Error("the WAV file has no data");
}

/** The largest sample. */
export function loudest(samples: Int16Array | undefined): number {
  return (samples ?? new Int16Array()).reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
}
