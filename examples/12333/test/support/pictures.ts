import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Page } from "playwright-core";

/** Takes pictures of a page at several sizes, for looking at, into the folder that HOTLINE_SCREENSHOTS names; without it none. */
export function pictures(what: string, sizes: readonly { readonly width: number; readonly height: number }[]): (page: Page, name: string) => Promise<void> {
  const folder = process.env.HOTLINE_SCREENSHOTS;
  return async (page, name) => {
    if (folder === undefined) return;
    mkdirSync(folder, { recursive: true });
    for (const size of sizes) {
      await page.setViewportSize(size);
      await page.screenshot({ path: join(folder, `${what}-${name}-${size.width}.png`) });
    }
  };
}
