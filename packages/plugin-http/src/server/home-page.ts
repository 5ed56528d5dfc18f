import { createHash } from "node:crypto";
import type { HttpConfig } from "../config.js";

// Colours and type of the console and the citizens' pages; no script, nothing fetched.
const STYLE = `
:root{color-scheme:light dark;--ink:#1a2230;--soft:#465164;--ground:#eef1f5;--card:#fff;--line:#dce1e8;--edge:#7c8798;--accent:#1455b3;--dark:#0b3776;--on:#fff;--focus:#c55200}
@media(prefers-color-scheme:dark){:root{--ink:#e4e9f1;--soft:#b3bdcb;--ground:#10151c;--card:#181f29;--line:#2e3845;--edge:#738095;--accent:#74a9fa;--dark:#93bdfc;--on:#0e141c;--focus:#fed344}}
*{box-sizing:border-box}
body{margin:0;background:var(--ground);color:var(--ink);font:16px/1.65 "PingFang SC","HarmonyOS Sans SC","Microsoft YaHei","Noto Sans CJK SC","Source Han Sans SC","WenQuanYi Micro Hei",system-ui,sans-serif}
html:lang(en) body{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,"Noto Sans","DejaVu Sans",sans-serif}
.wrap{max-width:60rem;margin:0 auto;padding:0 1.25rem}
header{background:var(--card);border-bottom:4px solid var(--accent)}
header .wrap{display:flex;justify-content:space-between;align-items:center;gap:1rem;min-height:60px}
header b{font-size:1.05rem}
a{color:var(--accent)}
header a{padding:.6rem 0}
:focus-visible{outline:3px solid var(--focus);outline-offset:2px}
h1{font-size:1.8rem;line-height:1.35;margin:2.2rem 0 .3rem}
.lead{margin:0 0 1.6rem;color:var(--soft);max-width:44rem}
.actions{list-style:none;margin:0 0 1.6rem;padding:0;display:grid;grid-template-columns:repeat(auto-fit,minmax(17rem,1fr));gap:1rem}
.actions li{display:flex;flex-direction:column;background:var(--card);border:1px solid var(--line);border-radius:8px;padding:1.3rem 1.4rem 1.4rem}
.actions h2{font-size:1.2rem;margin:0 0 .3rem}
.actions p{margin:0 0 1rem;color:var(--soft)}
.actions p.account{color:var(--ink);border-left:4px solid var(--accent);padding-left:.8rem}
.actions a{margin-top:auto;align-self:flex-start;display:inline-block;padding:.7rem 1.5rem;border-radius:4px;background:var(--accent);color:var(--on);font-weight:700;text-decoration:none}
.actions a:hover{background:var(--dark)}
.note{margin:0 0 1.6rem;color:var(--soft)}
.more{list-style:none;margin:0 0 3rem;padding:1rem 0 0;border-top:1px solid var(--line);display:flex;flex-wrap:wrap;gap:.4rem 1.6rem}
.more a{display:inline-block;padding:.6rem 0}
code{font-family:inherit;font-weight:600;font-variant-numeric:tabular-nums;color:var(--ink)}
@media(max-width:30rem){h1{font-size:1.45rem;margin-top:1.4rem}.actions a{align-self:stretch;text-align:center}}
`;

/** For the content security policy: this one style sheet may stand in the page. */
export const HOME_STYLE_HASH = createHash("sha256").update(STYLE).digest("base64");

export type HomeLanguage = "zh-CN" | "en";

export interface HomeParts {
  readonly name: string;
  readonly language: HomeLanguage;
  readonly home: HttpConfig["home"];
  /** Whether a plugin is there and serves pages. */
  readonly present: (plugin: string) => boolean;
  /** Reached from this computer only: published passwords are good. */
  readonly demo: boolean;
}

