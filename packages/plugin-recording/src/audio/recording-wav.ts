import type { WavFormat } from "@hotlinejs/media/capture";

/** The one form in which every recording is served and summed: 16-bit PCM, citizen left, everyone else right. */
export const RECORDING_WAV: WavFormat = { encoding: "pcm16", channels: 2, sampleRate: 8000 };
/** Octets of one instant. */
export const WAV_FRAME_BYTES = 4;
