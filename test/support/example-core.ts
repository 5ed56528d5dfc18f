import { EventEmitter } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as core from "@hotlinejs/core";
import type { Hotline, HotlineOptions } from "@hotlinejs/core";

export * from "@hotlinejs/core";

// What examples of the documentation get in place of @hotlinejs/core: the same, on free ports and in a folder of their own, and ended when they are read through.

const begun: { readonly hotline: Hotline; readonly folder: string }[] = [];

export function createHotline(options: HotlineOptions): Hotline {
  const folder = mkdtempSync(join(tmpdir(), "hotline-example-"));
  const environment = { HOTLINE_SIP_PORT: "0", HOTLINE_HTTP_PORT: "0", HOTLINE_RTP_PORTS: "41000-41399", HOTLINE_MEDIA_WORKERS: "1", HOTLINE_DATA_DIR: folder, HOTLINE_LOG: "silent", HOTLINE_ADMIN_PASSWORD: "only-for-this-example" };
  const hotline = core.createHotline({ ...options, environment });
  begun.push({ hotline, folder });
  return hotline;
}

/** Told to end as soon as it is ready. */
export async function runUntilSignal(hotline: Hotline, options: Parameters<typeof core.runUntilSignal>[1]): Promise<number> {
  const process = new EventEmitter();
  const told: string[] = [];
  const code = await core.runUntilSignal(hotline, {
    ...options,
    process: process as never,
    print: () => process.emit("SIGTERM"),
    printError: (line) => told.push(line),
  });
  if (code !== 0) throw new Error(told.join("\n"));
  return code;
}

/** Ends what an example left running. */
export async function endExamples(): Promise<void> {
  for (const { hotline, folder } of begun.splice(0)) {
    if (hotline.state !== "created" && hotline.state !== "stopped" && hotline.state !== "failed") await hotline.stop({ drain: false });
    rmSync(folder, { recursive: true, force: true });
  }
}
