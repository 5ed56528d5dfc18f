import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { FaxPeer, hasFaxPeer, readTiff, writeTiff } from "../../../packages/plugin-fax/test/support/fax-peer.js";
import { differentPels, textPage } from "../../../packages/plugin-fax/test/support/sample-pages.js";
import knowledge from "../data/knowledge.json" with { type: "json" };
import { Example } from "./support/example.js";
import { freePort } from "./support/free-ports.js";

interface Fax {
  readonly id: string;
  readonly direction: string;
  readonly state: string;
  readonly outcome: string | null;
  readonly remoteNumber: string;
  readonly remoteId: string | null;
  readonly pages: number;
  readonly ref: string | null;
  readonly ready: boolean;
  readonly title: string | null;
  readonly attempts: number;
}

/** The welcome with its recording notice cannot be cut short. */
const AFTER_WELCOME_MS = 8_000;

type Page = { readonly width: number; readonly height: number; readonly data: Uint8Array };

/** A PNG as lines of pels, black 1. */
async function pels(png: Uint8Array): Promise<Page> {
  const { data, info } = await sharp(png).greyscale().raw().toBuffer({ resolveWithObject: true });
  const packed = new Uint8Array((info.width / 8) * info.height);
  for (let i = 0; i < data.length; i++) if ((data[i] ?? 255) < 128) packed[i >> 3] = (packed[i >> 3] ?? 0) | (0x80 >> (i & 7));
  return { width: info.width, height: info.height, data: packed };
}

