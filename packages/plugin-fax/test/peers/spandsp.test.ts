import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import type { FaxPage } from "../../src/domain/t30/machine.js";
import type { OutgoingPage } from "../../src/domain/t30/sender.js";
import { decodeIfp } from "../../src/domain/t38/ifp.js";
import { decodeUdptl } from "../../src/domain/t38/udptl.js";
import { decodePage } from "../../src/domain/t6/decode-page.js";
import { encodeMh, encodeT6 } from "../../src/domain/t6/encode-page.js";
import type { Raster } from "../../src/domain/t6/raster.js";
import { FaxPeer, hasFaxPeer, readTiff, writeTiff } from "../support/fax-peer.js";
import { differentPels, noisePage, seeded, textPage } from "../support/sample-pages.js";
import { UdpTerminal } from "../support/udp-terminal.js";
import type { Weather } from "../support/udp-terminal.js";

const folder = mkdtempSync(join(tmpdir(), "hotline-fax-"));
let files = 0;
const newFile = (): string => join(folder, `${++files}.tif`);
const coded = (raster: Raster): FaxPage => ({ resolution: "fine", coding: "t6", data: encodeT6(raster) });

/** 5 % of all datagrams are lost and a tenth overtaken, both ways, the same ones in every run. */
function storm(seed: number): Weather {
  const random = seeded(seed);
  return () => (random() < 0.05 ? [] : random() < 0.1 ? [70] : [0]);
}

type Finished = (end: () => Promise<void>) => void;

async function send(finished: Finished, pages: readonly OutgoingPage[], options: { weather?: Weather; redundancy?: number; peer?: Record<string, string | number> } = {}): Promise<{ ours: UdpTerminal; peer: FaxPeer; file: string }> {
  const file = newFile();
  const ours = await UdpTerminal.open(options.weather);
  const peer = new FaxPeer("udptl", "receive", file, { remote: ours.port, ...options.peer });
  finished(async () => {
    ours.close();
    await peer.stop();
  });
  const { udptl } = await peer.event("ready");
  ours.begin(Number(udptl), { role: "send", pages, ...(options.redundancy === undefined ? {} : { redundancy: options.redundancy }) });
  return { ours, peer, file };
}

async function receive(finished: Finished, rasters: readonly Raster[], options: { weather?: Weather; peer?: Record<string, string | number> } = {}): Promise<{ ours: UdpTerminal; peer: FaxPeer }> {
  const file = newFile();
  writeTiff(file, rasters);
  const ours = await UdpTerminal.open(options.weather);
  const peer = new FaxPeer("udptl", "send", file, { remote: ours.port, ...options.peer });
  finished(async () => {
    ours.close();
    await peer.stop();
  });
  const { udptl } = await peer.event("ready");
  ours.begin(Number(udptl), { role: "receive", cedMs: 500 });
  return { ours, peer };
}

function expectReceived(ours: UdpTerminal, rasters: readonly Raster[]): void {
  expect(ours.pages).toHaveLength(rasters.length);
  for (const [i, raster] of rasters.entries()) {
    const page = ours.pages[i] as FaxPage;
    const decoded = decodePage(page.data, { coding: page.coding });
    expect(decoded.whole).toBe(true);
    expect(differentPels(decoded.raster, raster)).toBe(0);
  }
}

function expectSent(file: string, rasters: readonly Raster[]): void {
  const got = readTiff(file);
  expect(got).toHaveLength(rasters.length);
  for (const [i, raster] of rasters.entries()) expect(differentPels(got[i] as Raster, raster)).toBe(0);
}

