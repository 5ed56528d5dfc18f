import { parentPort } from "node:worker_threads";
import load from "@echogarden/espeak-ng-emscripten";
import { levelSpeech } from "./level.js";
import type { SpeakReply, SpeakRequest } from "./protocol.js";

/** At full volume eSpeak clips Mandarin; the level is brought up again afterwards. */
const VOLUME = 50;

const port = parentPort;
if (!port) throw new Error("this file runs in a worker thread");

const silent = () => undefined;
const engine = load({ print: silent, printErr: silent }).then((module) => new module.eSpeakNGWorker());

async function speak(request: SpeakRequest): Promise<SpeakReply> {
  const espeak = await engine;
  if (espeak.set_voice(request.voice) !== 0) return { id: request.id, error: `there is no voice "${request.voice}"` };
  espeak.set_volume(VOLUME);
  espeak.set_rate(request.rate);
  espeak.set_pitch(request.pitch);
  const chunks: Int16Array[] = [];
  espeak.synthesize(request.text, (audio) => {
    // A view on the heap, which the next call overwrites: copy.
    if (audio && audio.length > 0) chunks.push(audio.slice());
    return false;
  });
  const whole = new Int16Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  const sampleRate = espeak.get_samplerate();
  return { id: request.id, pcm: levelSpeech(whole, sampleRate), sampleRate };
}

port.on("message", (request: SpeakRequest) => {
  speak(request).then(
    (reply) => port.postMessage(reply, "pcm" in reply ? [reply.pcm.buffer as ArrayBuffer] : []),
    (error: unknown) => port.postMessage({ id: request.id, error: error instanceof Error ? error.message : String(error) } satisfies SpeakReply),
  );
});