describe.skipIf(!hasFaxPeer())("fax through the built example", () => {
  const folder = mkdtempSync(join(tmpdir(), "hotline-fax-"));
  const peers: FaxPeer[] = [];
  let example: Example;
  let machinePort: number;
  beforeAll(async () => {
    machinePort = await freePort();
    example = await Example.start({
      environment: {
        HOTLINE_SIP_TRUNKS: JSON.stringify([{ key: "demo", match: ["127.0.0.1"], outbound: { host: "127.0.0.1", port: machinePort } }]),
        HOTLINE_FAX_RETRY_MINUTES: "[0.1]",
        HOTLINE_HTTP_BODY_LIMIT: "4000000",
      },
    });
  });
  afterEach(async () => {
    await Promise.all(peers.splice(0).map((peer) => peer.stop()));
  });
  afterAll(async () => {
    await example?.dispose();
    rmSync(folder, { recursive: true, force: true });
  });

  const machine = (...args: ConstructorParameters<typeof FaxPeer>): FaxPeer => {
    const peer = new FaxPeer(...args);
    peers.push(peer);
    return peer;
  };
  const newest = (direction: string, wanted: (fax: Fax) => boolean, timeoutMs = 60_000): Promise<Fax> =>
    example.eventually<{ items: readonly Fax[] }>(`/api/faxes?direction=${direction}`, ({ items }) => items[0] !== undefined && wanted(items[0]), timeoutMs).then(({ items }) => items[0] as Fax);
  const png = async (fax: Fax, number: number): Promise<Page> => pels(new Uint8Array(await (await example.fetch(`/api/faxes/${fax.id}/pages/${number}`)).arrayBuffer()));

  it("2-4-2: two pages sent in the call become a ticket with PDF and PNG, pel by pel", async () => {
    const rasters = [textPage(1, 500), textPage(2, 400)];
    const file = join(folder, "out.tif");
    writeTiff(file, rasters);
    const caller = machine("call", "send", file, { sip: example.sipPort, to: "12333", from: "057188886666", ident: "0571 8888 6666", keys: "2,4,2", after: AFTER_WELCOME_MS, each: 1_500 });
    await caller.event("t38");
    await expect(caller.event("fax-done")).resolves.toMatchObject({ code: 0, pages: 2, ecm: 1, remote: "12333" });
    const fax = await newest("inbound", ({ ref }) => ref !== null);
    expect(fax).toMatchObject({ state: "received", outcome: "ok", pages: 2, remoteId: "0571-8888****", ready: true });
    for (const [i, raster] of rasters.entries()) expect(differentPels(await png(fax, i + 1), raster)).toBe(0);
    const document = Buffer.from(await (await example.fetch(`/api/faxes/${fax.id}/document`)).arrayBuffer());
    expect(document.subarray(0, 5).toString()).toBe("%PDF-");
    expect(document.toString("latin1").match(/\/Type \/Page\b/g)).toHaveLength(2);
    const ticket = await example.get<{ source: string; summary: string; content: string; files: readonly { fileName: string; contentType: string }[] }>(`/api/tickets/${fax.ref?.slice("ticket:".length)}`);
    expect(ticket).toMatchObject({ source: "fax", summary: expect.stringContaining("收到传真2页") as string });
    // Whose machine it was is told as telephone numbers are: not in full.
    expect(ticket.content).toContain("对方传真标识0571-8888****");
    expect(ticket.files.map(({ contentType }) => contentType)).toEqual(["application/pdf", "image/png", "image/png"]);
    // An agent is looked for by the queue of written messages.
    await example.eventually<{ items: readonly { channel: string }[] }>("/api/queues/written/waiting", ({ items }) => items.filter(({ channel }) => channel === "fax").length === 1);
  }, 180_000);

  it("2-4-1: an article goes to the fax number keyed in; a busy machine is tried again", async () => {
    const file = join(folder, "article.tif");
    const busy = machine("answer", "receive", join(folder, "busy.tif"), { local: machinePort, busy: 1 });
    await busy.event("ready");
    const caller = machine("call", "send", "-", { sip: example.sipPort, to: "12333", from: "13900139000", keys: "2,4,1,1,0,0,1,#,2,0,5,7,1,8,8,8,8,6,6,6,6,#,1", after: AFTER_WELCOME_MS, each: 1_000, seconds: 60 });
    await expect(busy.event("ringing")).resolves.toMatchObject({ to: expect.stringContaining("057188886666") as string });
    await busy.stop();
    const called = machine("answer", "receive", file, { local: machinePort, reinvite: 500, ident: "0571 8888 6666" });
    await expect(called.event("fax-done")).resolves.toMatchObject({ code: 0, pages: 1, ecm: 1, remote: "12333" });
    await called.exited;
    await caller.stop();
    const article = knowledge.articles.find(({ phoneCode }) => phoneCode === "1001");
    const fax = await newest("outbound", ({ state }) => state === "sent");
    expect(fax).toMatchObject({ outcome: "ok", pages: 1, attempts: 2, remoteId: "0571-8888****", title: article?.printed.title });
    const [page] = readTiff(file);
    expect(page).toMatchObject({ width: 1728, fine: true });
    expect(differentPels(page as Page, await png(fax, 1))).toBe(0);
    // There is ink on it, as of a page of text.
    expect(differentPels(page as Page, { ...(page as Page), data: new Uint8Array(page?.data.length ?? 0) })).toBeGreaterThan(20_000);
  }, 240_000);

  it("POST /api/faxes sends an uploaded picture as it is, to a machine that waits for our re-INVITE", async () => {
    const raster = textPage(3, 300);
    const gray = Buffer.alloc(raster.width * raster.height, 255);
    for (let i = 0; i < gray.length; i++) if (((raster.data[i >> 3] ?? 0) & (0x80 >> (i & 7))) !== 0) gray[i] = 0;
    const upload = await sharp(gray, { raw: { width: raster.width, height: raster.height, channels: 1 } }).png().toBuffer();
    const file = join(folder, "upload.tif");
    const called = machine("answer", "receive", file, { local: machinePort, reinvite: 0 });
    await called.event("ready");
    const reply = await example.fetch("/api/faxes", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ to: "0571-8765 4321", title: "图", file: { contentType: "image/png", data: upload.toString("base64") }, key: "upload-1" }) });
    expect(reply.status).toBe(202);
    await expect(called.event("fax-done")).resolves.toMatchObject({ code: 0, pages: 1 });
    await called.exited;
    expect(differentPels(readTiff(file)[0] as Page, raster)).toBe(0);
    const refused = await example.fetch("/api/faxes", { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify({ to: "0085212345678", text: "x" }) });
    expect(refused.status).toBe(400);
    expect(await refused.json()).toMatchObject({ code: "HTL_FAX_BAD_NUMBER" });
  }, 180_000);
});