/** What can be done where nothing was configured. */
const ACTIONS: HttpConfig["home"]["actions"] = [
  { plugin: "portal", href: "/portal", title: "市民", titleEn: "Citizens", newTab: false, text: "提交诉求、查询进度、在线咨询。", textEn: "File a request, follow it, chat.", label: "打开市民网站", labelEn: "Open the citizens' site" },
  { plugin: "console", href: "/console", title: "工作人员", titleEn: "Staff", newTab: false, text: "接听来电、登记和办理工单，登录后使用。", textEn: "Take calls, register and handle tickets, after signing in.", label: "打开工作台", labelEn: "Open the console" },
];

const WORDS = {
  "zh-CN": { other: "English", health: "运行状态", api: "接口说明（OpenAPI）", portal: "市民网站", account: "演示账号", password: "密码", lead: "热线正在运行。" },
  en: { other: "中文", health: "State of the hotline", api: "API description (OpenAPI)", portal: "Citizens' site", account: "Demo account", password: "password", lead: "The hotline is running." },
} as const;

/** Of a browser's `Accept-Language`. */
export function languageOf(acceptLanguage: string | undefined): HomeLanguage {
  return /^\s*en\b/i.test(acceptLanguage ?? "") ? "en" : "zh-CN";
}

/** What a person sees whose address leads nowhere. */
export function missingPage(language: HomeLanguage): string {
  const [title, lead, back] = language === "en" ? ["There is no such page", "The address may be mistyped, or the page has moved.", "To the first page"] : ["没有这个页面", "网址可能有误，或者页面已经移走。", "返回首页"];
  return `<!doctype html>
<html lang="${language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${title}</title><link rel="icon" href="data:,"><style>${STYLE}</style></head>
<body>
<main class="wrap">
<h1>${title}</h1>
<p class="lead">${lead}</p>
<ul class="more"><li><a href="/">${back}</a></li></ul>
</main>
</body>
</html>
`;
}

/** What a person sees who opens the address in a browser: what can be done here, one button each. */
export function homePage({ name, language, home, present, demo }: HomeParts): string {
  const words = WORDS[language];
  const english = language === "en";
  const pick = (zh: string | undefined, en: string | undefined): string => escapeHtml((english ? (en ?? zh) : zh) ?? "");
  const title = home.title === undefined ? escapeHtml(name) : pick(home.title, home.titleEn);
  const actions = (home.actions.length === 0 ? ACTIONS : home.actions).filter(({ plugin }) => present(plugin));
  const cards = actions.map((action) => {
    const account = action.demo !== undefined && demo ? `<p class="account">${words.account} <code>${escapeHtml(action.demo.username)}</code>${english ? ", " : "，"}${words.password} <code>${escapeHtml(action.demo.password)}</code></p>\n` : "";
    return `<li><h2>${pick(action.title, action.titleEn)}</h2>\n<p>${pick(action.text, action.textEn)}</p>\n${account}<a href="${escapeHtml(action.href)}"${action.newTab ? ' target="_blank" rel="noopener"' : ""}>${pick(action.label, action.labelEn)}</a></li>`;
  });
  const other = english ? "zh-CN" : "en";
  return `<!doctype html>
<html lang="${language}">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${title}</title><link rel="icon" href="data:,"><style>${STYLE}</style></head>
<body>
<header><div class="wrap"><b>${escapeHtml(name)}</b><a href="/?lang=${other}" lang="${other}">${words.other}</a></div></header>
<main class="wrap">
<h1>${title}</h1>
<p class="lead">${home.lead === undefined ? words.lead : pick(home.lead, home.leadEn)}</p>
${cards.length === 0 ? "" : `<ul class="actions">\n${cards.join("\n")}\n</ul>\n`}${home.note === undefined ? "" : `<p class="note">${pick(home.note, home.noteEn)}</p>\n`}<ul class="more">
${present("portal") ? `<li><a href="/portal">${words.portal}</a></li>\n` : ""}<li><a href="/api/health">${words.health}</a></li>
<li><a href="/api/openapi.json">${words.api}</a></li>
</ul>
</main>
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