// The machines mostly wait for their line: several exchanges go on side by side.
describe.skipIf(!hasFaxPeer())("against libspandsp", { timeout: 120_000, concurrent: true }, () => {
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it.for([1, 3])("sends %i pages that arrive pel by pel", async (count, { onTestFinished: finished }) => {
    const rasters = Array.from({ length: count }, (_, i) => textPage(100 + i, 300));
    const { ours, peer, file } = await send(finished, rasters.map(coded));
    await expect(ours.done).resolves.toMatchObject({ result: { outcome: "ok", pages: count, remoteId: "111222", bitsPerSecond: 14_400, resentFrames: 0 } });
    await expect(peer.event("fax-done")).resolves.toMatchObject({ code: 0, pages: count, ecm: 1, remote: "+86 12333", rate: 14_400 });
    await peer.exited;
    expectSent(file, rasters);
  });

  it.for([1, 3])("receives %i pages pel by pel", async (count, { onTestFinished: finished }) => {
    const rasters = Array.from({ length: count }, (_, i) => textPage(200 + i, 300));
    const { ours, peer } = await receive(finished, rasters);
    await expect(ours.done).resolves.toMatchObject({ result: { outcome: "ok", pages: count, remoteId: "111222", bitsPerSecond: 14_400, resentFrames: 0 } });
    await expect(peer.event("fax-done")).resolves.toMatchObject({ code: 0, pages: count, ecm: 1 });
    expect(ours.pages.map(({ coding, resolution }) => `${coding} ${resolution}`)).toEqual(rasters.map(() => "t6 fine"));
    expectReceived(ours, rasters);
  });

  it("sends through 5 % loss and overtaking: the copies fill the holes", async ({ onTestFinished: finished }) => {
    const rasters = [textPage(301, 400)];
    const { ours, peer, file } = await send(finished, rasters.map(coded), { weather: storm(31) });
    await expect(ours.done).resolves.toMatchObject({ result: { outcome: "ok", pages: 1 } });
    await peer.event("fax-done");
    await peer.exited;
    expectSent(file, rasters);
  });

  it("receives through 5 % loss and overtaking: the copies fill the holes", async ({ onTestFinished: finished }) => {
    const rasters = [textPage(302, 400)];
    const { ours } = await receive(finished, rasters, { weather: storm(32) });
    const { result, counts } = await ours.done;
    expect(result).toMatchObject({ outcome: "ok", pages: 1, resentFrames: 0 });
    expect(counts).toMatchObject({ lost: 0 });
    expect(counts.recovered).toBeGreaterThan(5);
    expectReceived(ours, rasters);
  });

  /** Without its copies a datagram lost is a frame lost: page data is thinned out, signalling is not. */
  const thinned = (seed: number, direction: "in" | "out"): Weather => {
    const random = seeded(seed);
    let held = 0;
    return (octets, way) => {
      const packet = decodeIfp(decodeUdptl(octets)?.primary ?? new Uint8Array());
      if (way !== direction || packet?.kind !== "data" || packet.modulation === "v21" || packet.fields[0]?.type !== "hdlc-data") {
        held = 0;
        return [0];
      }
      // Longer than three copies can fill.
      if (held === 0 && random() < 0.04) held = 6;
      return held > 0 && held-- > 0 ? [] : [0];
    };
  };

  it("sends again what libspandsp asks for (PPR)", async ({ onTestFinished: finished }) => {
    const rasters = [textPage(401, 400), textPage(402, 400)];
    const { ours, peer, file } = await send(finished, rasters.map(coded), { weather: thinned(41, "out") });
    const { result } = await ours.done;
    expect(result).toMatchObject({ outcome: "ok", pages: 2 });
    expect(result.resentFrames).toBeGreaterThan(0);
    expect(ours.trace).toContain("got PPR");
    await expect(peer.event("fax-done")).resolves.toMatchObject({ code: 0, pages: 2 });
    await peer.exited;
    expectSent(file, rasters);
  });

  it("asks libspandsp again for what is missing (PPR)", async ({ onTestFinished: finished }) => {
    const rasters = [textPage(403, 400), textPage(404, 400)];
    const { ours, peer } = await receive(finished, rasters, { weather: thinned(42, "in") });
    const { result } = await ours.done;
    expect(result).toMatchObject({ outcome: "ok", pages: 2 });
    expect(result.resentFrames).toBeGreaterThan(0);
    await expect(peer.event("fax-done")).resolves.toMatchObject({ code: 0, pages: 2 });
    expectReceived(ours, rasters);
  });

  it("sends a page of more than one block", async ({ onTestFinished: finished }) => {
    const raster = noisePage(501, 220, 1);
    const page = coded(raster);
    expect(page.data.length).toBeGreaterThan(65_536);
    const { ours, peer, file } = await send(finished, [page]);
    await expect(ours.done).resolves.toMatchObject({ result: { outcome: "ok", pages: 1 } });
    await peer.exited;
    expectSent(file, [raster]);
  });

  it("receives a page of more than one block", async ({ onTestFinished: finished }) => {
    const raster = noisePage(502, 220, 1);
    const { ours } = await receive(finished, [raster]);
    await expect(ours.done).resolves.toMatchObject({ result: { outcome: "ok", pages: 1 } });
    expect(ours.pages[0]?.data.length).toBeGreaterThan(65_536);
    expectReceived(ours, [raster]);
  });

  it("receives MH or MR from a machine without T.6, and tells a machine without ECM that it cannot", async ({ onTestFinished: finished }) => {
    const rasters = [textPage(601, 300)];
    const { ours } = await receive(finished, rasters, { peer: { t6: 0 } });
    await expect(ours.done).resolves.toMatchObject({ result: { outcome: "ok", pages: 1 } });
    expect(["mh", "mr"]).toContain(ours.pages[0]?.coding);
    expectReceived(ours, rasters);
    const other = await receive(finished, rasters, { peer: { ecm: 0 } });
    await expect(other.ours.done).resolves.toMatchObject({ result: { outcome: "incompatible", pages: 0 } });
  });

  it("sends MH to a machine without T.6", async ({ onTestFinished: finished }) => {
    const raster = textPage(701, 300);
    const { ours, peer, file } = await send(finished, [{ ...coded(raster), mh: encodeMh(raster) }], { peer: { t6: 0 } });
    await expect(ours.done).resolves.toMatchObject({ result: { outcome: "ok", pages: 1 } });
    await peer.exited;
    expectSent(file, [raster]);
  });
});
