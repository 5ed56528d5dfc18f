#!/usr/bin/env node
// Committed, unlike dist: npm links commands when it installs, which in a clone of the repository is before anything is built.
import { existsSync } from "node:fs";

const built = new URL("../dist/bin.js", import.meta.url);
if (existsSync(built)) await import(built.href);
else {
  process.stderr.write("hotline is not built yet: run `npm run build` first.\n");
  process.exitCode = 1;
}
