import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium, type BrowserContext, type Page } from "playwright-core";
import { wavTone } from "./baresip.js";
import { peer } from "./peers.js";

const BINARY = "/usr/bin/chromium";
/** Where the browser's process is told, in its profile. */
const PID = "process.pid";
const FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"];

export const hasChromium = (): boolean => peer("Chromium", BINARY);

export interface Chromium extends BrowserContext {
  dispose(): Promise<void>;
  /** The process is gone from one moment to the next, as with a power cut. */
  kill(): void;
}

/** A browser with an empty profile of its own, in Chinese. `within`: the command that starts it in a network of its own. With `toneHz` its microphone hears that sine, in bursts: a steady one is noise to the browser, and suppressed. `anyCertificate`: it asks nobody whom a server belongs to. */
export async function openChromium(options: { readonly javaScript?: boolean; readonly width?: number; readonly height?: number; readonly toneHz?: number; readonly anyCertificate?: boolean; readonly within?: readonly string[] } = {}): Promise<Chromium> {
  const profile = mkdtempSync(join(tmpdir(), "hotline-chromium-"));
  const args = [...FLAGS, ...(options.anyCertificate === true ? ["--ignore-certificate-errors"] : [])];
  if (options.toneHz !== undefined) {
    const file = join(profile, "microphone.wav");
    writeFileSync(file, wavTone(options.toneHz, 20, 500));
    args.push(`--use-file-for-fake-audio-capture=${file}`, "--allow-loopback-in-peer-connection");
  }
  // What the browser looks up by itself, at its maker, is none of the pages': it finds no name.
  if (options.within !== undefined) args.push("--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1");
  const context = await chromium.launchPersistentContext(profile, { executablePath: starter(profile, options.within ?? []), args, ignoreHTTPSErrors: options.anyCertificate ?? false, locale: "zh-CN", reducedMotion: "reduce", javaScriptEnabled: options.javaScript ?? true, viewport: { width: options.width ?? 1366, height: options.height ?? 620 } });
  return Object.assign(context, {
    kill: () => void process.kill(Number(readFileSync(join(profile, PID), "utf8")), "SIGKILL"),
    dispose: async () => {
      await context.close();
      rmSync(profile, { recursive: true, force: true });
    },
  });
}

/** What the page asks of these addresses has no answer, as on a slow line, until it is let go. */
export async function holdBack(page: Page, addresses: string): Promise<{ readonly asked: () => boolean; letGo(): Promise<void> }> {
  let asked = false;
  let letGo = (): void => undefined;
  const gone = new Promise<void>((resolve) => (letGo = resolve));
  const going: Promise<void>[] = [];
  await page.route(addresses, (route) => {
    asked = true;
    going.push(gone.then(() => route.continue()));
    return going.at(-1);
  });
  return {
    asked: () => asked,
    letGo: async () => {
      letGo();
      await Promise.all(going);
      await page.unroute(addresses);
    },
  };
}

/** A script that tells its process, and starts the browser in it, by way of another command where there is one: the driver takes a file only. */
function starter(folder: string, within: readonly string[]): string {
  const file = join(folder, "chromium.sh");
  writeFileSync(file, `#!/bin/sh\necho $$ > '${join(folder, PID)}'\nexec ${within.map((part) => `'${part}'`).join(" ")} ${BINARY} "$@"\n`, { mode: 0o755 });
  return file;
}
