import { createHash } from "node:crypto";

const STYLE =
  "body{font:16px/1.7 system-ui,'Noto Sans SC','PingFang SC','Microsoft YaHei',sans-serif;max-width:40rem;margin:12vh auto;padding:0 1.5rem;color:#1f2329}h1{font-size:1.6rem;margin-bottom:.3rem}a{color:#0b57d0}code{background:#f2f3f5;padding:.1em .3em;border-radius:3px}@media(prefers-color-scheme:dark){body{background:#17181a;color:#e6e6e6}a{color:#8ab4f8}code{background:#2a2b2e}}";

/** For the content security policy: this one style sheet may stand in the page. */
export const HOME_STYLE_HASH = createHash("sha256").update(STYLE).digest("base64");

/** What a person sees who opens the address in a browser. */
export function homePage(name: string, options: { /** The staff console is there. */ readonly console: boolean; /** The citizens' web site is there. */ readonly portal: boolean }): string {
  return `<!doctype html>
<html lang="zh-CN">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width,initial-scale=1"><title>${escapeHtml(name)} · 热线</title><style>${STYLE}</style></head>
<body>
<h1>${escapeHtml(name)}</h1>
<p>这里是基于 <strong>@hotlinejs</strong> 的热线系统,正在提供电话接入与数据接口服务。</p>
<ul>
${options.portal ? '<li><a href="/portal">市民服务网站</a>:提交诉求、查询进度</li>\n' : ""}<li><a href="/api/health">运行状态</a> <code>/api/health</code></li>
<li><a href="/api/openapi.json">接口说明(OpenAPI)</a> <code>/api/openapi.json</code></li>
</ul>
<p>${options.console ? '工作人员:<a href="/console">打开工作台</a>(登录后使用)。程序' : "工作人员"}请通过 <code>POST /api/auth/login</code> 登录后使用接口。</p>
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
