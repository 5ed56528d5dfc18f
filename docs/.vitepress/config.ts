import { readdirSync, readFileSync } from "node:fs";
import { defineConfig } from "vitepress";
import type { DefaultTheme } from "vitepress";

const docs = new URL("..", import.meta.url);
const title = (path: string): string => /^# (.+)$/m.exec(readFileSync(new URL(path, docs), "utf8"))?.[1] ?? path;
const page = (path: string): DefaultTheme.SidebarItem => ({ text: title(`${path}.md`), link: `/${path}` });
const decisions = readdirSync(new URL("adr", docs))
  .filter((file) => file.endsWith(".md"))
  .sort()
  .map((file) => page(`adr/${file.slice(0, -3)}`));

const guides = ["first-hotline", "call-from-the-browser", "write-a-plugin", "write-a-flow", "queues", "conferences", "campaigns", "recording", "test-without-a-phone", "production", "monitoring", "sip", "media-engine", "upgrade"].map((name) => page(`guides/${name}`));
const reference = ["plugin", "plugin-states", "hooks", "events", "tokens", "config", "environment", "http", "permissions", "ivr-nodes", "datasets", "errors", "floors"].map((name) => page(`reference/${name}`));

/** Words between spaces and signs; of Chinese each character, since nothing stands between words there. Runs in the browser too. */
const tokenize = (text: string): string[] => text.match(/\p{Script=Han}|[^\s\p{P}\p{S}\p{Script=Han}]+/gu) ?? [];

/** Built by `npm run docs:build`; dead links are errors, nothing is asked of other hosts. */
export default defineConfig({
  title: "hotlinejs",
  description: "A plugin-based TypeScript framework for public-service hotlines",
  cleanUrls: true,
  lastUpdated: false,
  head: [["meta", { name: "theme-color", content: "#1455b3" }]],
  vite: { build: { chunkSizeWarningLimit: 4_000 } },
  markdown: {
    // Double braces in code are prompts' values, not the page's.
    config: (md) => void (md.renderer.rules.code_inline = (tokens, index) => `<code v-pre>${md.utils.escapeHtml(tokens[index]?.content ?? "")}</code>`),
    theme: { light: "github-light-high-contrast", dark: "github-dark-high-contrast" },
  },
  themeConfig: {
    socialLinks: [{ icon: "github", link: "https://github.com/hotlinejs/hotline" }],
    search: {
      provider: "local",
      options: {
        miniSearch: { options: { tokenize } },
        locales: {
          zh: {
            translations: {
              button: { buttonText: "搜索", buttonAriaLabel: "搜索" },
              modal: { displayDetails: "显示详情", resetButtonTitle: "清除", backButtonTitle: "返回", noResultsText: "没有找到", footer: { selectText: "打开", navigateText: "移动", closeText: "关闭" } },
            },
          },
        },
      },
    },
    outline: { level: [2, 3] },
  },
  locales: {
    root: {
      label: "English",
      lang: "en",
      themeConfig: {
        nav: [
          { text: "Guides", link: "/guides/first-hotline", activeMatch: "^/guides/" },
          { text: "Reference", link: "/reference/hooks", activeMatch: "^/reference/" },
          { text: "Decisions", link: decisions[0]?.link ?? "/", activeMatch: "^/adr/" },
        ],
        sidebar: [
          { text: "Guides", items: guides },
          { text: "Reference", items: reference },
          { text: "Decisions", items: decisions, collapsed: true },
        ],
      },
    },
    zh: {
      label: "简体中文",
      lang: "zh-CN",
      description: "用插件搭建政务热线的 TypeScript 框架",
      themeConfig: {
        nav: [
          { text: "指南", link: "/zh/guides/first-hotline", activeMatch: "^/zh/guides/" },
          { text: "参考（英文）", link: "/reference/hooks" },
        ],
        sidebar: [
          { text: "指南", items: [page("zh/guides/first-hotline")] },
          { text: "指南（英文）", items: guides },
          { text: "参考（英文）", items: reference },
        ],
        outline: { level: [2, 3], label: "本页内容" },
        docFooter: { prev: "上一页", next: "下一页" },
        darkModeSwitchLabel: "深浅色",
        lightModeSwitchTitle: "切换到浅色",
        darkModeSwitchTitle: "切换到深色",
        sidebarMenuLabel: "目录",
        returnToTopLabel: "回到顶部",
        langMenuLabel: "语言",
      },
    },
  },
});
