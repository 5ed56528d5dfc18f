import { SCREENS } from "@hotlinejs/core";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { hasChromium, openConsole } from "./browser.js";
import { demo, house, uiFolder, type House } from "./house.js";

/** Written by hand, as anybody's tools might make it: bare names, the host's React. */
const SCRIPT = `
import { createElement, useState } from "react";
import { jsx } from "react/jsx-runtime";
import { Button } from "antd";
import { Slot, useTopic } from "@hotlinejs/plugin-console/sdk";
export const ui = ({ React }) => {
  if (React.createElement !== createElement) throw new Error("two Reacts");
  const Fine = () => {
    const [told, setTold] = useState("");
    useTopic("demo.said", ({ words }) => setTold(words));
    return jsx("div", { children: [jsx("p", { id: "fine", children: "页面在" }, 1), jsx("p", { id: "told", children: told }, 2), jsx(Button, { id: "count", onClick: () => setTold("按了"), children: "按" }, 3), createElement(Slot, { name: "agent.list", props: {}, key: 4 })] });
  };
  const Broken = () => { throw new Error("boom"); };
  return { pages: { "/fine": Fine, "/broken": Broken }, panels: { "agent.list": { wrong: Broken, right: () => jsx("p", { id: "panel", children: "部件在" }) } } };
};
`;

describe.skipIf(!hasChromium())("pages of plugins in a browser", () => {
  let at: House;
  let browser: Awaited<ReturnType<typeof openConsole>>;
  let page: Page;

  beforeAll(async () => {
    at = await house([
      demo({
        folder: uiFolder({ "index.js": SCRIPT, "index.css": "#fine { color: rgb(1, 2, 3); }" }),
        pages: [
          { path: "/fine", title: "好的", permission: "demo.use", menu: { icon: "list", order: 1 } },
          { path: "/broken", title: "坏的", permission: "demo.use", menu: { icon: "list", order: 2 } },
          { path: "/lead", title: "班长", permission: "demo.lead", menu: { icon: "list", order: 3 } },
        ],
        panels: [
          { slot: "agent.list", name: "wrong", title: "坏部件", permission: "demo.use", order: 1 },
          { slot: "agent.list", name: "right", title: "好部件", permission: "demo.use", order: 2 },
        ],
      }),
      demo({ folder: uiFolder(), pages: [{ path: "/unbuilt", title: "没有构建", permission: "demo.use", menu: { icon: "list", order: 4 } }] }, "two"),
    ]);
    browser = await openConsole(at);
    page = browser.page;
    await page.locator("#fine").waitFor({ timeout: 30_000 });
  }, 90_000);
  afterAll(async () => {
    await browser?.close();
    await at?.close();
  });

  it("a script written without our build shares React, antd and the sdk, and has its style", async () => {
    expect(new URL(page.url()).pathname).toBe("/console/fine");
    expect(await page.locator("#fine").evaluate("getComputedStyle(document.querySelector('#fine')).color")).toBe("rgb(1, 2, 3)");
    await page.locator("#count").click();
    await page.locator("#told", { hasText: "按了" }).waitFor();
    at.hotline.services.get(SCREENS).tell({ agents: ["1001"] }, { topic: "demo.said", data: { words: "推送到了" } });
    await page.locator("#told", { hasText: "推送到了" }).waitFor({ timeout: 10_000 });
  });

  it("what throws is a frame in its place: of a panel beside the good one, of a page with the menu there", async () => {
    await page.locator(".hl-broken", { hasText: "坏部件" }).waitFor();
    await page.locator("#panel").waitFor();
    await page.getByRole("link", { name: "坏的" }).click();
    await page.locator(".hl-broken", { hasText: "「坏的」没能显示" }).waitFor();
    expect(await page.locator(".hl-broken").innerText()).toContain("boom");
    await page.getByRole("link", { name: "好的" }).click();
    await page.locator("#fine").waitFor();
  });

  it("pages that were not built say so; pages of others' permissions are not there", async () => {
    await page.getByRole("link", { name: "没有构建" }).click();
    await page.locator(".hl-broken", { hasText: "HTL_CONSOLE_NOT_BUILT" }).waitFor();
    expect(await page.getByRole("link", { name: "班长" }).count()).toBe(0);
    await page.goto(`${at.url}/console/lead`);
    await page.getByText("没有这个页面，或者你没有查看的权限").waitFor({ timeout: 15_000 });
  });

  it("when the session ends, one signs in over the page, and what was there is still there", async () => {
    await page.getByRole("link", { name: "好的" }).click();
    await page.locator("#fine").waitFor();
    await page.evaluate('fetch("/api/auth/logout", { method: "POST", headers: { "content-type": "application/json", "x-hotline-csrf": "1" }, body: JSON.stringify({ all: true }) })');
    await page.getByRole("button", { name: "消息" }).click();
    await page.getByText("登录已过期").waitFor({ timeout: 15_000 });
    expect(await page.locator("#fine").count()).toBe(1);
    await page.locator("#login-username").fill("anna");
    await page.locator("#login-password").fill("secret");
    await page.getByRole("button", { name: "登录" }).click();
    await page.getByText("登录已过期").waitFor({ state: "detached", timeout: 15_000 });
    expect(await page.locator("#fine").count()).toBe(1);
  });
});
