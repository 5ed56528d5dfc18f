import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { ReportResult } from "@hotlinejs/plugin-reports/contract";
import { hasChromium, openChromium } from "./support/chromium.js";
import { Example } from "./support/example.js";

describe.skipIf(!hasChromium())("the report page in Chromium", () => {
  let example: Example;
  let browser: Awaited<ReturnType<typeof openChromium>>;
  const complaints: string[] = [];
  beforeAll(async () => {
    example = await Example.start();
    const token = await example.login("1001", "demo-1001");
    const kinds = ["咨询", "咨询", "咨询", "投诉", "举报"];
    for (const kind of kinds) {
      const response = await fetch(`http://127.0.0.1:${example.httpPort}/api/tickets`, { method: "POST", headers: { authorization: `Bearer ${token}`, "content-type": "application/json" }, body: JSON.stringify({ kind, summary: "试" }) });
      expect(response.status).toBe(201);
    }
    browser = await openChromium({ width: 1440, height: 900 });
  }, 120_000);
  afterAll(async () => {
    await browser.dispose();
    await example.dispose();
  });

  it("shows what the analyst may see: figures, picture and table agree with the answer of the server; choices stand in the address", async () => {
    const page = await browser.newPage();
    page.on("pageerror", (error) => complaints.push(error.message));
    page.on("console", (message) => {
      if (message.type() === "error" && !message.text().includes("401")) complaints.push(message.text());
    });
    await page.goto(`http://127.0.0.1:${example.httpPort}/console/reports/natures`);
    await page.locator('input:not([type="password"])').first().fill("1641");
    await page.locator('input[type="password"]').fill("demo-1641");
    await page.locator('button[type="submit"]').click();

    const rows = page.locator(".rp-table tbody tr");
    await rows.first().waitFor();
    const table = async (): Promise<string[][]> => page.locator(".rp-table tbody tr, .rp-table tfoot tr").evaluateAll((found) => found.map((row) => [...row.children].map((cell) => cell.textContent)));
    const told = (await (await page.request.get(`http://127.0.0.1:${example.httpPort}/api/reports/natures`)).json()) as ReportResult;
    expect(await table()).toEqual(told.rows.map((row) => [...row.labels, ...row.cells.map(({ text }) => text)]));
    expect((await table()).map(([label, count]) => [label, count])).toEqual([
      ["咨询", "3"],
      ["举报", "1"],
      ["投诉", "1"],
      ["合计", "5"],
    ]);
    expect(await page.locator(".rp-figure .rp-value").allTextContents()).toEqual(["5 件"]);
    const picture = page.locator("img.rp-picture");
    expect(await picture.getAttribute("alt")).toContain("咨询 3 件，占 60.0%");
    // The browser has drawn it.
    expect(await picture.evaluate((image: { complete: boolean; naturalWidth: number }) => image.complete && image.naturalWidth > 300)).toBe(true);

    await page.getByText("同比", { exact: true }).first().click();
    await page.waitForURL(/compare=year/);
    await page.locator(".rp-table thead tr:nth-child(2)").waitFor();
    await page.getByText("条形", { exact: true }).click();
    await page.waitForURL(/chart=bar/);
    await page.locator('.ant-segmented-item:has-text("表")').click();
    await page.waitForURL(/show=table/);
    expect(await picture.count()).toBe(0);
    await page.reload();
    await page.locator(".rp-table thead tr:nth-child(2)").waitFor();
    expect(await picture.count()).toBe(0);

    const csv = await page.request.get(`http://127.0.0.1:${example.httpPort}${(await page.getByText("导出 CSV").locator("xpath=ancestor::a").getAttribute("href")) ?? ""}`);
    expect((await csv.text()).split("\r\n")[1]).toMatch(/^咨询,3,0,3,—/);
    const paper = await browser.newPage();
    await paper.goto(`http://127.0.0.1:${example.httpPort}${(await page.getByText("打印", { exact: true }).locator("xpath=ancestor::a").getAttribute("href")) ?? ""}`);
    await paper.emulateMedia({ media: "print" });
    expect(await paper.locator("h1").textContent()).toBe("12333 受理性质统计");
    expect(await paper.locator("figure img").evaluate((image: { complete: boolean; naturalWidth: number }) => image.naturalWidth > 300)).toBe(true);
    // The style sheet has arrived, and nothing reaches beyond the paper (A4 less its margins: 273 mm).
    expect(await paper.evaluate("getComputedStyle(document.querySelector('table')).borderCollapse")).toBe("collapse");
    expect(await paper.locator("table").evaluate((found) => found.getBoundingClientRect().width)).toBeLessThanOrEqual((273 / 25.4) * 96 + 1);
    expect(complaints).toEqual([]);
  }, 90_000);

  it("an agent without the permission has no reports", async () => {
    const other = await openChromium();
    try {
      const page = await other.newPage();
      await page.goto(`http://127.0.0.1:${example.httpPort}/console/reports`);
      await page.locator('input:not([type="password"])').first().fill("1001");
      await page.locator('input[type="password"]').fill("demo-1001");
      await page.locator('button[type="submit"]').click();
      await page.locator(".hl-rail").waitFor();
      expect(await page.locator('.hl-rail a[href*="/reports"]').count()).toBe(0);
      expect(await page.locator(".rp-table").count()).toBe(0);
    } finally {
      await other.dispose();
    }
  }, 60_000);
});
