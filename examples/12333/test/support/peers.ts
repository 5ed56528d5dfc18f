import { existsSync } from "node:fs";

/** Whether a program is there. A missing one is told once; under HOTLINE_REQUIRE_PEERS=1 it fails the run. */
export function peer(name: string, ...paths: string[]): boolean {
  if (paths.some((path) => existsSync(path))) return true;
  if (process.env.HOTLINE_REQUIRE_PEERS === "1") throw new Error(`${name} is not installed: run scripts/install-peers.sh`);
  process.stdout.write(`skipped: ${name} is not installed (scripts/install-peers.sh installs it)\n`);
  return false;
}

export const hasSipp = (): boolean => peer("SIPp", "/usr/bin/sipp");
export const hasBaresip = (): boolean => peer("baresip", "/usr/bin/baresip");
export const hasLinphone = (): boolean => peer("linphonec", "/usr/bin/linphonec");
