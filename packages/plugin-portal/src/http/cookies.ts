import { languages, type Language } from "../domain/texts.js";
import type { Preferences } from "../pages/page.js";

const DRAFT = "hotline_portal";
const CHAT = "hotline_chat";
const PREFERENCES = "hotline_portal_view";

function read(header: string | undefined, name: string): string | undefined {
  for (const part of (header ?? "").split(";")) {
    const at = part.indexOf("=");
    if (at > 0 && part.slice(0, at).trim() === name) return part.slice(at + 1).trim();
  }
  return undefined;
}

const attributes = (secure: boolean): string => `; Path=/portal; HttpOnly; SameSite=Lax${secure ? "; Secure" : ""}`;

export function draftToken(header: string | undefined): string | undefined {
  const token = read(header, DRAFT);
  return token !== undefined && /^[\w-]{32}$/.test(token) ? token : undefined;
}

/** Kept until the browser is closed: computers are shared. */
export function draftCookie(token: string, secure: boolean): string {
  return `${DRAFT}=${token}${attributes(secure)}`;
}

export function preferencesOf(cookies: string | undefined, acceptLanguage: string | undefined): Preferences {
  const [language, size] = (read(cookies, PREFERENCES) ?? "").split(".");
  const chosen = languages.find((each) => each === language);
  const offered: Language = /^\s*en\b/i.test(acceptLanguage ?? "") ? "en" : "zh-CN";
  return { language: chosen ?? offered, large: size === "large" };
}

export function preferencesCookie({ language, large }: Preferences, secure: boolean): string {
  return `${PREFERENCES}=${language}.${large ? "large" : "normal"}${attributes(secure)}; Max-Age=31536000`;
}

/** The citizen's key to a chat. */
export function chatToken(header: string | undefined): string | undefined {
  const token = read(header, CHAT);
  return token !== undefined && /^[\w.~-]{16,200}$/.test(token) ? token : undefined;
}

/** For the whole site: the routes of plugin-webchat read it too. Out of reach of scripts, gone with the browser. Empty takes it away. */
export function chatCookie(token: string, secure: boolean): string {
  return `${CHAT}=${token}; Path=/; HttpOnly; SameSite=Lax${secure ? "; Secure" : ""}${token === "" ? "; Max-Age=0" : ""}`;
}
