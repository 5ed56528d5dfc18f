// Reading captures without the engine: light enough for a worker thread that loads nothing of core.
export { openCapture } from "./capture-reader.js";
export type { CaptureFile, StereoChunk } from "./capture-reader.js";
export { captureToWav, interleave } from "./capture-to-wav.js";
export type { CaptureToWavOptions } from "./capture-to-wav.js";
export { measureCapture } from "./measure-capture.js";
export { MediaFormatError } from "../media-format-error.js";
export { WAV_HEADER_BYTES, wavHeader } from "../audio/wav-writer.js";
export type { WavFormat } from "../audio/wav-writer.js";
