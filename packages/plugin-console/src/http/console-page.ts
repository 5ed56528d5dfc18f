export interface ConsolePageParts {
  readonly title: string;
  readonly nonce: string;
  readonly main: string;
  readonly style: string;
  readonly preload: readonly string[];
  readonly imports: Readonly<Record<string, string>>;
}

/** The one HTML page of the console; everything else is drawn by its script. */
export function consolePage({ title, nonce, main, style, preload, imports }: ConsolePageParts): string {
  return `<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="hotline-nonce" content="${nonce}">
<title>${escapeHtml(title)}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${style}">
<script type="importmap" nonce="${nonce}">${JSON.stringify({ imports }).replaceAll("<", "\\u003c")}</script>
${preload.map((href) => `<link rel="modulepreload" href="${href}">`).join("\n")}
<script type="module" src="${main}"></script>
</head>
<body>
<div id="console"><p class="hl-boot">正在打开工作台…</p></div>
<noscript>工作台需要启用 JavaScript。</noscript>
</body>
</html>
`;
}

/** Scripts and styles of our own only; antd's styles carry the nonce of this one answer. */
export function consolePolicy(nonce: string): string {
  return [
    "default-src 'self'",
    "base-uri 'none'",
    "object-src 'none'",
    "frame-ancestors 'none'",
    "form-action 'self'",
    `script-src 'self' 'nonce-${nonce}'`,
    "script-src-attr 'none'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data: blob:",
    "media-src 'self' blob:",
    "connect-src 'self'",
  ].join("; ");
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (char) => `&#${char.charCodeAt(0)};`);
}
