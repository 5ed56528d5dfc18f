#!/usr/bin/env node
// Committed, unlike dist: npm links commands when it installs, which in a clone of the repository is before anything is built.
import { existsSync } from "node:fs";

const built = new URL("../dist/hotline-sim.js", import.meta.url);
if (existsSync(built)) await import(built.href);
else {
  process.stderr.write("hotline-sim is not built yet: run `npm run build` first.\n");
  process.exitCode = 1;
}
