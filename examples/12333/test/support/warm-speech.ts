import { existsSync, mkdirSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pause } from "./rtp-probe.js";
import { Example, MAIN, SPEECH } from "./example.js";

const MARK = join(SPEECH, "prepared");
const PATIENCE_MS = 240_000;

/**
 * Before the first test of a build, one example prepares all it has to say: three quarters of a minute of computing, which else each of
 * those that start side by side would do for itself, while their tests wait for sound.
 */
export async function setup(): Promise<void> {
  if (!existsSync(MAIN) || (existsSync(MARK) && statSync(MARK).mtimeMs > statSync(MAIN).mtimeMs)) return;
  const example = await Example.start({ environment: { HOTLINE_LOG: "info" }, readyMs: PATIENCE_MS });
  try {
    for (const deadline = performance.now() + PATIENCE_MS; !told(example).includes("prompts prepared"); await pause(200)) {
      if (performance.now() > deadline || example.process.exitCode !== null) throw new Error(`the prompts are not prepared:\n${told(example).slice(-4_000)}`);
    }
    mkdirSync(SPEECH, { recursive: true });
    writeFileSync(MARK, "");
  } finally {
    await example.dispose();
  }
}

function told({ stdout, stderr }: Example): string {
  return `${stdout}${stderr}`;
}
