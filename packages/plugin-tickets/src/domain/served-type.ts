/** What a browser shows without running anything in it. No HTML, no SVG, no XML: they carry scripts. */
const HARMLESS = new Set(["image/png", "image/jpeg", "image/gif", "image/webp", "image/tiff", "application/pdf", "audio/wav", "audio/mpeg", "audio/ogg", "audio/amr", "video/mp4"]);

/** The type a file of a citizen is served with. */
export function servedType(given: string): string {
  const type = (given.split(";")[0] ?? "").trim().toLowerCase();
  if (type === "text/plain") return "text/plain; charset=utf-8";
  return HARMLESS.has(type) ? type : "application/octet-stream";
}
