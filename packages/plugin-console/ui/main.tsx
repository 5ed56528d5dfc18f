import { useCallback, useEffect, useMemo, useState, type ReactElement } from "react";
import { createRoot } from "react-dom/client";
import { App, ConfigProvider } from "antd";
import enUS from "antd/es/locale/en_US";
import zhCN from "antd/es/locale/zh_CN";
import { LoginPage, type DemoAccount } from "./host/login-page.js";
import { Shell } from "./host/shell.js";
import { dark, light } from "./host/theme.js";
import { motionStore, themeStore } from "./host/theme-store.js";
import { api, onSignedOut, sessionStore, setNewsPlace, setServerTime, useLanguage, useStore, type ConsoleSession, type NewsPlace } from "./sdk/index.js";
import "./host/console.css";

const nonce = document.querySelector<HTMLMetaElement>('meta[name="hotline-nonce"]')?.content ?? "";

/** Signed out, signed in, or asked to sign in again over the page that stays. */
function Console(): ReactElement | null {
  const session = useStore(sessionStore);
  const [state, setState] = useState<"asking" | "out" | "in" | "again">("asking");
  const [demo, setDemo] = useState<DemoAccount | null>(null);
  const language = useLanguage();
  const theme = useStore(themeStore);
  const motion = useStore(motionStore);
  const look = useMemo(() => {
    const { token, ...rest } = theme === "light" ? light : dark;
    return { ...rest, token: { ...token, motion } };
  }, [theme, motion]);

  const load = useCallback(async () => {
    try {
      // Whoever is signed out is no error, of which the browser would tell: the session is fetched where there is one.
      const known = await api.get<{ signedIn: boolean; demo: DemoAccount | null }>("/api/auth/session");
      setDemo(known.demo);
      if (!known.signedIn) return setState((current) => (current === "in" || current === "again" ? "again" : "out"));
      const { now, news, ...loaded } = await api.get<ConsoleSession & { now: number; news: NewsPlace }>("/api/console/session");
      setServerTime(now);
      setNewsPlace(news);
      // Another person at the same screen: nothing of the first may stay in memory.
      const before = sessionStore.get();
      if (before !== undefined && before.user.id !== loaded.user.id) return location.reload();
      sessionStore.set(loaded);
      setState("in");
    } catch (error) {
      console.warn("no session", error);
      setState((current) => (current === "in" || current === "again" ? "again" : "out"));
    }
  }, []);
  useEffect(() => {
    void load();
    return onSignedOut(() => setState((current) => (current === "in" ? "again" : current)));
  }, [load]);
  useEffect(() => {
    document.documentElement.dataset.theme = theme;
  }, [theme]);
  useEffect(() => {
    document.documentElement.lang = language === "zh" ? "zh-CN" : "en";
  }, [language]);

  const title = session?.title ?? document.title;
  return (
    <ConfigProvider theme={look} locale={language === "zh" ? zhCN : enUS} csp={{ nonce }} button={{ autoInsertSpace: false }}>
      <App className="hl-app">
        {session !== undefined && (state === "in" || state === "again") ? <Shell onSignOut={() => location.reload()} /> : null}
        {state === "out" ? <LoginPage title={title} again={false} demo={demo} onSignedIn={() => void load()} /> : null}
        {state === "again" ? (
          <div className="hl-over">
            <LoginPage title={title} again demo={demo} onSignedIn={() => void load()} />
          </div>
        ) : null}
        <div id="hl-live-polite" className="hl-live" aria-live="polite" />
        <div id="hl-live-assertive" className="hl-live" aria-live="assertive" />
      </App>
    </ConfigProvider>
  );
}

const root = document.getElementById("console");
if (root !== null) createRoot(root).render(<Console />);
