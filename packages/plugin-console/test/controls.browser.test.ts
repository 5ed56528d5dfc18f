import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasChromium, openConsole } from "./browser.js";
import { demo, house, uiFolder, type House } from "./house.js";

const SCRIPT = `
import { createElement as h, lazy, useLayoutEffect, useState } from "react";
import { App, Button } from "antd";
import { api, DropMenu, draftsAbout, keepFocus, serverNow, takeDrafts, unlessBusy, useDraft, useLoad } from "@hotlinejs/plugin-console/sdk";
const Page = () => {
  const { modal } = App.useApp();
  const [chosen, setChosen] = useState("");
  const [rows, setRows] = useState(["甲", "乙", "丙"]);
  const [busy, setBusy] = useState(false);
  const work = () => { setBusy(true); setTimeout(() => setBusy(false), 400); };
  const items = [
    { key: "off", label: "不行", disabled: true },
    { key: "one", label: "第一", onClick: () => setChosen("one") },
    { type: "divider" },
    { key: "ask", label: "要问", onClick: () => void modal.confirm({ title: "真的？", okText: "真的", cancelText: "不", onOk: () => setChosen("asked") }) },
  ];
  return h("div", null,
    h(DropMenu, { items }, h(Button, { id: "menu" }, "菜单")),
    h("output", { id: "chosen" }, chosen),
    h(Button, { id: "work", ...unlessBusy(busy, work) }, "做"),
    h("table", { ref: keepFocus }, h("tbody", null, rows.map((row) => h("tr", { key: row }, h("td", null, h("button", { className: "before" }, row), h("button", { className: "gone", onClick: () => setRows((all) => all.filter((each) => each !== row)) }, "去掉" + row)))))),
  );
};
const typed = () => draftsAbout("i1").map(({ values }) => values.text).join();
const Note = () => {
  const draft = useDraft("note i1", { text: "" });
  const [given, setGiven] = useState("");
  // Comes when the form is drawn, and is not yet known as being there.
  useLayoutEffect(() => takeDrafts([{ key: "note i1", at: serverNow(), values: { text: "同事写的" } }]), []);
  const type = () => { draft.set({ text: "一" }); draft.set({ text: "一二" }); setGiven(typed()); };
  return h("div", null, h("textarea", { id: "note", value: draft.values.text, onChange: ({ target }) => draft.set({ text: target.value }) }), h("button", { id: "type", onClick: type }, "写"), h("output", { id: "given" }, given));
};
const Mine = () => h("p", { id: "mine" }, useLoad("mine", (signal) => api.get("/api/console/session", { mine: 1 }, { signal })).data?.user.username ?? "");
export const ui = () => ({ pages: { "/controls": Page, "/mine": Mine, "/note": Note, "/late": lazy(() => import("./late.js")) } });
`;
const LATE = `import { createElement } from "react"; export default () => createElement("p", { id: "late" }, "来了");`;

const focused = (page: Page): Promise<string> => page.evaluate("document.activeElement === document.body ? 'BODY' : document.activeElement.textContent.trim()");

