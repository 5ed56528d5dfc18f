import { execFileSync } from "node:child_process";

/** OpenSSL comes with Debian's base; without it Chromium is the only foreign peer of DTLS. */
export function hasOpenssl(): boolean {
  try {
    execFileSync("openssl", ["version"]);
    return true;
  } catch {
    if (process.env.HOTLINE_REQUIRE_PEERS === "1") throw new Error("openssl is not installed");
    console.log("skipped: openssl is not installed");
    return false;
  }
}
