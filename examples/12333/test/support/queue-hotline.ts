import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createHotline, definePlugin, DIGEST_CREDENTIALS, type Hotline } from "@hotlinejs/core";
import { media } from "@hotlinejs/media";
import { acd } from "@hotlinejs/plugin-acd";
import { ACD, type Acd } from "@hotlinejs/plugin-acd/contract";
import { sip } from "@hotlinejs/plugin-sip";
import { expect } from "vitest";
import { z } from "zod";
import { freePort, rtpRange } from "./free-ports.js";
import { RawCaller } from "./raw-caller.js";
import { RawPhone } from "./raw-phone.js";
import { pause } from "./rtp-probe.js";

const REALM = "hotline";
const hash = (kind: "md5" | "sha256", user: string): string => createHash(kind).update(`${user}:${REALM}:secret`).digest("hex");

/** The agents, with the password `secret`. */
const accounts = definePlugin({ name: "directory", version: "0.1.0", core: "*", config: z.strictObject({}), provides: [DIGEST_CREDENTIALS], register: ({ services }) => services.provide(DIGEST_CREDENTIALS, () => ({ realm: REALM, find: (username) => Promise.resolve(!username.startsWith("100") ? undefined : { username, md5: hash("md5", username), sha256: hash("sha256", username) }) })) });

/** Kernel, database, media, SIP and ACD as they stand in every hotline, with one queue `q`; callers and the agents' phones by hand, over UDP. */
export class QueueHotline {
  readonly phones: RawPhone[] = [];
  readonly callers: RawCaller[] = [];

  private constructor(
    readonly hotline: Hotline,
    readonly sipPort: number,
    private readonly folder: string | undefined,
  ) {}

  /** @param dataDir default: a folder of its own, removed at the end */
  static async start(agents: readonly string[], options: { readonly strategy?: "ring-all"; readonly wrapUp?: number; readonly dataDir?: string; readonly log?: "error" | "silent" } = {}): Promise<QueueHotline> {
    const { strategy, wrapUp = 0, log = "error" } = options;
    const folder = options.dataDir === undefined ? mkdtempSync(join(tmpdir(), "hotline-phones-")) : undefined;
    const sipPort = await freePort();
    const hotline = createHotline({
      name: "phones",
      dataDir: options.dataDir ?? (folder as string),
      log,
      calls: { initial: { handler: "queue", target: "q" } },
      plugins: [
        accounts(),
        media({ rtpPorts: rtpRange() }),
        sip({ port: sipPort, trunks: [{ key: "all", match: ["127.0.0.1"] }] }),
        acd({ wrapUp, queues: [{ key: "q", name: "Q", connectPrompt: false, whisper: false, announce: { welcome: false, everySeconds: 0 }, ...(strategy === undefined ? {} : { strategy }) }], agents: agents.map((number) => ({ number, name: number, queues: ["q"] })) }),
      ],
    });
    await hotline.start();
    return new QueueHotline(hotline, sipPort, folder);
  }

  get acd(): Acd {
    return this.hotline.services.get(ACD);
  }

  /** One more device of the agent, registered. */
  async phone(user: string): Promise<RawPhone> {
    const made = await RawPhone.open(user, "secret", this.sipPort);
    this.phones.push(made);
    await made.register();
    return made;
  }

  /** A caller in the queue. On a machine that is busy otherwise calls are asked to come again (503): they do. */
  async call(): Promise<RawCaller> {
    for (let tries = 1; ; tries++) {
      const caller = new RawCaller(this.sipPort);
      this.callers.push(caller);
      const { status } = await caller.dial();
      if (status === 503 && tries < 10) {
        await pause(1_000);
        continue;
      }
      expect(status).toBe(200);
      return caller;
    }
  }

  async stop(): Promise<void> {
    await this.hotline.stop({ drain: false });
    for (const phone of this.phones) phone.die();
    for (const caller of this.callers) caller.close();
    if (this.folder !== undefined) rmSync(this.folder, { recursive: true, force: true });
  }
}

export async function until(holds: () => boolean, what: string): Promise<void> {
  for (const end = performance.now() + 20_000; !holds(); ) {
    if (performance.now() > end) throw new Error(`did not come about: ${what}`);
    await pause(10);
  }
}
