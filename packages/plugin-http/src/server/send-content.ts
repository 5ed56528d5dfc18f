import { once } from "node:events";
import type { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { HttpContent } from "@hotlinejs/core";
import type { Request, Response } from "express";
import { parseByteRange } from "../domain/byte-range.js";
import { formatEntityTag, matchesEntityTag, rangeStillApplies } from "../domain/entity-tag.js";
import { httpErrors } from "../errors.js";

/** What a browser may show by itself; everything else that has a file name is offered for saving, so that it cannot run as our page. */
const SHOWN_INLINE = /^(audio\/|video\/|image\/(png|jpeg|gif|webp|tiff)|application\/pdf|text\/plain)/i;

/** Sends content, or the range of it that is wanted. Reads from the source only what goes out. */
export async function sendContent(req: Request, res: Response, content: HttpContent, signal: AbortSignal): Promise<void> {
  const etag = content.etag === undefined ? undefined : formatEntityTag(content.etag);
  for (const [name, value] of Object.entries(content.headers ?? {})) res.setHeader(name, value);
  res.setHeader("Content-Type", content.contentType);
  res.setHeader("Accept-Ranges", "bytes");
  if (!res.hasHeader("Cache-Control")) res.setHeader("Cache-Control", etag === undefined ? "no-store" : "private, no-cache");
  if (etag !== undefined) res.setHeader("ETag", etag);
  if (content.fileName !== undefined) res.setHeader("Content-Disposition", disposition(content.fileName, content.contentType));

  const noneMatch = req.headers["if-none-match"];
  if (etag !== undefined && noneMatch !== undefined && matchesEntityTag(noneMatch, etag)) {
    res.removeHeader("Content-Type");
    res.status(304).end();
    return;
  }

  let start = 0;
  let end = content.size - 1;
  const header = req.headers.range;
  const ifRange = req.headers["if-range"];
  // Range is defined for GET only (RFC 9110 section 14.2).
  if (req.method === "GET" && header !== undefined && (ifRange === undefined || rangeStillApplies(String(ifRange), etag))) {
    const range = parseByteRange(header, content.size);
    if (range === "unsatisfiable") {
      for (const name of ["Content-Type", "Content-Disposition", "ETag"]) res.removeHeader(name);
      res.setHeader("Content-Range", `bytes */${content.size}`);
      throw httpErrors.RANGE_UNSATISFIABLE(content.size, { details: { size: content.size } });
    }
    if (range) {
      ({ start, end } = range);
      res.status(206);
      res.setHeader("Content-Range", `bytes ${start}-${end}/${content.size}`);
    }
  }
  const length = end - start + 1;
  res.setHeader("Content-Length", length);
  if (req.method === "HEAD" || length === 0) {
    res.end();
    return;
  }
  await stream(content.open(start, end), length, res, signal, Object.keys(content.headers ?? {}));
}

async function stream(source: Readable, length: number, res: Response, signal: AbortSignal, own: readonly string[]): Promise<void> {
  try {
    await firstOctets(source, signal);
  } catch (error) {
    // Nothing has been sent: the client gets a proper error instead of a broken file.
    source.destroy();
    for (const name of ["Content-Length", "Content-Range", "Content-Type", "Content-Disposition", "ETag", ...own]) res.removeHeader(name);
    res.status(200);
    throw error;
  }
  await pipeline(source, exactly(length), res, { signal });
}

/** Waits until the source has something, has ended, or has failed. */
async function firstOctets(source: Readable, signal: AbortSignal): Promise<void> {
  if (source.errored) throw source.errored;
  if (source.readableLength > 0 || source.readableEnded) return;
  // `once` rejects with the source's error, or when the client goes away.
  await Promise.race([once(source, "readable", { signal }), once(source, "end", { signal })]);
}

/** A source that yields another number of octets than announced breaks off, so that nobody takes half a file for a whole one. */
function exactly(length: number) {
  return async function* (chunks: AsyncIterable<Buffer | string>): AsyncGenerator<Buffer> {
    let sent = 0;
    for await (const chunk of chunks) {
      const buffer = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
      sent += buffer.length;
      if (sent > length) break;
      yield buffer;
    }
    if (sent !== length) throw new Error(`content has another length than the ${length} octets announced`);
  };
}

/** RFC 6266: the name in ASCII for old readers, in UTF-8 for all others. */
function disposition(fileName: string, contentType: string): string {
  const clean = fileName.replace(/[\p{Cc}/\\]/gu, "_").slice(0, 200);
  const ascii = clean.replace(/[^\x20-\x7e]/g, "_").replace(/"/g, "'");
  const utf8 = encodeURIComponent(clean.replace(/\p{Surrogate}/gu, "_")).replace(/['()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
  return `${SHOWN_INLINE.test(contentType) ? "inline" : "attachment"}; filename="${ascii}"; filename*=UTF-8''${utf8}`;
}
