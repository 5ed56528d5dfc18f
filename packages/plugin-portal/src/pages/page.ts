import type { PortalConfig } from "../config.js";
import { html, type Html, type Piece } from "../domain/html.js";
import { textsOf, type Language, type Say } from "../domain/texts.js";
import { STYLE_PATH } from "./style.js";

/** How a citizen wants pages: language, and large print (长辈版). */
export interface Preferences {
  readonly language: Language;
  readonly large: boolean;
}

export interface PageContext {
  readonly config: PortalConfig;
  readonly preferences: Preferences;
  readonly say: Say;
  /** Path and query of this page, to come back to after a change of preferences. */
  readonly here: string;
  /** Whether there is a chat to offer. */
  readonly chat: boolean;
}

export function pageContext(config: PortalConfig, preferences: Preferences, here: string, chat: boolean): PageContext {
  return { config, preferences, say: textsOf(preferences.language), here, chat };
}

/** A whole page around its main part. */
export function page(context: PageContext, title: string, main: Html, options: { readonly wrong?: boolean; /** Further lines of the head. */ readonly head?: Piece } = {}): string {
  const { config, preferences, say, here } = context;
  const agency = preferences.language === "en" ? config.agencyEn : config.agency;
  const other = preferences.language === "en" ? "zh-CN" : "en";
  const settings = (name: string, value: string): string => `/portal/settings?${name}=${value}&back=${encodeURIComponent(here)}`;
  return html`<!doctype html>
<html lang="${preferences.language}"${preferences.large ? html` class="large"` : ""}>
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<title>${options.wrong === true ? say("errorPrefix") : ""}${title} - ${agency}</title>
<link rel="icon" href="data:,">
<link rel="stylesheet" href="${STYLE_PATH}">
${options.head}
</head>
<body>
<a class="skip" href="#main">${say("skip")}</a>
<header><div class="wrap">
<a class="agency" href="/portal">${agency}</a>
<nav aria-label="${say("home")}"><a href="${settings("size", preferences.large ? "normal" : "large")}">${say(preferences.large ? "normal" : "large")}</a> <a href="${settings("lang", other)}" lang="${other}">${say("other")}</a></nav>
</div></header>
<main id="main" class="wrap">
${main}
</main>
<footer><div class="wrap">${say("call", { phone: config.phone })}</div></footer>
</body>
</html>
`.markup;
}

/** A page that only tells something. */
export function notice(context: PageContext, title: string, text: string, more: Piece = undefined): string {
  return page(context, title, html`<h1>${title}</h1>\n<p>${text}</p>\n${more}`);
}
