/** Sound without the engine, for code that runs in a media worker: it loads nothing of core. */
export { ALAW_SILENCE, ALAW_TO_LINEAR, alawOf, decodeAlaw, encodeAlaw } from "../codec/g711.js";
export { alawLevel, alawPower, levelToAmplitude, levelToPower, powerToLevel, SILENCE_LEVEL } from "../codec/level.js";
export { CADENCES, dtmfTone, isDtmfDigit, sines, sineSecond, tonePeriod } from "../audio/tones.js";
export { CallProgressDetector } from "./call-progress-detector.js";
export type { CallProgressListener } from "./call-progress-detector.js";
export { DtmfDetector } from "./dtmf-detector.js";
export { FaxToneDetector } from "./fax-tone-detector.js";
export { goertzel } from "./goertzel.js";
