import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect, it } from "vitest";
import { antdExports } from "../build/console-ui.mjs";

it("a build outside of this repository is told what to install", () => {
  const elsewhere = mkdtempSync(join(tmpdir(), "hotline-pages-"));
  try {
    expect(() => antdExports(pathToFileURL(join(elsewhere, "build.mjs")).href)).toThrow(/npm install --save-dev antd react/);
    expect(antdExports().Button).toBe("antd/es/button");
  } finally {
    rmSync(elsewhere, { recursive: true, force: true });
  }
});
