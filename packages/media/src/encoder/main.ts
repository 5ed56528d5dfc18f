import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { parentPort } from "node:worker_threads";
import { readWav } from "../audio/wav-reader.js";
import { resample } from "../audio/resample.js";
import { encodeAlaw } from "../codec/g711.js";
import { MediaFormatError } from "../media-format-error.js";

/** A job for the encoder thread. */
export type EncodeJob =
  | { readonly rid: number; readonly kind: "pcm"; readonly pcm: Int16Array; readonly sampleRate: number }
  | { readonly rid: number; readonly kind: "wav"; readonly path: string };

export type EncodeReply =
  | { readonly rid: number; readonly id: string; readonly samples: Uint8Array }
  | { readonly rid: number; readonly error: { readonly code: "BAD_WAV" | "BAD_AUDIO" | "FILE"; readonly message: string } };

/** Samples shared by all threads, and the key of their content. */
async function encode(job: EncodeJob): Promise<{ id: string; samples: Uint8Array }> {
  const sound = job.kind === "pcm" ? job : readWav(await readFile(job.path));
  const pcm = await resample(sound.pcm, sound.sampleRate, 8000);
  const samples = encodeAlaw(pcm, new Uint8Array(new SharedArrayBuffer(pcm.length)));
  return { id: createHash("sha256").update(samples).digest("hex"), samples };
}

/** Entry of the encoder thread: resampling and companding are too heavy for media threads and the main thread alike. */
if (parentPort !== null) {
  const port = parentPort;
  port.on("message", (job: EncodeJob) => {
    encode(job).then(
      ({ id, samples }) => port.postMessage({ rid: job.rid, id, samples } satisfies EncodeReply),
      (error: unknown) => {
        const code = error instanceof MediaFormatError ? error.code : "FILE";
        port.postMessage({ rid: job.rid, error: { code, message: error instanceof Error ? error.message : String(error) } } satisfies EncodeReply);
      },
    );
  });
}
