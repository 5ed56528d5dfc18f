#!/usr/bin/env node
import { run } from "./program.js";

// Only what a command says is to be read, not the hotline's log; HOTLINE_LOG=debug shows it.
process.env.HOTLINE_LOG ??= "silent";

// Whoever reads may have seen enough: `hotline plugins | head`.
for (const stream of [process.stdout, process.stderr]) {
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
}

process.exitCode = await run(process.argv.slice(2), {
  cwd: process.cwd(),
  environment: process.env,
  output: { out: (text) => void process.stdout.write(`${text}\n`), error: (text) => void process.stderr.write(`${text}\n`) },
});
