import { parentPort } from "node:worker_threads";
import { decodePage } from "../domain/t6/decode-page.js";
import { encodeMh, encodeT6 } from "../domain/t6/encode-page.js";
import type { Raster } from "../domain/t6/raster.js";
import { PageError } from "./page-error.js";
import { pictureOf } from "./page-picture.js";
import type { LinePage, PageAnswers, PageReply, PageRequest } from "./page-requests.js";
import { rasterise } from "./rasterise.js";
import { bindPages } from "./typeset.js";

/** T.4: width of a line, and what a line of fine resolution is high. */
const WIDTH_MM = 215;
const FINE_MM = 1 / 7.7;

const bound = (page: Raster, png: Uint8Array, times: number): Parameters<typeof bindPages>[0][number] => ({ png, widthMm: WIDTH_MM, heightMm: page.height * times * FINE_MM });

async function render({ source, maxPages }: Extract<PageRequest, { type: "render" }>): Promise<PageAnswers["render"]> {
  const rasters = await rasterise(source, maxPages);
  const pages = [];
  for (const raster of rasters) pages.push({ t6: encodeT6(raster), mh: encodeMh(raster), height: raster.height, png: await pictureOf(raster, "fine") });
  const title = source.kind === "text" ? source.title : "传真";
  return { pages, pdf: await bindPages(pages.map((page, i) => bound(rasters[i] as Raster, page.png, 1)), title) };
}

async function read({ pages, title }: Extract<PageRequest, { type: "read" }>): Promise<PageAnswers["read"]> {
  const done = [];
  const leaves = [];
  for (const page of pages) {
    const { raster, badLines } = decodePage(page.data, { coding: page.coding });
    const png = await pictureOf(raster, page.resolution);
    done.push({ height: raster.height, badLines, png });
    leaves.push(bound(raster, png, linesOf(page)));
  }
  return { pages: done, pdf: await bindPages(leaves, title) };
}

function linesOf({ resolution }: LinePage): number {
  return resolution === "standard" ? 2 : 1;
}

/** Entry of the page worker: everything of fax that costs processor time and has time. One request after the other. */
if (parentPort !== null) {
  const port = parentPort;
  let queue: Promise<unknown> = Promise.resolve();
  port.on("message", ({ id, request }: { id: number; request: PageRequest }) => {
    queue = queue.then(async () => {
      let reply: PageReply;
      try {
        reply = { id, value: request.type === "render" ? await render(request) : await read(request) };
      } catch (error) {
        reply = { id, error: { kind: error instanceof PageError ? error.kind : "failed", message: error instanceof Error ? error.message : String(error) } };
      }
      port.postMessage(reply);
    });
  });
}
