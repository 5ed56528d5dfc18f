import { createRequire } from "node:module";
import PdfDocument from "pdfkit";

/** The font is an asset of a package, found where npm has put it. */
const FONT = createRequire(import.meta.url).resolve("@expo-google-fonts/noto-sans-sc/400Regular/NotoSansSC_400Regular.ttf");
/** A4 in PostScript points. */
export const A4 = { width: 595.28, height: 841.89 } as const;
const MARGIN = 56;
/** Read at arm's length after a fax machine has printed it. */
const TITLE_SIZE = 20;
const TEXT_SIZE = 14;
const FOOTER_SIZE = 10;
const LINE_GAP = 5;

/** Sets a text on A4 pages. */
export async function typesetText({ title, text, footer }: { readonly title: string; readonly text: string; readonly footer?: string }): Promise<Uint8Array> {
  const document = new PdfDocument({ size: "A4", margin: MARGIN, bufferPages: true, info: { Title: title } });
  document.registerFont("text", FONT);
  const done = collect(document);
  document.font("text").fontSize(TITLE_SIZE).text(title, { align: "center" }).moveDown(1).fontSize(TEXT_SIZE);
  for (const paragraph of text.split(/\n+/)) if (paragraph.trim() !== "") document.text(paragraph.trim(), { lineGap: LINE_GAP, paragraphGap: LINE_GAP * 2, indent: TEXT_SIZE * 2 });
  const { count } = document.bufferedPageRange();
  for (let page = 0; page < count; page++) {
    document.switchToPage(page);
    // Below the margin pdfkit would begin a new page.
    document.page.margins.bottom = 0;
    document.fontSize(FOOTER_SIZE).text([footer, `第 ${page + 1} 页，共 ${count} 页`].filter((part) => part !== undefined && part !== "").join("　"), MARGIN, A4.height - MARGIN / 2 - FOOTER_SIZE, { width: A4.width - 2 * MARGIN, align: "center", lineBreak: false });
  }
  document.end();
  return done;
}

/** One A4 page for each picture of a fax page, which fills its width; longer ones are made to fit. */
export async function bindPages(pages: readonly { readonly png: Uint8Array; readonly widthMm: number; readonly heightMm: number }[], title: string): Promise<Uint8Array> {
  const document = new PdfDocument({ size: "A4", margin: 0, autoFirstPage: false, info: { Title: title } });
  const done = collect(document);
  const point = 72 / 25.4;
  for (const { png, widthMm, heightMm } of pages) {
    const scale = Math.min(1, A4.width / (widthMm * point));
    const width = widthMm * point * scale;
    const height = heightMm * point * scale;
    document.addPage({ size: [A4.width, Math.max(A4.height, height)], margin: 0 });
    document.image(Buffer.from(png), 0, 0, { width, height });
  }
  document.end();
  return done;
}

async function collect(document: PDFKit.PDFDocument): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  for await (const chunk of document as unknown as AsyncIterable<Buffer>) chunks.push(chunk);
  return new Uint8Array(Buffer.concat(chunks));
}
