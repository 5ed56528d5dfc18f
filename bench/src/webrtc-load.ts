import { fork } from "node:child_process";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { message } from "./message.js";

const here = dirname(fileURLToPath(import.meta.url));

export interface WebRtcLegs {
  /** Packets that came to all legs, and that went from them, since they are up. */
  counts(): Promise<{ readonly received: number; readonly spoken: number }>;
}

/** Runs `measure` while so many WebRTC callers are in calls with `number`, speaking all the time. */
export async function withWebRtcLegs<T>(sipPort: number, number: string, legs: number, measure: (legs: WebRtcLegs) => Promise<T>): Promise<T> {
  const driver = fork(join(here, "webrtc-driver.js"), [String(sipPort), number, String(legs)], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  try {
    await message(driver, (text) => text === "up");
    return await measure({
      counts: async () => {
        const answer = message(driver, (text) => typeof text === "object");
        driver.send("counts");
        return (await answer) as { received: number; spoken: number };
      },
    });
  } finally {
    if (driver.connected) driver.send("stop");
    if (driver.exitCode === null) await new Promise((resolve) => driver.once("exit", resolve));
  }
}