describe.skipIf(!hasChromium())("controls of the console", () => {
  let at: House;
  let browser: Awaited<ReturnType<typeof openConsole>>;
  let page: Page;
  const said: string[] = [];

  beforeAll(async () => {
    at = await house([
      demo({
        folder: uiFolder({ "index.js": SCRIPT, "late.js": LATE }),
        pages: [
          { path: "/controls", title: "控件", permission: "demo.use", menu: { icon: "list", order: 1 } },
          { path: "/note", title: "便笺", permission: "demo.use", menu: { icon: "list", order: 3 } },
          { path: "/mine", title: "我的", permission: "demo.use", menu: { icon: "list", order: 4 } },
          { path: "/late", title: "后来", permission: "demo.use", menu: { icon: "list", order: 2 } },
        ],
      }),
    ]);
    browser = await openConsole(at);
    page = browser.page;
    page.on("console", (message) => (message.type() === "error" ? said.push(message.text()) : undefined));
    await page.locator("#menu").waitFor({ timeout: 30_000 });
  }, 90_000);
  afterAll(async () => {
    await browser?.close();
    await at?.close();
  });

  it("a menu is walked by arrows, Home and End, chosen from by Enter and Space, left by Esc and Tab; its button has the focus again", async () => {
    const menu = page.locator("#menu");
    const expanded = (): Promise<string | null> => menu.getAttribute("aria-expanded");
    await menu.focus();
    expect([await menu.getAttribute("aria-haspopup"), await expanded()]).toEqual(["menu", "false"]);
    await page.keyboard.press("ArrowDown");
    await expect.poll(() => focused(page)).toBe("第一");
    expect(await expanded()).toBe("true");
    await page.keyboard.press("ArrowDown");
    await expect.poll(() => focused(page)).toBe("要问");
    await page.keyboard.press("ArrowDown");
    await expect.poll(() => focused(page)).toBe("第一");
    await page.keyboard.press("End");
    await expect.poll(() => focused(page)).toBe("要问");
    await page.keyboard.press("Escape");
    expect([await focused(page), await expanded()]).toEqual(["菜单", "false"]);
    await page.keyboard.press("ArrowUp");
    await expect.poll(() => focused(page)).toBe("要问");
    await page.keyboard.press("Tab");
    await expect.poll(expanded).toBe("false");
    expect(await focused(page)).toBe("做");

    for (const key of ["Enter", "Space"]) {
      await menu.focus();
      await page.keyboard.press(key);
      await expect.poll(() => focused(page)).toBe("第一");
      await page.keyboard.press(key);
      await page.locator("#chosen", { hasText: "one" }).waitFor();
      expect([await focused(page), await expanded()]).toEqual(["菜单", "false"]);
    }
  });

  it("a question asked from a menu gives the focus back to the menu's button; its styles bear the page's nonce", async () => {
    said.length = 0;
    await page.locator("#menu").focus();
    await page.keyboard.press("ArrowUp");
    await expect.poll(() => focused(page)).toBe("要问");
    await page.keyboard.press("Enter");
    await page.getByRole("dialog").waitFor();
    await page.getByRole("dialog").getByRole("button", { name: "真的" }).press("Enter");
    await page.locator("#chosen", { hasText: "asked" }).waitFor();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await expect.poll(() => focused(page)).toBe("菜单");
    expect(said).toEqual([]);
  });

  it("a command on its way leaves the focus where it is, in a ring one can see", async () => {
    await page.locator("#menu").focus();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    await page.locator('#work[aria-disabled="true"]').waitFor();
    expect(await focused(page)).toBe("做");
    expect(await page.locator("#work").evaluate("getComputedStyle(document.querySelector('#work')).outlineColor")).toBe("rgb(20, 85, 179)");
    await page.locator("#work:not([aria-disabled])").waitFor();
    expect(await focused(page)).toBe("做");
  });

  it("when the row with the focus goes, the focus goes to the one in its place, at last to the table", async () => {
    await page.locator(".gone").nth(1).focus();
    for (const next of ["去掉丙", "去掉甲"]) {
      await page.keyboard.press("Enter");
      await expect.poll(() => focused(page)).toBe(next);
    }
    await page.keyboard.press("Enter");
    await expect.poll(() => page.evaluate("document.activeElement.tagName")).toBe("TABLE");
  });

  it("a draft shows what a colleague gave while the form was drawn, and gives what was typed this moment", async () => {
    await page.getByRole("link", { name: "便笺" }).click();
    await page.locator("#note").waitFor();
    await expect.poll(() => page.locator("#note").inputValue()).toBe("同事写的");
    await page.locator("#type").click();
    await page.locator("#given", { hasText: "一" }).waitFor();
    expect([await page.locator("#given").innerText(), await page.locator("#note").inputValue()]).toEqual(["一二", "一二"]);
  });

  it("what was being loaded when the network changed is loaded once more", async () => {
    let tries = 0;
    await page.route("**/api/console/session?mine=1", (route) => ((tries += 1) === 1 ? route.abort("internetdisconnected") : route.continue()));
    await page.getByRole("link", { name: "我的" }).click();
    await page.locator("#mine", { hasText: "anna" }).waitFor({ timeout: 10_000 });
    expect(tries).toBe(2);
  });

  it("a page whose file could not be fetched is there after «重新加载»", async () => {
    await page.route("**/late.js", (route) => route.abort());
    await page.getByRole("link", { name: "后来" }).click();
    await page.locator(".hl-broken", { hasText: "「后来」没能显示" }).waitFor({ timeout: 15_000 });
    await page.getByRole("button", { name: "重新加载" }).click();
    await page.locator(".hl-broken", { hasText: "「后来」没能显示" }).waitFor({ timeout: 15_000 });
    await page.unroute("**/late.js");
    await page.getByRole("button", { name: "重新加载" }).click();
    await page.locator("#late").waitFor({ timeout: 15_000 });
  });
});
