import { parentPort, workerData } from "node:worker_threads";
import { MediaHost } from "./media-host.js";
import { outlive } from "./outlive.js";
import { UNCAUGHT } from "./protocol.js";
import type { Command, MediaWorkerData } from "./protocol.js";
import { setThreadNice } from "./thread.js";

/** Entry of a media worker thread. Everything it needs comes with its start; it loads nothing of the kernel. */
if (parentPort !== null) {
  const port = parentPort;
  setThreadNice((workerData as MediaWorkerData).threadNice);
  const host = new MediaHost(workerData as MediaWorkerData, (posted) => port.postMessage(posted));
  const survive = outlive((error) => host.fault(UNCAUGHT, error));
  process.on("uncaughtException", survive);
  process.on("unhandledRejection", survive);
  port.on("message", (posted: Command | readonly Command[]) => {
    if (Array.isArray(posted)) for (const command of posted as readonly Command[]) host.handle(command);
    else host.handle(posted as Command);
  });
  port.postMessage({ ev: "ready" });
}
